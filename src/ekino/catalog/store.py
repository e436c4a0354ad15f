"""The catalog's tables."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.catalog")


class ShowingRef(NamedTuple):
    """A showing as others refer to it."""

    showing_id: int
    venue_id: int
    hall_id: int
    venue_code: str
    code: str
    state: str
    starts_at: datetime
    hall_code: str
    version_code: str
    format: str
    capacity: int
    prices: dict[str, int]
    announced_by: int | None


class Missing(NamedTuple):
    """A row that cannot be entered: its place in the list, the field, and what it says."""

    place: int
    field: str
    value: str


def read_revision(tx: Connection[Any]) -> int:
    """Say how often the catalog has changed."""
    row = tx.execute(_QUERIES.read_revision).fetchone()
    return int(row[0]) if row else 0


def bump_revision(tx: Connection[Any]) -> int:
    """Begin a change and give its number; others who change wait until this one is over."""
    row = tx.execute(_QUERIES.bump_revision).fetchone()
    return int(row[0]) if row else 0


def find_missing(
    tx: Connection[Any], question: str, rows: Sequence[dict[str, Any]]
) -> list[Missing]:
    """Ask `missing_for_…` or `fixed_for_…` of these rows."""
    with tx.cursor(row_factory=class_row(Missing)) as cursor:
        return cursor.execute(
            getattr(_QUERIES, question), {"rows": Jsonb(list(rows))}
        ).fetchall()


def has_query(name: str) -> bool:
    """Whether the room has a statement of this name."""
    return name in _QUERIES.names()


def load(
    tx: Connection[Any], statement: str, rows: Sequence[dict[str, Any]], **more: object
) -> tuple[int, int]:
    """Enter rows and give (added, changed)."""
    cursor = tx.execute(getattr(_QUERIES, statement), {"rows": Jsonb(list(rows)), **more})
    if cursor.description is None:
        return 0, 0
    marks = [is_new for (is_new,) in cursor]
    return sum(marks), len(marks) - sum(marks)


def find_showings(
    tx: Connection[Any], keys: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], ShowingRef]:
    """Give the showings that exist of these (venue code, showing code) pairs."""
    with tx.cursor(row_factory=class_row(ShowingRef)) as cursor:
        found = cursor.execute(
            _QUERIES.find_showings,
            {
                "venues": [venue for venue, _ in keys],
                "showings": [code for _, code in keys],
            },
        ).fetchall()
    return {(ref.venue_code, ref.code): ref for ref in found}


def find_venues(tx: Connection[Any], codes: Sequence[str]) -> set[str]:
    """Say which of these venues exist."""
    return {code for (code,) in tx.execute(_QUERIES.find_venues, {"codes": list(codes)})}


def find_hall(tx: Connection[Any], venue: str, hall: str) -> int | None:
    """Give a hall's number, or None."""
    row = tx.execute(_QUERIES.find_hall, {"venue": venue, "hall": hall}).fetchone()
    return None if row is None else int(row[0])


def has_version(tx: Connection[Any], version: str) -> bool:
    """Say whether a film version exists."""
    return tx.execute(_QUERIES.find_version, {"version": version}).fetchone() is not None


def list_rows(
    tx: Connection[Any], kind: str, *, after: str, limit: int
) -> list[dict[str, Any]]:
    """Give rows of a kind by code, from the one after `after`."""
    with tx.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            getattr(_QUERIES, f"list_{kind}"), {"after": after, "limit": limit}
        ).fetchall()
