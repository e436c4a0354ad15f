"""A question to the cube: a measure, groups, filters, a period, and what it is compared with."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType

from ekino.kernel.errors import Problem, Refused


class Dimension(StrEnum):
    """What figures can be grouped and filtered by."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    WEEKDAY = "weekday"
    HOUR = "hour"
    REGION = "region"
    VENUE = "venue"
    CHAIN = "chain"
    HALL = "hall"
    SHOWING = "showing"
    FILM = "film"
    ORIGIN = "origin"
    GENRE = "genre"
    COUNTRY = "country"
    ORIGINAL_LANGUAGE = "original_language"
    LANGUAGE = "language"
    DISTRIBUTOR = "distributor"
    SALES_CHANNEL = "sales_channel"
    CONCESSION = "concession"


class Measure(StrEnum):
    """What is looked at; groups stand in its order, the largest first."""

    TAKINGS = "takings"
    ADMISSIONS = "admissions"
    AVERAGE = "average"
    SHOWINGS = "showings"
    PER_SHOWING = "per_showing"
    OCCUPANCY = "occupancy"
    CAPACITY = "capacity"
    FEES = "fees"
    REFUNDS = "refunds"
    VENUES = "venues"
    FILMS = "films"


class Compare(StrEnum):
    """Which period a period is laid beside."""

    NOTHING = "nothing"
    # The period before, whole weeks earlier: a Monday is never laid beside a Sunday.
    BEFORE = "before"
    # The year before: 52 weeks for up to two months, else the same dates.
    YEAR = "year"


# Groups that are instants of time: they stand in its order and are drawn as a line.
OF_TIME = frozenset(
    {Dimension.DAY, Dimension.WEEK, Dimension.MONTH, Dimension.QUARTER, Dimension.YEAR}
)
# Groups with an order of their own.
OF_CLOCK = frozenset({Dimension.WEEKDAY, Dimension.HOUR})
# What a ticket is sold by: a showing sells by several, so it is no one's own.
OF_SALE = frozenset({Dimension.SALES_CHANNEL, Dimension.CONCESSION})
# What needs the schedule, and therefore says nothing of a part of a showing's sales.
OF_SCHEDULE = frozenset(
    {Measure.SHOWINGS, Measure.PER_SHOWING, Measure.OCCUPANCY, Measure.CAPACITY}
)

# A table with more keys a row is read by programs, who may ask /v1/totals.
GROUPS_MAX = 2
# Rows of an answer, and as many as are shown unless more are asked for; the page says how many
# groups there are beyond them.
ROWS_MAX = 5_000
ROWS_SHOWN = 100
# Values of one filter.
CHOICES_MAX = 50
# A question over more days than this is two questions.
DAYS_MAX = 4_000
# Up to so many days, a year before is 52 weeks before.
_WEEKS_FIT_DAYS = 62
_WEEK_DAYS = 7
_YEAR_DAYS = 364


@dataclass(frozen=True, slots=True)
class Period:
    """Business dates from `first` to before `past_end`."""

    first: date
    past_end: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.past_end - self.first).days

    @property
    def last(self) -> date:
        """The last day of it."""
        return self.past_end - timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of the cube."""

    period: Period
    measure: Measure = Measure.TAKINGS
    # At most GROUPS_MAX, each once.
    by: tuple[Dimension, ...] = ()
    # By dimension, the keys of which one must hold; "" is what is not stated.
    filters: Mapping[Dimension, tuple[str, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    compare: Compare = Compare.NOTHING
    rows_max: int = ROWS_SHOWN
    # The running business date, where it is asked of the present.
    today: date | None = None

    def __post_init__(self) -> None:
        """Refuse what is beyond the named limits."""
        if len(self.by) > GROUPS_MAX or len(set(self.by)) != len(self.by):
            raise _refused("by", f"a question groups by {GROUPS_MAX} things, each once")
        if not 0 < self.period.days <= DAYS_MAX:
            raise _refused("to", f"a period has 1 … {DAYS_MAX} days")
        if any(len(each) > CHOICES_MAX for each in self.filters.values()):
            raise _refused("filter", f"a filter names at most {CHOICES_MAX} values")

    @property
    def has_only_begun(self) -> bool:
        """Whether no day of it has ended: beside whole days it says nothing of a change."""
        return self.today is not None and self.period.first >= self.today

    @property
    def is_of_sale(self) -> bool:
        """Whether it looks at a part of each showing's sales."""
        return bool(OF_SALE & {*self.by, *self.filters})

    @property
    def shift_days(self) -> int:
        """How many days earlier the compared period is; 0 when it is a calendar year earlier."""
        days = self.period.days
        if self.compare is Compare.BEFORE:
            return -(-days // _WEEK_DAYS) * _WEEK_DAYS
        return _YEAR_DAYS if days <= _WEEKS_FIT_DAYS else 0

    @property
    def compared(self) -> Period | None:
        """The period that this one is laid beside."""
        if self.compare is Compare.NOTHING:
            return None
        if shift := timedelta(days=self.shift_days):
            return Period(self.period.first - shift, self.period.past_end - shift)
        return Period(_year_before(self.period.first), _year_before(self.period.past_end))

    def narrowed(self, dimension: Dimension, key: str) -> "Question":
        """Ask the same of one group alone."""
        filters = {**self.filters, dimension: (key,)}
        return replace(self, filters=MappingProxyType(filters))


def _year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


def _refused(name: str, detail: str) -> Refused:
    problem = Problem(
        pointer=name,
        code="question_out_of_bounds",
        detail=detail,
        fix="Ask for less at once.",
    )
    return Refused(detail, problems=[problem], code="question_out_of_bounds")


class Span(StrEnum):
    """A period by name, as of a business date."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    WEEKEND = "weekend"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    CUSTOM = "custom"


_THURSDAY = 3


def period_of(span: Span, today: date) -> Period:
    """
    Give a named period as of `today`, which is its last day unless it is over.

    A weekend is the last Thursday to Sunday that has begun; week, month, quarter and year
    are those in which `today` falls, as far as they have gone.
    """
    tomorrow = today + timedelta(days=1)
    if span is Span.YESTERDAY:
        return Period(today - timedelta(days=1), today)
    if span is Span.WEEKEND:
        first = today - timedelta(days=(today.weekday() - _THURSDAY) % _WEEK_DAYS)
        return Period(first, min(first + timedelta(days=4), tomorrow))
    first = {
        Span.WEEK: today - timedelta(days=today.weekday()),
        Span.MONTH: today.replace(day=1),
        Span.QUARTER: today.replace(month=today.month - (today.month - 1) % 3, day=1),
        Span.YEAR: today.replace(month=1, day=1),
    }.get(span, today)
    return Period(first, tomorrow)
