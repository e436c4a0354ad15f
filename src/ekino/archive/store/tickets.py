"""The entries behind a figure, found by their showings' trails."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row

from ekino.archive.store.fold import BLOCK_POSITIONS, SpanEntry
from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.archive")


class Found(NamedTuple):
    """One entry of a ticket; the first eleven are those of a `SpanEntry`."""

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
    happened_at: datetime
    is_late: bool

    def as_span_entry(self) -> SpanEntry:
        """Give it as the fold reads it."""
        return SpanEntry(*self[:11])


def list_blocks(
    tx: Connection[Any], showing_ids: Sequence[int], *, first: int, past_end: int
) -> list[int]:
    """Give the blocks of positions in [first, past_end) in which these showings have entries."""
    values = {
        "showing_ids": list(showing_ids),
        "first": first // BLOCK_POSITIONS,
        "last": max(past_end - 1, 0) // BLOCK_POSITIONS,
    }
    return [block for (block,) in tx.execute(_QUERIES.list_blocks, values)]


def list_entries(
    tx: Connection[Any],
    showing_ids: Sequence[int],
    blocks: Sequence[int],
    *,
    first: int,
    past_end: int,
    sales_channels: Sequence[str] | None,
    limit: int,
) -> list[Found]:
    """Give at most `limit` entries of [first, past_end) in these blocks, in order."""
    values = {
        "showing_ids": list(showing_ids),
        "blocks": list(blocks),
        "size": BLOCK_POSITIONS,
        "first": first,
        "past_end": past_end,
        "sales_channels": None if sales_channels is None else list(sales_channels),
        "limit": limit,
    }
    with tx.cursor(row_factory=class_row(Found)) as cursor:
        return cursor.execute(_QUERIES.list_entries, values).fetchall()


def sum_entries(
    tx: Connection[Any],
    showing_ids: Sequence[int],
    blocks: Sequence[int],
    *,
    past_end: int,
    sales_channels: Sequence[str] | None,
) -> tuple[int, int, int, int, int]:
    """Give how many entries there are, and their admissions, takings, fees and refunds."""
    values = {
        "showing_ids": list(showing_ids),
        "blocks": list(blocks),
        "size": BLOCK_POSITIONS,
        "past_end": past_end,
        "sales_channels": None if sales_channels is None else list(sales_channels),
    }
    row = tx.execute(_QUERIES.sum_entries, values).fetchone() or (0,) * 5
    return int(row[0]), int(row[1]), int(row[2]), int(row[3]), int(row[4])


def read_source(tx: Connection[Any], source_id: int) -> str:
    """Give a source's name; "" for none, such as the register itself."""
    row = tx.execute(_QUERIES.read_source, {"source_id": source_id}).fetchone()
    return str(row[0]) if row else ""
