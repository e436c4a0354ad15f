"""What goes out: entries by business date, and the showings they are of."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg import Connection

from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.intake")


class EntryOut(NamedTuple):
    """Where an entry's event stands, and whose it is."""

    position: int
    batch_no: int
    ordinal: int
    source: str


class VenueOut(NamedTuple):
    """By which money and clock a venue keeps its days."""

    currency: str
    timezone: str
    day_starts_hour: int


class ShowingOut(NamedTuple):
    """A showing of the catalog, with the names that other people's files give."""

    code: str
    hall: str
    hall_name: str | None
    starts_at: datetime
    is_cancelled: bool
    format: str
    capacity: int
    prices: Mapping[str, int]
    language: str
    certificate: str
    title: str
    distributor: str


def list_entries(
    tx: Connection[Any],
    *,
    after: int,
    from_date: date,
    to_date: date,
    venue: str | None,
    source: str | None,
    limit: int,
) -> list[EntryOut]:
    """Give entries past a position, in order."""
    rows = tx.execute(
        _QUERIES.list_entries_out,
        {
            "after": after,
            "from_date": from_date,
            "to_date": to_date,
            "venue": venue,
            "source": source,
            "limit": limit,
        },
    ).fetchall()
    return [EntryOut(*row) for row in rows]


def find_venue(tx: Connection[Any], venue: str) -> VenueOut | None:
    """Give by which money and clock a venue keeps its days, or None when there is none."""
    row = tx.execute(_QUERIES.find_venue_out, {"venue": venue}).fetchone()
    return None if row is None else VenueOut(*row)


def list_showings(tx: Connection[Any], *, venue: str, day: date) -> list[ShowingOut]:
    """Give a venue's showings of a business date, in the order of their starts."""
    rows = tx.execute(_QUERIES.list_showings_out, {"venue": venue, "day": day}).fetchall()
    return [ShowingOut(*row) for row in rows]
