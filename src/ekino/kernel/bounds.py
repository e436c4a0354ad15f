"""Bounds that several rooms share: how long a text and how large a number may be."""

# Names and codes that a source chooses: tickets, showings, tills, seats.
CODE_CHARACTERS_MAX = 64
# Sentences and titles that people write.
TEXT_CHARACTERS_MAX = 500
# One amount: ten thousand million whole units. It keeps a sum of ten million such amounts
# within PostgreSQL's bigint.
AMOUNT_MINOR_MAX = 1_000_000_000_000
# A source's own number. JavaScript and Excel lose whole numbers above 2^53 − 1.
SEQUENCE_MAX = 2**53 - 1


def is_clean(text: str) -> bool:
    """Say whether a text holds no control character, lone surrogate or NUL."""
    return text.isprintable() or all(
        character.isprintable() or character == "\u00a0" for character in text
    )
