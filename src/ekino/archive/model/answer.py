"""An answer of the cube: whole sums by group, and what is worked out from them."""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from ekino.archive.model.question import Measure, Question

# A group's key: a date, a number, a code; None where the catalog states nothing.
Key = object


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one group adds up to; amounts in minor units of one currency."""

    admissions: int = 0
    gross_minor: int = 0
    fees_minor: int = 0
    refunded: int = 0
    # Of the schedule; None where a part of each showing's sales is looked at.
    showings: int | None = 0
    capacity: int | None = 0
    venues: int = 0
    films: int = 0

    def value(self, measure: Measure) -> int | Fraction | None:
        """Give a measure; None where it says nothing."""
        if measure in AVERAGES:
            part, whole = AVERAGES[measure]
            return _ratio(getattr(self, part), getattr(self, whole))
        value: int | None = getattr(self, SUMS[measure])
        return value


SUMS = {
    Measure.TAKINGS: "gross_minor",
    Measure.ADMISSIONS: "admissions",
    Measure.SHOWINGS: "showings",
    Measure.CAPACITY: "capacity",
    Measure.FEES: "fees_minor",
    Measure.REFUNDS: "refunded",
    Measure.VENUES: "venues",
    Measure.FILMS: "films",
}
# Part and whole of what is an average.
AVERAGES = {
    Measure.AVERAGE: ("gross_minor", "admissions"),
    Measure.PER_SHOWING: ("admissions", "showings"),
    Measure.OCCUPANCY: ("admissions", "capacity"),
}


@dataclass(frozen=True, slots=True)
class Group:
    """One row of an answer."""

    # As many as the question groups by.
    keys: tuple[Key, ...]
    now: Figures
    # Of the compared period; None when nothing is compared.
    before: Figures | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the cube says."""

    question: Question
    whole: Group
    # The first `rows_max` in the order of the measure, or of time.
    groups: tuple[Group, ...]
    # How many there are in all.
    groups_total: int
    # The entries 0 … as_of − 1 are counted, of a register of so many.
    as_of: int
    register_size: int
    at: datetime

    def growth(self, group: Group, measure: Measure) -> Fraction | None:
        """Give how a group's measure moved; None while no day of the period has ended."""
        if group.before is None or self.question.has_only_begun:
            return None
        return change(group.now.value(measure), group.before.value(measure))


def change(now: int | Fraction | None, before: int | Fraction | None) -> Fraction | None:
    """Give the relative change; None when there is nothing to compare with."""
    if now is None or not before:
        return None
    return (Fraction(now) - before) / Fraction(before)


def _ratio(part: int | None, whole: int | None) -> Fraction | None:
    return Fraction(part, whole) if part is not None and whole else None
