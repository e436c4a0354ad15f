"""Bounds that several rooms share: how long a text and how large a number or a year may be."""

from datetime import date

# Names and codes that a source chooses: tickets, showings, tills, seats.
CODE_CHARACTERS_MAX = 64
# Sentences and titles that people write.
TEXT_CHARACTERS_MAX = 500
# One amount: ten thousand million whole units. It keeps a sum of ten million such amounts
# within PostgreSQL's bigint.
AMOUNT_MINOR_MAX = 1_000_000_000_000
# A source's own number. JavaScript and Excel lose whole numbers above 2^53 − 1.
SEQUENCE_MAX = 2**53 - 1

# Years of showings that anybody may ask for: a day near the ends of the calendar has no week
# before it, or no day after.
YEAR_MIN, YEAR_MAX = 1900, 9000


def is_day_of_ours(day: date) -> bool:
    """Say whether there may be showings on a day: between YEAR_MIN and YEAR_MAX."""
    return YEAR_MIN < day.year < YEAR_MAX


def is_clean(text: str) -> bool:
    """Say whether a text holds no control character, lone surrogate or NUL."""
    return text.isprintable() or all(
        character.isprintable() or character == "\u00a0" for character in text
    )
