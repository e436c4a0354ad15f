"""What readers are given: feeds as they are, their days, gaps, refusals, keys and alarms."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol

from ekino.feeds.model.lag import Lags
from ekino.feeds.model.states import Kind, State

# A source and a venue.
FeedKey = tuple[int, int]


class Named(Protocol):
    """Something of which whoever asks twice is told twice: its name tells that it is the same."""

    @property
    def key(self) -> Hashable:
        """Its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One source at one venue, as it is now."""

    source_id: int
    source: str
    source_name: str
    vendor: str
    # Codes of organisations; "" where the catalog has none.
    vendor_code: str
    operator_code: str
    allowed_delay_s: int
    venue_id: int
    venue: str
    venue_name: str
    city: str
    region: str
    timezone: str
    state: State
    # None: never watched yet.
    since: datetime | None
    # Which kind of alarm made the state; "" when there is nothing to say.
    reason: str
    # When an event about the venue came last; None: never.
    heard_at: datetime | None
    # When any key of the source reported last; None: never.
    reported_at: datetime | None
    # Of the latest report; "" before the first.
    product: str
    version: str
    # Numbers that are missing now, and alarms that are open, the source's own included.
    missing: int
    alarms: int

    @property
    def key(self) -> FeedKey:
        """Which feed it is."""
        return self.source_id, self.venue_id


class DayMark(NamedTuple):
    """Of a feed's day, what the field of days shows."""

    source_id: int
    venue_id: int
    business_date: date
    # As in `VenueDay`.
    state: str
    completeness_ppm: int | None
    is_excused: bool
    is_closed: bool

    @property
    def key(self) -> tuple[int, int, date]:
        """Which day of which feed it is."""
        return self[:3]


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueDay:
    """What one source sent on one day about one venue, and what that day's showings came to."""

    source_id: int
    venue_id: int
    business_date: date
    entered: int
    refused: int
    unmended: int
    late: int
    duplicates: int
    declared_tickets: int | None
    declared_gross_minor: int | None
    registered_tickets: int
    registered_gross_minor: int
    registered_at: datetime | None
    showings_announced: int
    showings_with_sales: int
    # Numbers that are missing.
    gaps: int
    # A state, or "closed": a day without showings and without a word; "": nothing is known of it.
    state: str
    # Parts of a million; None when nothing was expected.
    completeness_ppm: int | None
    is_excused: bool
    # The time for late words is over.
    is_closed: bool
    # Batches below it are counted.
    as_of: int

    @property
    def key(self) -> tuple[int, int, date]:
        """Which day of which feed it is."""
        return self.source_id, self.venue_id, self.business_date


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Numbers of a key that are missing, or came late: first … last."""

    key_id: str
    source_id: int
    venue_id: int
    business_date: date
    # None: the reader shares the system with others, whose sales they would tell.
    first_sequence: int | None
    last_sequence: int | None
    # How many they are.
    numbers: int
    seen_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmended:
    """A refused event that has not come again and been entered."""

    key_id: str
    source_id: int
    venue_id: int
    # None: the reader shares the system with others, whose sales it would tell.
    sequence: int | None
    outcome: str
    refused_at: datetime
    batch_no: int
    ordinal: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """What came in about one venue in one hour; venue 0 where events named none we know."""

    source_id: int
    venue_id: int
    begins_at: datetime
    events: int
    entered: int
    refused: int
    repeats: int
    duplicates: int
    late: int
    # Later than the source is allowed.
    overdue: int
    lags: Lags


@dataclass(frozen=True, slots=True, kw_only=True)
class Lately:
    """What came of a feed in several hours, all together."""

    source_id: int
    venue_id: int
    events: int = 0
    refused: int = 0
    late: int = 0
    lags: Lags = field(default_factory=Lags)

    @property
    def key(self) -> FeedKey:
        """Which feed it is."""
        return self.source_id, self.venue_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Wholeness:
    """How whole a feed's closed days were, in parts of a million; None: nothing was expected."""

    source_id: int
    venue_id: int
    # Of the last of them, and on average; excused days are left out of the average.
    day_ppm: int | None = None
    days_ppm: int | None = None

    @property
    def key(self) -> FeedKey:
        """Which feed it is."""
        return self.source_id, self.venue_id


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedCause:
    """How many events of a source were refused under one name."""

    source_id: int
    venue_id: int
    outcome: str
    events: int
    last_hour: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """What a key says of itself: software, clock, what waits, and how long it may still sign."""

    key_id: str
    source_id: int
    valid_until: datetime
    is_revoked: bool
    # None: it never spoke, or never reported.
    heard_at: datetime | None
    reported_at: datetime | None
    product: str
    version: str
    version_since: datetime | None
    clock_ahead_s: float | None
    # None: the reader shares the system with others, whose sales wait there too.
    waiting_events: int | None
    oldest_waiting_at: datetime | None
    resting_until: datetime | None

    @property
    def key(self) -> str:
        """Which key it is."""
        return self.key_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something that needs explanation, from when it was seen until it was over for a while."""

    alarm_id: int
    kind: Kind
    source_id: int
    # 0: the source as a whole.
    venue_id: int
    # Key, hall or day; "" when it is the feed as a whole.
    subject: str
    # From when it could be known, and when it was.
    known_at: datetime
    opened_at: datetime
    last_seen_at: datetime
    closed_at: datetime | None
    times: int
    facts: Mapping[str, Any]

    @property
    def key(self) -> int:
        """Which alarm it is."""
        return self.alarm_id
