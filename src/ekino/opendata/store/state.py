"""Coverage, corrections, measurements and incidents, as they stand in PostgreSQL."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from ekino.db.queries import load_queries
from ekino.opendata.model.state import Lags, Measurement
from ekino.opendata.store.publish import Place

_QUERIES = load_queries("ekino.opendata")


class CoverageDay(NamedTuple):
    """A day of the register; venues are None for days before coverage was recorded."""

    day: date
    known: int | None
    connected: int | None
    reporting: int | None
    entries: int
    corrected: int
    late: int
    returned_after: int


class NowRow(NamedTuple):
    """The last measurement of a component."""

    component: str
    minute_at: datetime
    is_up: bool
    lag_s: float | None


class VendorRow(NamedTuple):
    """When something came last from the venues of a ticketing system."""

    vendor: str
    venues: int
    last_recorded_at: datetime | None


class Incident(NamedTuple):
    """What an operator said about an interruption, by language."""

    incident_id: int
    component: str
    begins_at: datetime
    ends_at: datetime | None
    words: dict[str, str]


def fold_changes(tx: Connection[Any], *, entries_max: int, timezone: str) -> int:
    """Count what was put right among the next entries; gives how many were looked at."""
    tx.execute(_QUERIES.lock_follower)
    asked = {"entries_max": entries_max, "timezone": timezone}
    row = tx.execute(_QUERIES.fold_changes, asked).fetchone()
    return int(row[0]) if row else 0


def put_coverage(
    tx: Connection[Any],
    place: Place,
    business_date: date,
    *,
    begins_at: datetime,
    at: datetime,
) -> None:
    """Note coverage as it is now under this business date."""
    asked = {"business_date": business_date, "begins_at": begins_at, "at": at}
    tx.execute(_QUERIES.put_coverage, {**place._asdict(), **asked})


def read_coverage(tx: Connection[Any], *, days_max: int) -> list[CoverageDay]:
    """Give coverage and corrections by day, newest first."""
    with tx.cursor(row_factory=class_row(CoverageDay)) as cursor:
        return cursor.execute(_QUERIES.read_coverage, {"days_max": days_max}).fetchall()


def read_lags(tx: Connection[Any]) -> Lags:
    """Give how old the newest entry is, and how far each follower is behind it."""
    with tx.cursor(row_factory=class_row(Lags)) as cursor:
        row = cursor.execute(_QUERIES.read_lags).fetchone()
    if row is None:
        message = "register.head has no row"
        raise LookupError(message)
    return row


def put_measurements(
    tx: Connection[Any], found: Iterable[Measurement], *, minute_at: datetime
) -> None:
    """Note each component's minute; the first note of a minute stays."""
    rows = [each._asdict() for each in found]
    tx.execute(_QUERIES.put_measurements, {"minute_at": minute_at, "rows": Jsonb(rows)})


def forget_measurements(tx: Connection[Any], before: datetime) -> None:
    """Drop minutes that no bar shows."""
    tx.execute(_QUERIES.forget_measurements, {"before": before})


def read_now(tx: Connection[Any], *, since: datetime) -> list[NowRow]:
    """Give the last measurement of each component since an instant."""
    with tx.cursor(row_factory=class_row(NowRow)) as cursor:
        return cursor.execute(_QUERIES.read_now, {"since": since}).fetchall()


def read_bars(
    tx: Connection[Any], *, since: datetime, timezone: str
) -> list[tuple[str, date, int, int]]:
    """Give (component, day, minutes measured, minutes up)."""
    return tx.execute(_QUERIES.read_bars, {"since": since, "timezone": timezone}).fetchall()


def read_vendors(tx: Connection[Any]) -> list[VendorRow]:
    """Give each ticketing system and when something came last from its venues."""
    with tx.cursor(row_factory=class_row(VendorRow)) as cursor:
        return cursor.execute(_QUERIES.read_vendors).fetchall()


def insert_incident(
    tx: Connection[Any],
    component: str,
    *,
    begins_at: datetime,
    ends_at: datetime | None,
    words: dict[str, str],
) -> int:
    """Note an interruption and give its number."""
    asked = {"component": component, "begins_at": begins_at, "ends_at": ends_at}
    row = tx.execute(_QUERIES.insert_incident, {**asked, "words": Jsonb(words)}).fetchone()
    return int(row[0]) if row else 0


def end_incident(tx: Connection[Any], incident_id: int, ends_at: datetime) -> bool:
    """Say when an interruption was over; False when there is no such."""
    asked = {"incident_id": incident_id, "ends_at": ends_at}
    return tx.execute(_QUERIES.end_incident, asked).fetchone() is not None


def list_incidents(
    tx: Connection[Any], *, since: datetime, rows_max: int
) -> list[Incident]:
    """Give interruptions, newest first."""
    with tx.cursor(row_factory=class_row(Incident)) as cursor:
        asked = {"since": since, "rows_max": rows_max}
        return cursor.execute(_QUERIES.list_incidents, asked).fetchall()
