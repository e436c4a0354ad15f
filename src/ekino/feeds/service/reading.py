"""How uploads are doing, for pages and programs: everybody's, or an organisation's own."""

from datetime import date, datetime

from ekino.db.database import Database
from ekino.feeds.model.picture import (
    Alarm,
    Feed,
    Gap,
    Hour,
    RefusedCause,
    Sender,
    Unmended,
    VenueDay,
)
from ekino.feeds.service.excuses import THE_STATE, Asker
from ekino.feeds.store import reading as store

# Rows of one question for gaps, unmended events or alarms: a page's worth many times over.
ROWS_READ_MAX = 5_000


def list_feeds(
    db: Database,
    *,
    source_id: int | None = None,
    venue_id: int | None = None,
    asker: Asker = THE_STATE,
) -> list[Feed]:
    """Give every source at every venue it may speak for, as it is now, by their codes."""
    with db.transaction(asker.role, organisation_id=asker.organisation_id) as tx:
        return store.list_feeds(tx, {"source_id": source_id, "venue_id": venue_id})


def list_days(
    db: Database,
    *,
    first: date,
    past_end: date,
    source_id: int | None = None,
    venue_id: int | None = None,
    asker: Asker = THE_STATE,
) -> list[VenueDay]:
    """Give the days of [first, past_end), by source, venue and date; one without a row was idle."""
    asked: dict[str, object] = {
        "first": first,
        "past_end": past_end,
        "source_id": source_id,
        "venue_id": venue_id,
    }
    with db.transaction(asker.role, organisation_id=asker.organisation_id) as tx:
        return store.list_days(tx, asked)


def list_gaps(
    db: Database,
    *,
    key_id: str | None = None,
    source_id: int | None = None,
    venue_id: int | None = None,
    business_date: date | None = None,
    is_open: bool = True,
    asker: Asker = THE_STATE,
) -> list[Gap]:
    """Give missing numbers, those seen last first; without `is_open` also those that came late."""
    asked: dict[str, object] = {
        "key_id": key_id,
        "source_id": source_id,
        "venue_id": venue_id,
        "business_date": business_date,
        "is_open": is_open,
        "limit": ROWS_READ_MAX,
    }
    with db.transaction(asker.role, organisation_id=asker.organisation_id) as tx:
        return store.list_gaps(tx, asked)


def list_unmended(
    db: Database,
    *,
    source_id: int | None = None,
    venue_id: int | None = None,
    business_date: date | None = None,
    asker: Asker = THE_STATE,
) -> list[Unmended]:
    """Give refused events that have not come again and been entered, the latest first."""
    asked: dict[str, object] = {
        "source_id": source_id,
        "venue_id": venue_id,
        "business_date": business_date,
        "limit": ROWS_READ_MAX,
    }
    with db.transaction(asker.role, organisation_id=asker.organisation_id) as tx:
        return store.list_unmended(tx, asked)


def list_hours(
    db: Database,
    *,
    since: datetime,
    until: datetime,
    source_id: int | None = None,
    venue_id: int | None = None,
    asker: Asker = THE_STATE,
) -> list[Hour]:
    """Give what came in by the hour, with its lags; `lag.add` makes one distribution of many."""
    asked: dict[str, object] = {
        "since": since,
        "until": until,
        "source_id": source_id,
        "venue_id": venue_id,
    }
    with db.transaction(asker.role, organisation_id=asker.organisation_id) as tx:
        return store.list_hours(tx, asked)


def sum_refused(
    db: Database,
    *,
    since: datetime,
    until: datetime,
    source_id: int | None = None,
    venue_id: int | None = None,
    asker: Asker = THE_STATE,
) -> list[RefusedCause]:
    """Give refused events by cause, the most first."""
    asked: dict[str, object] = {
        "since": since,
        "until": until,
        "source_id": source_id,
        "venue_id": venue_id,
    }
    with db.transaction(asker.role, organisation_id=asker.organisation_id) as tx:
        return store.sum_refused(tx, asked)


def list_senders(
    db: Database, *, source_id: int | None = None, asker: Asker = THE_STATE
) -> list[Sender]:
    """Give every key that may send: version, clock, what waits, and until when it may sign."""
    with db.transaction(asker.role, organisation_id=asker.organisation_id) as tx:
        return store.list_senders(tx, {"source_id": source_id})


def list_alarms(
    db: Database,
    *,
    is_open: bool = True,
    since: datetime | None = None,
    source_id: int | None = None,
    venue_id: int | None = None,
    asker: Asker = THE_STATE,
) -> list[Alarm]:
    """Give alarms, the open ones first, then the latest; a venue's include its source's own."""
    asked: dict[str, object] = {
        "is_open": is_open,
        "since": since,
        "source_id": source_id,
        "venue_id": venue_id,
        "limit": ROWS_READ_MAX,
    }
    with db.transaction(asker.role, organisation_id=asker.organisation_id) as tx:
        return store.list_alarms(tx, asked)
