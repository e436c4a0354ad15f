"""What readers are given: feeds as they are, their days, gaps, refusals, keys and alarms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ekino.feeds.model.lag import Lags
from ekino.feeds.model.states import Kind, State


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Numbers of a key that are missing, or came late: first … last."""

    key_id: str
    source_id: int
    venue_id: int
    business_date: date
    first_sequence: int
    last_sequence: int
    seen_at: datetime
    closed_at: datetime | None

    @property
    def numbers(self) -> int:
        """How many they are."""
        return self.last_sequence - self.first_sequence + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmended:
    """A refused event that has not come again and been entered."""

    key_id: str
    source_id: int
    venue_id: int
    sequence: int
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
    waiting_events: int
    oldest_waiting_at: datetime | None
    resting_until: datetime | None


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
