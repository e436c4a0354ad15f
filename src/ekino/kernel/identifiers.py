"""Identifiers: BIN and IIN, ISAN, EIDR with their check digits, and references of our own."""

import re
import secrets

_BIN_DIGITS = 12
_FIRST_WEIGHTS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
_SECOND_WEIGHTS = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)
_NO_DIGIT = 10
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MODULUS = len(_ALPHABET)
_ISAN = re.compile(
    r"^ISAN ([0-9A-F]{4})-([0-9A-F]{4})-([0-9A-F]{4})-([0-9A-F]{4})-([0-9A-Z])"
    r"(?:-([0-9A-F]{4})-([0-9A-F]{4})-([0-9A-Z]))?$"
)
_EIDR = re.compile(r"^10\.5240/((?:[0-9A-F]{4}-){5})([0-9A-Z])$")

# Letters and digits that nobody mistakes for one another; ten of them are fifty bits, so that a
# reference is known to whoever was given it alone.
_REFERENCE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
REFERENCE_CHARACTERS = 10


def new_reference() -> str:
    """Give a reference that people read out, such as K7QX4-M2P9T."""
    letters = [secrets.choice(_REFERENCE_LETTERS) for _ in range(REFERENCE_CHARACTERS)]
    return "".join(letters[:5]) + "-" + "".join(letters[5:])


def is_bin(text: str) -> bool:
    """
    Say whether a text is a BIN or IIN: twelve digits, the last of them the check digit.

    Weights 1 … 11, sum modulo 11; where that is 10, weights 3 … 11, 1, 2; where it is 10
    again, there is no such number. Source: domain/kazakhstan.md, §8.
    """
    if len(text) != _BIN_DIGITS or not (text.isascii() and text.isdigit()):
        return False
    digits = [int(character) for character in text]
    for weights in (_FIRST_WEIGHTS, _SECOND_WEIGHTS):
        check = sum(w * d for w, d in zip(weights, digits, strict=False)) % 11
        if check != _NO_DIGIT:
            return check == digits[-1]
    return False


def mod_37_36(text: str) -> str:
    """Give the check character of a text of digits and capitals (ISO 7064, MOD 37,36)."""
    remainder = _MODULUS
    for character in text:
        remainder = (remainder + _ALPHABET.index(character)) % _MODULUS or _MODULUS
        remainder = remainder * 2 % (_MODULUS + 1)
    return _ALPHABET[(_MODULUS + 1 - remainder) % _MODULUS]


def is_isan(text: str) -> bool:
    """Say whether a text is an ISAN as printed, with its check characters (ISO 15706)."""
    match = _ISAN.fullmatch(text)
    if match is None:
        return False
    work = "".join(match.groups()[:4])
    if mod_37_36(work) != match[5]:
        return False
    return match[6] is None or mod_37_36(work + match[6] + match[7]) == match[8]


def is_eidr(text: str) -> bool:
    """Say whether a text is an EIDR content ID, 10.5240/XXXX-…-C, with its check character."""
    match = _EIDR.fullmatch(text)
    return match is not None and mod_37_36(match[1].replace("-", "")) == match[2]
