"""Periods of the trade: a day, a weekend, a month, a year, and what each is compared with."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Self

from ekino.kernel.errors import NotFound, Problem

# What addresses may name. The register is younger; films are not so much older.
YEAR_MIN = 1990
YEAR_MAX = 2100
WEEK = timedelta(days=7)
# The same weekday of the same season: 52 whole weeks.
YEAR_OF_WEEKS = timedelta(days=364)


class PeriodKind(StrEnum):
    """What a permanent table is a table of."""

    DAY = "day"
    WEEKEND = "weekend"
    MONTH = "month"
    YEAR = "year"


class PeriodState(StrEnum):
    """How far a period's figures may still change."""

    # It has not begun: what is sold is sold in advance.
    AHEAD = "ahead"
    RUNNING = "running"
    # It has ended; late entries and corrections are still to be expected.
    PROVISIONAL = "provisional"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """How a country's trade counts: data of the country, see `totals/trade/`."""

    # ISO weekday, Monday is 1.
    weekend_starts_on: int
    weekend_days: int
    # Whole business days after its end until a period is called closed.
    closes_after_days: int


@dataclass(frozen=True, slots=True)
class Period:
    """Business dates [first, past_end) that one table adds up."""

    kind: PeriodKind
    first: date
    past_end: date

    @property
    def last(self) -> date:
        """The last business date of it."""
        return self.past_end - timedelta(days=1)

    @property
    def days(self) -> int:
        """How many business dates it has."""
        return (self.past_end - self.first).days

    @property
    def name(self) -> str:
        """The period as its address names it: 2026-11-22, 2026-11, 2026."""
        digits = {PeriodKind.MONTH: 7, PeriodKind.YEAR: 4}
        return self.first.isoformat()[: digits.get(self.kind, 10)]

    @property
    def path(self) -> str:
        """The period's permanent address."""
        return f"/{self.kind}/{self.name}"

    def state(self, today: date, trade: Trade) -> PeriodState:
        """Say how far its figures may still change."""
        if today < self.first:
            return PeriodState.AHEAD
        if today < self.past_end:
            return PeriodState.RUNNING
        if today < self.closes_on(trade):
            return PeriodState.PROVISIONAL
        return PeriodState.CLOSED

    def closes_on(self, trade: Trade) -> date:
        """Give the business date with whose morning the figures are called closed."""
        return self.past_end + timedelta(days=trade.closes_after_days)

    def first_days(self, count: int) -> Self:
        """Give its first days only, as many as it has at most."""
        past_end = min(self.past_end, self.first + timedelta(days=max(count, 0)))
        return type(self)(self.kind, self.first, past_end)

    def ended_days(self, today: date) -> int:
        """Count its business dates that have ended."""
        return min(max((today - self.first).days, 0), self.days)


def day_period(day: date) -> Period:
    """Give the period of one business date."""
    return Period(PeriodKind.DAY, day, day + timedelta(days=1))


def weekend_period(day: date, trade: Trade) -> Period:
    """Give the weekend that a day belongs to, or the last one that began before it."""
    first = day - timedelta(days=(day.isoweekday() - trade.weekend_starts_on) % 7)
    return Period(PeriodKind.WEEKEND, first, first + timedelta(days=trade.weekend_days))


def month_period(day: date) -> Period:
    """Give the month of a day."""
    first = day.replace(day=1)
    return Period(PeriodKind.MONTH, first, (first + timedelta(days=31)).replace(day=1))


def year_period(day: date) -> Period:
    """Give the year of a day."""
    first = date(day.year, 1, 1)
    return Period(PeriodKind.YEAR, first, date(day.year + 1, 1, 1))


def period_of(kind: PeriodKind, day: date, trade: Trade) -> Period:
    """Give the period of a kind that a day belongs to."""
    match kind:
        case PeriodKind.DAY:
            return day_period(day)
        case PeriodKind.WEEKEND:
            return weekend_period(day, trade)
        case PeriodKind.MONTH:
            return month_period(day)
        case PeriodKind.YEAR:
            return year_period(day)


def before(period: Period, trade: Trade) -> Period:
    """Give the period of the same kind that ended before this one began."""
    step = WEEK if period.kind is PeriodKind.WEEKEND else timedelta(days=1)
    return period_of(period.kind, period.first - step, trade)


def after(period: Period, trade: Trade) -> Period:
    """Give the period of the same kind that follows."""
    step = WEEK if period.kind is PeriodKind.WEEKEND else timedelta(days=period.days)
    return period_of(period.kind, period.first + step, trade)


def basis(period: Period, trade: Trade) -> Period:
    """Give what changes are measured on: a day's weekday a week before, else the one before."""
    if period.kind is PeriodKind.DAY:
        return day_period(period.first - WEEK)
    return before(period, trade)


def year_before(period: Period, trade: Trade) -> Period | None:
    """Give the comparable period a year before; None where that is the basis already."""
    match period.kind:
        case PeriodKind.YEAR:
            return None
        case PeriodKind.MONTH:
            return month_period(period.first.replace(year=period.first.year - 1))
        case _:
            return period_of(period.kind, period.first - YEAR_OF_WEEKS, trade)


_FORMS = {
    PeriodKind.DAY: ("YYYY-MM-DD", "2026-11-22", ""),
    PeriodKind.WEEKEND: ("YYYY-MM-DD", "2026-11-19", ""),
    PeriodKind.MONTH: ("YYYY-MM", "2026-11", "-01"),
    PeriodKind.YEAR: ("YYYY", "2026", "-01-01"),
}


def read_period(kind: PeriodKind, text: str, trade: Trade) -> Period:
    """Read a period as an address names it; `NotFound` says what is wrong and what is right."""
    form, example, rest = _FORMS[kind]
    day = _read_day(text + rest) if len(text) == len(form) else None
    if day is None or not YEAR_MIN <= day.year < YEAR_MAX:
        detail = f"{text[:40]!r} is no {kind} between {YEAR_MIN} and {YEAR_MAX - 1}"
        problem = Problem(
            pointer=kind.value,
            code="period_unknown",
            detail=detail,
            fix=f"Write the {kind} {form}, such as /{kind}/{example}.",
        )
        raise NotFound(detail, problems=[problem], code="period_unknown")
    return period_of(kind, day, trade)


def _read_day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None
