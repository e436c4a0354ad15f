"""A report: what a key says of itself and of its days, and what it is answered."""

from dataclasses import dataclass
from datetime import date, datetime

from ekino.feeds.model.days import Match

# A month of a source that speaks for one venue, or a day of one that speaks for forty.
REPORT_DAYS_MAX = 40
# Runs of missing numbers named in one answer; the rest come when these are closed.
REPORT_MISSING_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredDay:
    """What a key says one day came to."""

    venue: str
    business_date: date
    # No more sales of that day are to come.
    is_final: bool
    # Good tickets, and what was paid for them without fees, in minor units of the venue.
    tickets: int
    gross_minor: int
    # Given back or undone.
    refunds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a key says of itself."""

    product: str
    version: str
    # By the sender's clock.
    sent_at: datetime
    waiting_events: int
    oldest_waiting_at: datetime | None
    # The number that its next event will have.
    next_sequence: int
    # It will be silent until then: closed, or switched off.
    resting_until: datetime | None
    days: tuple[DeclaredDay, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Numbers first … last that were passed over."""

    first: int
    last: int
    # Of the event that came after them.
    venue: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedDay:
    """A declared day beside what is registered."""

    declared: DeclaredDay
    tickets: int
    gross_minor: int
    match: Match


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a report is answered."""

    recorded_at: datetime
    register_size: int
    # Entries below it are counted in the days.
    as_of: int
    clock_ahead_s: float
    missing: tuple[Missing, ...]
    days: tuple[ComparedDay, ...]
