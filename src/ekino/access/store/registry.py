"""What an operator looks through: the catalog, sources, followers. Looked at, never written."""

from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row, dict_row

from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.access")


class FollowerRow(NamedTuple):
    """One follower: how much there is, and what it reads next."""

    name: str
    size: int
    next: int
    # None: it does not say.
    folded_at: datetime | None


def count_registry(tx: Connection[Any]) -> dict[str, int]:
    """Say how much of everything there is."""
    with tx.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_QUERIES.count_registry).fetchone() or {}


def list_registry(
    tx: Connection[Any], kind: str, *, limit: int, offset: int
) -> list[dict[str, Any]]:
    """Give rows of one kind in the order of their codes."""
    query = {
        "venues": _QUERIES.list_venues,
        "halls": _QUERIES.list_halls,
        "films": _QUERIES.list_films,
        "organisations": _QUERIES.list_all_organisations,
        "sources": _QUERIES.list_sources,
    }[kind]
    with tx.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, {"limit": limit, "offset": offset}).fetchall()


def list_followers(tx: Connection[Any]) -> list[FollowerRow]:
    """Give every follower."""
    with tx.cursor(row_factory=class_row(FollowerRow)) as cursor:
        return cursor.execute(_QUERIES.list_followers).fetchall()


def read_server(tx: Connection[Any]) -> tuple[int, str]:
    """Give the database's bytes and the server's version."""
    row = tx.execute(_QUERIES.read_server).fetchone()
    return (int(row[0]), str(row[1])) if row else (0, "")
