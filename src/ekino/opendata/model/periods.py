"""Periods: days, film weeks, months and years, and how spans are made of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

_DAY = timedelta(days=1)
_THURSDAY = 3


class PeriodKind(StrEnum):
    """The periods for which regions are published; all others are sums of these."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Business dates from the first to before the end."""

    first_date: date
    past_end: date
    kind: PeriodKind

    @property
    def last_date(self) -> date:
        """The last date in it."""
        return self.past_end - _DAY


def day(of: date) -> Period:
    """Give a date as a period."""
    return Period(of, of + _DAY, PeriodKind.DAY)


def month(of: date) -> Period:
    """Give the calendar month of a date."""
    first = of.replace(day=1)
    return Period(first, (first + 31 * _DAY).replace(day=1), PeriodKind.MONTH)


def year(of: date) -> Period:
    """Give the calendar year of a date."""
    first = of.replace(month=1, day=1)
    return Period(first, first.replace(year=first.year + 1), PeriodKind.YEAR)


def film_week(of: date) -> date:
    """Give the Thursday on which the film week of a date began: films open on Thursdays."""
    return of - ((of.weekday() - _THURSDAY) % 7) * _DAY


def cover(first: date, past_end: date) -> Iterator[Period]:
    """Give the longest periods that together are a span, in order: years, months, days."""
    at = first
    while at < past_end:
        for longest in (year(at), month(at), day(at)):
            if longest.first_date == at and longest.past_end <= past_end:
                yield longest
                at = longest.past_end
                break
