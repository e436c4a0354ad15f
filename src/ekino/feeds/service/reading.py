"""How uploads are doing, for pages and programs: everybody's, or an organisation's own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, TypeVar

from psycopg import Connection

from ekino.db.database import Database, Role
from ekino.feeds.model.health import Health, Software, health_of
from ekino.feeds.model.picture import (
    Alarm,
    DayMark,
    Feed,
    Gap,
    Hour,
    Lately,
    RefusedCause,
    Sender,
    Unmended,
    VenueDay,
    Wholeness,
)
from ekino.feeds.service.excuses import THE_STATE, Asker
from ekino.feeds.store import reading as store
from ekino.feeds.store import reports

# Rows of one question for gaps, unmended events or alarms: a page's worth many times over.
ROWS_READ_MAX = 5_000


_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Whose feeds are asked about, and by whom; without a source or a venue all that he may see."""

    asker: Asker = THE_STATE
    source_id: int | None = None
    venue_id: int | None = None


EVERYBODYS = Whose()


def list_feeds(db: Database, of: Whose = EVERYBODYS) -> list[Feed]:
    """Give every source at every venue it may speak for, as it is now, by their codes."""
    return _ask(db, of, store.list_feeds, {})


def list_days(
    db: Database, of: Whose = EVERYBODYS, *, first: date, past_end: date
) -> list[VenueDay]:
    """Give the days of [first, past_end), by source, venue and date; one without a row was idle."""
    return _ask(db, of, store.list_days, {"first": first, "past_end": past_end})


def list_marks(
    db: Database,
    of: Whose = EVERYBODYS,
    *,
    first: date,
    past_end: date,
    venue_ids: Sequence[int] | None = None,
) -> list[DayMark]:
    """Give of the days of [first, past_end) what a field of days shows; without ids of all."""
    asked = {
        "first": first,
        "past_end": past_end,
        "venue_ids": None if venue_ids is None else list(venue_ids),
    }
    return _ask(db, of, store.list_marks, asked)


def sum_days(
    db: Database, of: Whose = EVERYBODYS, *, first: date, past_end: date
) -> list[Wholeness]:
    """Give how whole the closed days in [first, past_end) of each feed were, in any order."""
    return _ask(db, of, store.sum_days, {"first": first, "past_end": past_end})


def sum_hours(
    db: Database, of: Whose = EVERYBODYS, *, since: datetime, until: datetime
) -> list[Lately]:
    """Give what came of each feed from `since` to `until`, in any order."""
    return _ask(db, of, store.sum_hours, {"since": since, "until": until})


def list_gaps(
    db: Database,
    of: Whose = EVERYBODYS,
    *,
    key_id: str | None = None,
    business_date: date | None = None,
    is_open: bool = True,
) -> list[Gap]:
    """Give missing numbers, those seen last first; without `is_open` also those that came late."""
    asked = {
        "key_id": key_id,
        "business_date": business_date,
        "is_open": is_open,
        "limit": ROWS_READ_MAX,
    }
    return _ask(db, of, partial(store.list_gaps, role=of.asker.role), asked)


def list_unmended(
    db: Database, of: Whose = EVERYBODYS, *, business_date: date | None = None
) -> list[Unmended]:
    """Give refused events that have not come again and been entered, the latest first."""
    asked = {"business_date": business_date, "limit": ROWS_READ_MAX}
    return _ask(db, of, partial(store.list_unmended, role=of.asker.role), asked)


def list_hours(
    db: Database, of: Whose = EVERYBODYS, *, since: datetime, until: datetime
) -> list[Hour]:
    """Give what came in by the hour, with its lags; `lag.add` makes one distribution of many."""
    return _ask(db, of, store.list_hours, {"since": since, "until": until})


def sum_refused(
    db: Database, of: Whose = EVERYBODYS, *, since: datetime, until: datetime
) -> list[RefusedCause]:
    """Give refused events by cause, the most first."""
    return _ask(db, of, store.sum_refused, {"since": since, "until": until})


def list_senders(db: Database, of: Whose = EVERYBODYS) -> list[Sender]:
    """Give every key that may send: version, clock, what waits, and until when it may sign."""
    return _ask(db, of, partial(store.list_senders, role=of.asker.role), {})


def list_alarms(
    db: Database,
    of: Whose = EVERYBODYS,
    *,
    is_open: bool = True,
    since: datetime | None = None,
) -> list[Alarm]:
    """Give alarms, the open ones first, then the latest; a venue's include its source's own."""
    asked = {
        "is_open": is_open,
        "since": since,
        "alarm_id": None,
        "limit": ROWS_READ_MAX,
    }
    return _ask(db, of, partial(store.list_alarms, role=of.asker.role), asked)


def find_alarm(db: Database, of: Whose, alarm_id: int) -> list[Alarm]:
    """Give the alarm of a number, open or over, as a list of one; nothing where there is none."""
    asked = {"is_open": False, "since": None, "alarm_id": alarm_id, "limit": 1}
    return _ask(db, of, partial(store.list_alarms, role=of.asker.role), asked)


def sum_health(
    db: Database, *, first: date, past_end: date
) -> tuple[dict[Software, Health], int]:
    """
    Give how the feeds of each product and version did on the days of [first, past_end).

    Beside it the position below which everything is counted.
    """
    with db.transaction(Role.READER) as tx:
        _, _, as_of = reports.read_head(tx)
    found = health_of(list_feeds(db), list_days(db, first=first, past_end=past_end))
    return found, as_of


def _ask(
    db: Database,
    of: Whose,
    question: Callable[[Connection[Any], dict[str, object]], list[_Row]],
    asked: Mapping[str, object],
) -> list[_Row]:
    whose = {"source_id": of.source_id, "venue_id": of.venue_id}
    with db.transaction(of.asker.role, organisation_id=of.asker.organisation_id) as tx:
        return question(tx, {**whose, **asked})
