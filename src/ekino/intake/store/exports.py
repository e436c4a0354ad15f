"""What goes out: entries by business date, sums by hall and title."""

from datetime import date
from typing import Any, NamedTuple

from psycopg import Connection

from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.intake")


class HallDay(NamedTuple):
    """What one title took in one hall on a business date."""

    day: date
    hall: str
    certificate: str
    title: str
    showings: int
    admissions: int
    gross_minor: int


def list_entries(
    tx: Connection[Any],
    *,
    after: int,
    from_date: date,
    to_date: date,
    venue: str | None,
    source: str | None,
    limit: int,
) -> list[tuple[int, int, int]]:
    """Give (position, batch, ordinal) of entries past a position, in order."""
    return tx.execute(
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


def find_currency(tx: Connection[Any], venue: str) -> str | None:
    """Give a venue's currency, or None when there is no such venue."""
    row = tx.execute(_QUERIES.find_currency, {"venue": venue}).fetchone()
    return None if row is None else str(row[0])


def sum_halls(
    tx: Connection[Any], *, venue: str, from_date: date, to_date: date
) -> list[HallDay]:
    """Add up a venue's entries by business date, hall and title."""
    rows = tx.execute(
        _QUERIES.sum_halls, {"venue": venue, "from_date": from_date, "to_date": to_date}
    ).fetchall()
    return [HallDay(*row) for row in rows]
