"""A cinema's business day: halls, showings, who speaks for it, and until when it may report."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from ekino.kernel.moments import business_date, day_begins, zone
from ekino.totals.model.day import Figures, ratio, total

# As on the live board: what was heard within it is on line.
ON_LINE_WITHIN = timedelta(minutes=15)
# A key that ends sooner than this is spoken of.
ENDS_SOON = timedelta(days=30)
WEEK = timedelta(days=7)
# Without a running time a showing is drawn as long as films usually are.
USUAL_MINUTES = 110
# How far back reports go: two weeks, which is as long as anybody remembers an evening.
REPORT_DAYS = 14


@dataclass(frozen=True, slots=True)
class Venue:
    """A cinema of the organisation that asks."""

    venue_id: int
    code: str
    name: str
    city: str
    region_code: str
    timezone: str
    currency: str
    day_starts_hour: int
    organisation_id: int = 0

    def today(self, at: datetime) -> date:
        """Give the business date of an instant at this cinema."""
        return business_date(at, self.timezone, self.day_starts_hour)

    def begins(self, day: date) -> datetime:
        """Give the instant at which a business date begins."""
        return day_begins(day, self.timezone, self.day_starts_hour)


@dataclass(frozen=True, slots=True)
class Showing:
    """A showing with all that was sold for it."""

    showing_id: int
    code: str
    business_date: date
    hall: str
    starts_at: datetime
    is_announced: bool
    format: str
    language: str
    capacity: int
    film: str
    titles: dict[str, str]
    original_language: str | None
    running_time_min: int | None
    admissions: int
    gross_minor: int
    fees_minor: int
    sold: int
    refunded: int
    voided: int
    admitted: int
    late: int

    @property
    def figures(self) -> Figures:
        """What it took."""
        return Figures(self.admissions, self.gross_minor, self.fees_minor)

    @property
    def occupancy(self) -> Fraction | None:
        """The share of its places that are taken."""
        return ratio(self.admissions, self.capacity)

    @property
    def entries(self) -> int:
        """Events that were entered for it."""
        return self.sold + self.refunded + self.voided + self.admitted

    @property
    def minutes(self) -> int:
        """How long it is drawn."""
        return self.running_time_min or USUAL_MINUTES


@dataclass(frozen=True, slots=True)
class HallDay:
    """A hall's day against the same weekday last week, both by the same quarter of an hour."""

    hall: str
    seats: int
    showings: tuple[Showing, ...]
    # By the quarter of an hour of the comparison.
    now: Figures
    before: Figures

    @property
    def figures(self) -> Figures:
        """What the hall's showings took so far."""
        return total(showing.figures for showing in self.showings)

    @property
    def places(self) -> int:
        """Places on sale for its announced showings."""
        return sum(each.capacity for each in self.showings if each.is_announced)

    @property
    def occupancy(self) -> Fraction | None:
        """The share of those places that are taken."""
        return ratio(self.figures.admissions, self.places)

    @property
    def change(self) -> Fraction | None:
        """By which share takings grew on last week; None when there were none."""
        return ratio(
            self.now.gross_minor - self.before.gross_minor, self.before.gross_minor
        )


class LightState(StrEnum):
    """Whether a key is heard; each is a word beside its light."""

    ON_LINE = "on_line"
    QUIET = "quiet"
    NEVER = "never"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Light:
    """One key that speaks for the cinema: its ticketing system's, or a till's."""

    source: str
    source_name: str
    is_active: bool
    allowed_delay_s: int
    key_id: str
    kind: str
    # None where the key is another cinema's too and is not shown.
    valid_from: datetime | None
    valid_until: datetime | None
    revoked_at: datetime | None
    heard_at: datetime | None

    def state(self, at: datetime) -> LightState:
        """Say how this key is doing; silence at night is no trouble and is not called one."""
        ended = self.valid_until is not None and self.valid_until <= at
        if self.revoked_at is not None or ended or not self.is_active:
            return LightState.ENDED
        if self.heard_at is None:
            return LightState.NEVER
        return (
            LightState.ON_LINE if at - self.heard_at <= ON_LINE_WITHIN else LightState.QUIET
        )

    def ends_soon(self, at: datetime) -> bool:
        """Say whether the key must be replaced soon."""
        return (
            self.valid_until is not None
            and self.revoked_at is None
            and at < self.valid_until <= at + ENDS_SOON
        )


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that was not entered."""

    batch_no: int
    ordinal: int
    outcome: str
    recorded_at: datetime
    source_name: str | None
    kind: str
    ticket: str
    showing: str
    detail: str
    # False: it names no cinema of the organisation, and so may be any's.
    names_venue: bool


@dataclass(frozen=True, slots=True)
class ReportDay:
    """What the register was told of one business date."""

    business_date: date
    showings: tuple[Showing, ...]
    refusals: tuple[Refusal, ...]
    due_at: datetime

    @property
    def entered(self) -> int:
        """Ticket events entered for the day's showings."""
        return sum(each.entries for each in self.showings)

    @property
    def refused(self) -> int:
        """Events not entered that came on this day and name the cinema."""
        return sum(each.names_venue for each in self.refusals)

    @property
    def late(self) -> int:
        """Entered, and told us long after they happened."""
        return sum(each.late for each in self.showings)

    @property
    def figures(self) -> Figures:
        """What the day took."""
        return total(each.figures for each in self.showings)

    def left(self, at: datetime) -> timedelta | None:
        """How long sales of the day may still come; None when the time is over."""
        return self.due_at - at if at < self.due_at else None


def halls_of(
    seats: Sequence[tuple[str, int]],
    showings: Iterable[Showing],
    now: dict[str, Figures],
    before: dict[str, Figures],
) -> tuple[HallDay, ...]:
    """Put a day's showings into their halls, also those in which nothing is shown."""
    by_hall: dict[str, list[Showing]] = {hall: [] for hall, _ in seats}
    for showing in showings:
        by_hall.setdefault(showing.hall, []).append(showing)
    places = dict(seats)
    return tuple(
        HallDay(
            hall,
            places.get(hall, 0),
            tuple(theirs),
            now.get(hall, Figures()),
            before.get(hall, Figures()),
        )
        for hall, theirs in by_hall.items()
    )


def last_quarter(at: datetime, timezone: str) -> datetime:
    """Give the end of the last full quarter of an hour, by the cinema's clocks."""
    local = at.astimezone(zone(timezone))
    return local.replace(minute=local.minute // 15 * 15, second=0, microsecond=0)


def due_at(venue: Venue, day: date, allowed_delay_s: int) -> datetime:
    """Say until when a business date may be reported: its end, and what was agreed on top."""
    return venue.begins(day + timedelta(days=1)) + timedelta(seconds=allowed_delay_s)


def day_of(venue: Venue, refusal: Refusal) -> date:
    """Give the business date on which a refused event came; its own may be what is wrong."""
    return venue.today(refusal.recorded_at)
