"""What the operations room looks at: venues not heard from, and how far followers are."""

from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row, dict_row

from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.archive")


class Silent(NamedTuple):
    """A venue from which nothing came lately, though showings are on."""

    code: str
    name: str
    region_code: str
    # None: nothing was ever heard from it.
    last_recorded_at: datetime | None
    showings: int


def list_silent(
    tx: Connection[Any],
    *,
    country: str,
    currency: str,
    business_date: date,
    on: tuple[datetime, datetime],
    heard_since: datetime,
    region: str | None,
    limit: int,
) -> list[Silent]:
    """Give the venues with a showing that begins within `on` and nothing heard since."""
    values = {
        "country": country,
        "currency": currency,
        "business_date": business_date,
        "on_since": on[0],
        "on_until": on[1],
        "heard_since": heard_since,
        "region": region,
        "limit": limit,
    }
    with tx.cursor(row_factory=class_row(Silent)) as cursor:
        return cursor.execute(_QUERIES.list_silent, values).fetchall()


def read_lags(tx: Connection[Any]) -> dict[str, int]:
    """Give the register's size, and by follower the entries that it has not seen."""
    with tx.cursor(row_factory=dict_row) as cursor:
        return dict(cursor.execute(_QUERIES.read_lags).fetchone() or {})
