"""A year at a glance: every business date with what it took, shaded by fifths."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

from ekino.totals.model.box_office import Span
from ekino.totals.model.day import Country, Figures, ratio, total
from ekino.totals.model.periods import WEEK

SHADES = 5


class Measure(StrEnum):
    """By what days are shaded."""

    TAKINGS = "takings"
    ADMISSIONS = "admissions"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDay:
    """One business date of the country."""

    day: date
    figures: Figures
    domestic_minor: int
    showings: int
    # Films with a showing or a ticket.
    films: int

    @property
    def domestic_share(self) -> Fraction | None:
        """The domestic films' share of takings."""
        return ratio(self.domestic_minor, self.figures.gross_minor)


@dataclass(frozen=True, kw_only=True)
class CalendarYear:
    """A year of business dates as of one moment of the register."""

    country: Country
    year: int
    measure: Measure
    at: datetime
    as_of: int
    as_of_at: datetime
    # Only days with figures or showings; the last week of the year before among them.
    days: Mapping[date, CalendarDay]
    span: Span
    # By language, by date.
    holidays: Mapping[date, Mapping[str, str]] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The business date of the present instant."""
        return self.country.today(self.at)

    @cached_property
    def own_days(self) -> tuple[CalendarDay, ...]:
        """The year's days that have figures or showings, in order."""
        return tuple(
            day for date_, day in sorted(self.days.items()) if date_.year == self.year
        )

    @property
    def figures(self) -> Figures:
        """The year's sums."""
        return total(day.figures for day in self.own_days)

    def value(self, day: CalendarDay) -> int:
        """Give what a day is shaded by."""
        if self.measure is Measure.ADMISSIONS:
            return day.figures.admissions
        return day.figures.gross_minor

    @cached_property
    def limits(self) -> tuple[int, ...]:
        """The smallest value of each shade in use, ascending: fifths of the days with any."""
        values = sorted(value for day in self.own_days if (value := self.value(day)) > 0)
        return tuple(
            sorted({values[len(values) * k // SHADES] for k in range(SHADES)})
            if values
            else ()
        )

    def shade(self, day: date) -> int:
        """Give the shade of a day, 1 … SHADES; 0 where nothing was taken."""
        known = self.days.get(day)
        value = self.value(known) if known else 0
        return sum(value >= limit for limit in self.limits) if value > 0 else 0

    def change(self, day: date) -> Fraction | None:
        """Give a day's relative change of takings on the same weekday a week before."""
        now, then = self.days.get(day), self.days.get(day - WEEK)
        if now is None or then is None or then.figures.gross_minor <= 0:
            return None
        # A day that has not ended is compared with nothing.
        if day >= self.today:
            return None
        difference = now.figures.gross_minor - then.figures.gross_minor
        return ratio(difference, then.figures.gross_minor)

    def weeks(self, month: int) -> list[list[date | None]]:
        """Lay out a month in rows from Monday to Sunday; None outside the month."""
        first = date(self.year, month, 1)
        count = monthrange(self.year, month)[1]
        cells: list[date | None] = [None] * first.weekday()
        cells += [first + timedelta(days=number) for number in range(count)]
        cells += [None] * (-len(cells) % 7)
        return [cells[start : start + 7] for start in range(0, len(cells), 7)]

    def month_figures(self, month: int) -> Figures:
        """Give a month's sums."""
        return total(day.figures for day in self.own_days if day.day.month == month)
