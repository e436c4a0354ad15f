"""How far the followers are, for the operations room."""

from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.archive")


def read_lags(tx: Connection[Any]) -> dict[str, int]:
    """Give the register's size, and by follower the entries that it has not seen."""
    with tx.cursor(row_factory=dict_row) as cursor:
        return dict(cursor.execute(_QUERIES.read_lags).fetchone() or {})
