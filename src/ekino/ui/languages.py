"""The three languages of the pages, and which of them a reader wants."""

from enum import StrEnum


class Language(StrEnum):
    """A language every page exists in. Kazakh is the state language and stands first."""

    KK = "kk"
    RU = "ru"
    EN = "en"


# Each in its own words: who looks for Kazakh may not read «казахский».
NAMES = {Language.KK: "Қазақша", Language.RU: "Русский", Language.EN: "English"}

# For readers who name no language of ours, and for programs that name none at all.
DEFAULT = Language.KK

# A browser sends a few dozen characters; a header of this length is somebody else's game.
ACCEPT_LANGUAGE_CHARACTERS_MAX = 1_000


def find_language(code: str | None) -> Language | None:
    """Give the language with this code; None when it is not one of ours."""
    try:
        return Language(code or "")
    except ValueError:
        return None


def prefer(accept_language: str) -> Language:
    """
    Choose among our languages as the header asks: by weight, the earlier among equals.

    A region is ignored (`ru-KZ` is Russian), weight 0 is a refusal, and what cannot be read
    counts as not said. Source: RFC 9110, §12.5.4.
    """
    best, best_weight = DEFAULT, 0.0
    for part in accept_language[:ACCEPT_LANGUAGE_CHARACTERS_MAX].split(","):
        tag, _, parameter = part.strip().partition(";")
        language = find_language(tag.strip().lower().partition("-")[0])
        weight = _weight(parameter)
        if language is not None and weight > best_weight:
            best, best_weight = language, weight
    return best


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if name.strip() == "q" and 0 <= weight <= 1 else 0.0
