"""Shades of a map: five fifths of the rank, and the values at which they begin."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

SHADES = 5

Value = int | Fraction


@dataclass(frozen=True, slots=True)
class Shading:
    """Which shade each region gets."""

    # Code → 1 … SHADES; regions without a value are left out.
    shades: Mapping[str, int]
    # Smallest value of each shade in use, ascending.
    limits: tuple[Value, ...]
    largest: Value


def shade(values: Mapping[str, Value]) -> Shading:
    """Shade regions by fifths of their rank; equal values get one shade."""
    ranked = sorted(value for value in values.values() if value > 0)
    limits = sorted(
        {ranked[len(ranked) * k // SHADES] for k in range(SHADES)} if ranked else ()
    )
    shades = {
        code: sum(value >= limit for limit in limits) for code, value in values.items()
    }
    return Shading(shades, tuple(limits), ranked[-1] if ranked else 0)
