"""The order of names: databases and browsers know no Kazakh alphabet, so it is done here."""

from ekino.ui.languages import Language

# The Kazakh alphabet holds every letter of the Russian one, in the Russian order.
# Source: CLDR, collation of kk; order of the letters by ҚР СТ 1048.
_KAZAKH = "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя"
_RANKS = {letter: rank for rank, letter in enumerate(_KAZAKH, start=1)}
# ё stands with е in Russian; in Kazakh lists, which hold it in loans only, likewise.
_RANKS["ё"] = _RANKS["е"]
# Cyrillic before Latin where the page is Cyrillic, after it where it is not.
_OFFSETS = {Language.KK: 0x0, Language.RU: 0x0, Language.EN: 0x3000}


def sort_key(text: str, language: Language) -> tuple[tuple[int, ...], str]:
    """Give a key that sorts names as a reader of this language looks for them."""
    offset = _OFFSETS[language]
    folded = text.casefold()
    return (
        tuple(
            offset + 0x400 + _RANKS[letter] if letter in _RANKS else _other(letter)
            for letter in folded
            # Quotation marks and the like part no two names.
            if letter.isalnum() or letter.isspace()
        ),
        text,
    )


def _other(letter: str) -> int:
    if letter.isspace():
        return 0
    return 0x1000 + ord(letter) if letter.isalpha() else 1 + ord(letter)
