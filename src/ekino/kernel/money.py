"""Money: whole minor units, the digits of each currency, and how to divide without loss."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from heapq import heapify, heapreplace
from typing import NewType

from ekino.kernel.errors import Refused

# Whole minor units of one currency: tiyn in Kazakhstan, paise in India. Never a float.
Minor = NewType("Minor", int)

# ISO 4217, table A.1: the currencies whose minor unit is not a hundredth.
_DIGITS = {
    **dict.fromkeys(
        (
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
_USUAL_DIGITS = 2
_CURRENCY_LETTERS = 3


def minor_digits(currency: str) -> int:
    """
    Say how many decimal digits the currency's minor unit has: 2 for KZT, 0 for JPY.

    Source: ISO 4217, table A.1. Raises `Refused` when the code is not three capital letters.
    """
    if not (
        len(currency) == _CURRENCY_LETTERS and currency.isascii() and currency.isupper()
    ):
        detail = f"{currency!r} is not an ISO 4217 currency code such as KZT"
        raise Refused(detail, code="currency_unknown")
    return _DIGITS.get(currency, _USUAL_DIGITS)


def to_minor(amount: Decimal, currency: str) -> Minor:
    """Turn an amount in whole units into minor units, rounding half away from zero."""
    return Minor(
        int(amount.scaleb(minor_digits(currency)).to_integral_value(rounding=ROUND_HALF_UP))
    )


def split(amount: Minor, weights: Sequence[int]) -> list[Minor]:
    """
    Divide an amount in minor units in proportion to the weights, losing nothing.

    The parts always add up, and no part shrinks when the amount grows, so what was
    paid out of a running total is never asked back. Equal claims to the odd tiyn go
    to the earlier party: two runs over one agreement never differ.

    Source: Webster's divisor method; largest remainders break the second promise.
    Raises `Refused` for a negative amount, a negative weight or weights that are all zero.
    """
    if amount < 0 or any(weight < 0 for weight in weights) or not any(weights):
        detail = (
            f"cannot split {amount} by {list(weights)}: "
            "nothing negative, and one weight above zero"
        )
        raise Refused(detail, code="cannot_split")
    total = sum(weights)
    # Webster gives a party its k-th unit in the order of (2k − 1) / weight. Rounding the shares
    # of a slightly smaller amount hands out a first run of that order at once: half a unit less
    # for each party can never hand out too much, and leaves at most one unit each to be claimed.
    smaller = max(0, 2 * amount - len(weights))
    parts = [(smaller * weight + total) // (2 * total) for weight in weights]
    claims = [
        (_Claim(2 * part + 1, weight), index)
        for index, (part, weight) in enumerate(zip(parts, weights, strict=True))
        if weight
    ]
    heapify(claims)
    for _ in range(amount - sum(parts)):
        claim, index = claims[0]
        parts[index] += 1
        heapreplace(claims, (_Claim(claim.numerator + 2, claim.weight), index))
    return [Minor(part) for part in parts]


class _Claim:
    """A fraction that compares exactly: the odd number over the party's weight."""

    __slots__ = ("numerator", "weight")

    def __init__(self, numerator: int, weight: int) -> None:
        self.numerator = numerator
        self.weight = weight

    def __lt__(self, other: "_Claim") -> bool:
        return self.numerator * other.weight < other.numerator * self.weight

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Claim):
            return NotImplemented
        return self.numerator * other.weight == other.numerator * self.weight

    __hash__ = None  # type: ignore[assignment]
