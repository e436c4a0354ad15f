"""A film as its distributor or producer sees it: what it took, what it was given, what is fair."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from ekino.kernel.moments import zone
from ekino.totals.model.day import Figures, ratio, total
from ekino.totals.model.periods import Trade, weekend_period

# No cinema showed anything before; a whole run begins here.
_BEGINNING = date(1990, 1, 1)
# Showings are announced some weeks ahead; the run's end is open.
_AHEAD = timedelta(days=400)
# Places whose cinema has said nothing for this long are named.
QUIET_AFTER = timedelta(minutes=15)


class Span(StrEnum):
    """Over which business dates a film is looked at."""

    TODAY = "today"
    WEEKEND = "weekend"
    ALL = "all"


def dates(span: Span, today: date, trade: Trade) -> tuple[date, date]:
    """Give a span's business dates as [first, past_end)."""
    match span:
        case Span.TODAY:
            return today, today + timedelta(days=1)
        case Span.WEEKEND:
            weekend = weekend_period(today, trade)
            return weekend.first, weekend.past_end
        case Span.ALL:
            return _BEGINNING, today + _AHEAD


@dataclass(frozen=True, slots=True)
class Film:
    """A film of the organisation that asks."""

    film_id: int
    code: str
    titles: dict[str, str]
    original_language: str | None
    countries: list[str]
    release_date: date | None
    organisation_id: int = 0


@dataclass(frozen=True, slots=True)
class Nation:
    """What the whole country took and showed over the same dates."""

    gross_minor: int = 0
    showings: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """What a film, or some of its showings, took and was given."""

    figures: Figures = field(default_factory=Figures)
    showings: int = 0
    places: int = 0
    venues: int = 0
    # The same date last week by the same hour, and this one by it; None where nothing is compared.
    before_minor: int | None = None
    by_now_minor: int | None = None

    @property
    def occupancy(self) -> Fraction | None:
        """The share of places on sale that are taken."""
        return ratio(self.figures.admissions, self.places)

    @property
    def per_showing(self) -> Fraction | None:
        """Admissions for each showing."""
        return ratio(self.figures.admissions, self.showings)

    @property
    def change(self) -> Fraction | None:
        """By which share takings grew on last week at the same hour."""
        if self.before_minor is None or self.by_now_minor is None:
            return None
        return ratio(self.by_now_minor - self.before_minor, self.before_minor)

    def share_of_takings(self, nation: Nation) -> Fraction | None:
        """Which part of the country's takings are these."""
        return ratio(self.figures.gross_minor, nation.gross_minor)

    def share_of_showings(self, nation: Nation) -> Fraction | None:
        """Which part of the country's showings are these."""
        return ratio(self.showings, nation.showings)


def add(runs: Sequence[Run]) -> Run:
    """Add runs of different films; cinemas are not added, for one may show them all."""
    return Run(
        total(run.figures for run in runs),
        sum(run.showings for run in runs),
        sum(run.places for run in runs),
        0,
        _sum(run.before_minor for run in runs),
        _sum(run.by_now_minor for run in runs),
    )


def _sum(amounts: Iterable[int | None]) -> int | None:
    known = [each for each in amounts if each is not None]
    return sum(known) if known else None


@dataclass(frozen=True, slots=True)
class FilmShowing:
    """One showing of a film, wherever it was."""

    showing_id: int
    code: str
    business_date: date
    starts_at: datetime
    language: str
    format: str
    capacity: int
    is_announced: bool
    venue: str
    venue_name: str
    city: str
    timezone: str
    region: str
    region_names: dict[str, str]
    hall: str
    admissions: int
    gross_minor: int
    fees_minor: int

    @property
    def figures(self) -> Figures:
        """What it took."""
        return Figures(self.admissions, self.gross_minor, self.fees_minor)

    @property
    def occupancy(self) -> Fraction | None:
        """The share of its places that are taken."""
        return ratio(self.admissions, self.capacity)

    @property
    def hour(self) -> int:
        """The full hour at which it starts, by its cinema's clocks."""
        return self.starts_at.astimezone(zone(self.timezone)).hour


def run_of(showings: Sequence[FilmShowing]) -> Run:
    """Add up showings of one film."""
    announced = [each for each in showings if each.is_announced]
    return Run(
        total(each.figures for each in showings),
        len(announced),
        sum(each.capacity for each in announced),
        len({each.venue for each in announced}),
    )


def group(
    showings: Iterable[FilmShowing], key: Callable[[FilmShowing], Hashable]
) -> dict[Hashable, list[FilmShowing]]:
    """Group showings, keeping their order."""
    groups: dict[Hashable, list[FilmShowing]] = {}
    for showing in showings:
        groups.setdefault(key(showing), []).append(showing)
    return groups


@dataclass(frozen=True, slots=True)
class QuietVenue:
    """A cinema that shows the film today and of which nothing was heard lately."""

    code: str
    name: str
    city: str
    heard_at: datetime | None
    showings: int


@dataclass(frozen=True, slots=True)
class BreakEven:
    """
    When a film has earned its costs, from what its producer entered and nothing else.

    `share` is the part of takings that reaches the producer.
    """

    budget_minor: int
    grant_minor: int
    share: Fraction
    gross_minor: int

    @property
    def to_earn_minor(self) -> int:
        """What the grant does not cover."""
        return max(self.budget_minor - self.grant_minor, 0)

    @property
    def earned_minor(self) -> int:
        """What has reached the producer, by that share."""
        return int(max(self.gross_minor, 0) * self.share)

    @property
    def covered(self) -> Fraction | None:
        """Which part of it is earned; over 1 is profit. None when there is nothing to earn."""
        return ratio(self.earned_minor, self.to_earn_minor)

    @property
    def left_minor(self) -> int:
        """What is still to be earned."""
        return max(self.to_earn_minor - self.earned_minor, 0)

    @property
    def gross_needed_minor(self) -> int | None:
        """Takings at which it is earned, rounded up; None when no share of them comes back."""
        if not self.share:
            return None
        return -(-self.to_earn_minor * self.share.denominator // self.share.numerator)
