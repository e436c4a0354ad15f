"""Three languages or no build: every message stands in all of them, whole."""

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from source_tree import SRC

LOCALES = SRC / "ekino/web/locale"
LANGUAGES = frozenset({"kk", "ru", "en"})


def catalogues() -> dict[str, Catalog]:
    """Give the messages by language."""
    found = {}
    for path in LOCALES.glob("*/LC_MESSAGES/ekino.po"):
        language = path.parts[-3]
        with path.open("rb") as file:
            found[language] = read_po(file, locale=language)
    return found


def names(catalogue: Catalog) -> set[str]:
    """Give the names of the messages; of a counted one, the first of its two names."""
    return {
        message.id[0] if isinstance(message.id, tuple | list) else message.id
        for message in catalogue
        if message.id
    }


def test_the_three_languages_are_there() -> None:
    assert set(catalogues()) == LANGUAGES


def test_every_message_stands_in_every_language() -> None:
    by_language = {language: names(each) for language, each in catalogues().items()}
    everything = set().union(*by_language.values())

    missing = {language: everything - known for language, known in by_language.items()}

    assert missing == {language: set() for language in LANGUAGES}


def test_no_message_is_empty_or_a_guess() -> None:
    wrong = [
        f"{language}: {message.id}"
        for language, catalogue in catalogues().items()
        for message in catalogue
        if message.id
        and (
            message.fuzzy
            or not all(
                message.string
                if isinstance(message.string, tuple | list)
                else (message.string,)
            )
        )
    ]

    assert wrong == []
