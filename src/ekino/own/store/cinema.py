"""A cinema as its exhibitor may see it."""

from datetime import date, datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, kwargs_row

from ekino.db.queries import load_queries
from ekino.own.model.benchmark import Reporting
from ekino.own.model.cinema import Light, Refusal, Showing, Venue
from ekino.totals.model.day import Figures

_QUERIES = load_queries("ekino.own")


def list_venues(tx: Connection[Any], organisation_id: int) -> list[Venue]:
    """Give the cinemas of the organisation that the transaction reads for."""

    def venue(**columns: Any) -> Venue:
        return Venue(**columns, organisation_id=organisation_id)

    with tx.cursor(row_factory=kwargs_row(venue)) as cursor:
        return cursor.execute(_QUERIES.list_own_venues).fetchall()


def read_as_of(tx: Connection[Any]) -> tuple[int, datetime, int]:
    """Give next position, when it was reached, and the register's size."""
    row = tx.execute(_QUERIES.read_as_of).fetchone()
    if row is None:
        message = "totals.follower has no row"
        raise LookupError(message)
    return int(row[0]), row[1], int(row[2])


def read_showings(
    tx: Connection[Any], venue_id: int, first: date, past_end: date
) -> list[Showing]:
    """Give the showings of business dates [first, past_end) by hall and time."""
    with tx.cursor(row_factory=class_row(Showing)) as cursor:
        return cursor.execute(
            _QUERIES.read_venue_showings,
            {"venue_id": venue_id, "first": first, "past_end": past_end},
        ).fetchall()


def read_hall_pace(
    tx: Connection[Any], venue_id: int, day: date, until: datetime
) -> dict[str, Figures]:
    """Give what each hall had taken for a business date by an instant."""
    rows = tx.execute(
        _QUERIES.read_hall_pace,
        {"venue_id": venue_id, "business_date": day, "until": until},
    )
    return {hall: Figures(admissions, gross) for hall, admissions, gross in rows}


def list_halls(tx: Connection[Any], venue_id: int) -> list[tuple[str, int]]:
    """Give (hall, places)."""
    return tx.execute(_QUERIES.list_halls, {"venue_id": venue_id}).fetchall()


def list_lights(tx: Connection[Any], venue_id: int) -> list[Light]:
    """Give the keys that speak for a cinema."""
    with tx.cursor(row_factory=class_row(Light)) as cursor:
        return cursor.execute(_QUERIES.list_lights, {"venue_id": venue_id}).fetchall()


def read_heard(tx: Connection[Any], venue_id: int) -> datetime | None:
    """Say when a cinema was last heard of."""
    row = tx.execute(_QUERIES.read_venue_heard, {"venue_id": venue_id}).fetchone()
    return None if row is None else row[0]


def read_first_batch(tx: Connection[Any], since: datetime) -> int:
    """Give a batch before which nothing was received since; the role sees every source."""
    row = tx.execute(_QUERIES.read_first_batch, {"since": since}).fetchone()
    return int(row[0]) if row else 0


def list_refusals(
    tx: Connection[Any],
    venue_id: int,
    since: datetime,
    until: datetime,
    *,
    first_batch: int,
    limit: int,
) -> list[Refusal]:
    """Give what was not entered in [since, until), the latest first."""
    asked = {
        "venue_id": venue_id,
        "since": since,
        "until": until,
        "first_batch": first_batch,
        "limit": limit,
    }
    with tx.cursor(row_factory=class_row(Refusal)) as cursor:
        return cursor.execute(_QUERIES.list_refusals, asked).fetchall()


def read_peers(
    tx: Connection[Any], first: date, past_end: date, currency: str
) -> list[Reporting]:
    """Give every cinema that reported; the transaction's role sees the country."""
    with tx.cursor(row_factory=class_row(Reporting)) as cursor:
        return cursor.execute(
            _QUERIES.read_peers,
            {"first": first, "past_end": past_end, "currency": currency},
        ).fetchall()
