"""The fold's statements: entries in, cells out."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row

from ekino.archive.model.fold import Key, Sums
from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.archive")

# Positions in one block of a showing's trail: a figure of one showing leads to a handful of
# blocks, and each is read in a few milliseconds.
BLOCK_POSITIONS = 16_384


class SpanEntry(NamedTuple):
    """One entry of a ticket, and where in which batch its event stands."""

    position: int
    kind: str
    source_id: int
    subject: str
    showing_id: int
    sales_channel: str
    admissions: int
    gross_minor: int
    fees_minor: int
    batch_no: int
    ordinal: int


def lock_follower(tx: Connection[Any]) -> int:
    """Take the follower's row until the transaction ends, and give its next position."""
    row = tx.execute(_QUERIES.lock_follower).fetchone()
    return int(row[0]) if row else 0


def read_size(tx: Connection[Any]) -> int:
    """Say how far the register reaches."""
    row = tx.execute(_QUERIES.read_size).fetchone()
    return int(row[0]) if row else 0


def read_span(tx: Connection[Any], first: int, past_end: int) -> list[SpanEntry]:
    """Give the entries of tickets in [first, past_end), in order."""
    with tx.cursor(row_factory=class_row(SpanEntry)) as cursor:
        return cursor.execute(
            _QUERIES.read_span, {"first": first, "past_end": past_end}
        ).fetchall()


def read_tickets(
    tx: Connection[Any], tickets: Iterable[tuple[int, str]]
) -> list[SpanEntry]:
    """Give all entries of these (source, ticket) pairs, in order of position."""
    wanted = sorted(set(tickets))
    values = {
        "source_ids": [source_id for source_id, _ in wanted],
        "subjects": [subject for _, subject in wanted],
    }
    with tx.cursor(row_factory=class_row(SpanEntry)) as cursor:
        return cursor.execute(_QUERIES.read_tickets, values).fetchall()


def add_to_cells(tx: Connection[Any], cells: Mapping[Key, Sums]) -> None:
    """Add sums to the cells, in the order of their keys."""
    rows = sorted(cells.items(), key=lambda row: row[0])
    columns: dict[str, list[Any]] = {
        name: [getattr(key, name) for key, _ in rows] for name in Key._fields
    }
    columns |= {name: [getattr(sums, name) for _, sums in rows] for name in Sums.__slots__}
    tx.execute(_QUERIES.add_to_cells, columns)


def add_to_trails(tx: Connection[Any], first: int, past_end: int) -> None:
    """Note where the showings of a span have entries."""
    values = {"first": first, "past_end": past_end, "block": BLOCK_POSITIONS}
    tx.execute(_QUERIES.add_to_trails, values)


def move_follower(tx: Connection[Any], past_end: int) -> None:
    """Move past what was folded."""
    tx.execute(_QUERIES.move_follower, {"past_end": past_end})


def forget(tx: Connection[Any]) -> None:
    """Throw cells and the list of files away; the caller folds again from position 0."""
    tx.execute(_QUERIES.lock_follower)
    tx.execute(_QUERIES.forget_cells)
    tx.execute(_QUERIES.rewind_follower)
    tx.execute(_QUERIES.rewind_head)
