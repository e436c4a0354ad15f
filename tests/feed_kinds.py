"""Kinds of sources, as a country has them, and what a till says."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from ekino.feeds.model.alarms import Name
from ekino.feeds.model.clock import Clock
from ekino.feeds.model.judging import Finding
from ekino.feeds.model.numbers import Sender

# Europe's clocks go back in the night before the 25th.
FIRST, DAYS = date(2026, 10, 3), 30
TICK = timedelta(seconds=10)
BEAT = timedelta(minutes=5)
PRICE = 150_000
DAY_STARTS_HOUR = 6


class Kind(NamedTuple):
    """A kind of source, as the country has them."""

    name: str
    venues: int
    halls: int
    tills: int
    # Local hours of a hall's first showing and between two, how many, on which weekdays.
    first_hour: float
    every_hours: float
    showings: int
    weekdays: frozenset[int]
    # Tickets a showing, on average.
    tickets: float
    timezone: str = "Asia/Almaty"
    reports: bool = True
    # Sends at this local hour of the night and says nothing by day.
    nightly_hour: int | None = None
    has_maintenance: bool = False


ALL = frozenset(range(7))
KINDS = (
    Kind("city", 1, 4, 3, 9.5, 2.6, 6, ALL, 22.0),
    Kind("town", 1, 2, 1, 10, 3, 5, ALL, 9.0),
    Kind("night", 1, 2, 2, 15, 3, 5, ALL, 12.0),
    Kind("village", 1, 1, 1, 17, 3, 2, frozenset({2, 4, 5, 6}), 1.2),
    Kind("weekly", 1, 1, 1, 19, 3, 1, frozenset({5}), 0.9),
    Kind("upload", 2, 2, 1, 11, 3, 4, ALL, 8.0, reports=False, nightly_hour=3),
    Kind("upload-village", 1, 1, 1, 18, 3, 1, frozenset({4, 5}), 1.0, reports=False, nightly_hour=3),
    Kind("cloud", 4, 2, 1, 10, 3, 5, ALL, 7.0, has_maintenance=True),
    Kind("europe", 1, 2, 1, 20, 3.5, 2, ALL, 10.0, timezone="Europe/Berlin"),
)  # fmt: skip
FAULTS = (
    "silence", "gap", "late", "duplicate", "skew", "refused", "till", "hall", "totals", "days",
)  # fmt: skip


class Showing(NamedTuple):
    """A showing, and how many tickets will be sold for it."""

    venue: int
    hall: str
    starts_at: datetime
    day: date
    tickets: int


@dataclass
class Event:
    """What a till says of one ticket."""

    number: int
    venue: int
    day: date
    hall: str
    showing: int
    happened_at: datetime
    change: int
    outcome: str = ""


@dataclass
class Till:
    """A key with its spool."""

    key_id: str
    sender: Sender = field(default_factory=Sender)
    next_number: int = 1
    spool: list[Event] = field(default_factory=list)
    heard_at: datetime | None = None
    reported_at: datetime | None = None
    signed: Clock = field(default_factory=Clock)
    said: Clock = field(default_factory=Clock)
    waiting_since: datetime | None = None
    resting_until: datetime | None = None
    duplicated_at: datetime | None = None
    off_s: float = 0.0
    # Batches do not pass until then; reports do.
    blocked_until: datetime | None = None
    is_dead: bool = False
    is_continued: bool = False
    # The key with which it signed before.
    previous: str = ""


class Opened(NamedTuple):
    """An alarm that was opened."""

    at: datetime
    name: Name
    finding: Finding
