"""The follower's statements: entries in, tokens out."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row

from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.verify")

TOKEN_COLUMNS = (
    "ticket_id",
    "source_id",
    "position",
    "token",
    "key_id",
    "seq",
    "showing_id",
    "place",
    "issued_at",
    "recorded_at",
    "price_minor",
    "subject",
    "section",
    "row",
    "seat",
    "differs",
)


class SpanEntry(NamedTuple):
    """One sale, refund or voiding of a span, with its showing as the catalog has it now."""

    position: int
    batch_no: int
    ordinal: int
    source_id: int
    kind: str
    subject: str
    showing_id: int
    gross_minor: int
    happened_at: datetime
    recorded_at: datetime
    hall_id: int
    starts_at: datetime


def lock_follower(tx: Connection[Any]) -> int:
    """Take the follower's row until the transaction ends, and give its next position."""
    row = tx.execute(_QUERIES.lock_follower).fetchone()
    return int(row[0]) if row else 0


def read_size(tx: Connection[Any]) -> int:
    """Say how far the register reaches."""
    row = tx.execute(_QUERIES.read_size).fetchone()
    return int(row[0]) if row else 0


def list_batches(tx: Connection[Any], first: int, past_end: int) -> list[int]:
    """Name the batches that the sales in [first, past_end) came in."""
    rows = tx.execute(_QUERIES.list_batches, {"first": first, "past_end": past_end})
    return [batch_no for (batch_no,) in rows]


def read_span(
    tx: Connection[Any],
    first: int,
    past_end: int,
    *,
    with_tokens: Sequence[int],
    id_characters: int,
) -> list[SpanEntry]:
    """
    Give, in order, the ends of tickets in [first, past_end) and the sales worth a look.

    These are the sales of the batches `with_tokens`, and those whose own name has at least
    `id_characters` letters and could be a ticket's id.
    """
    with tx.cursor(row_factory=class_row(SpanEntry)) as cursor:
        return cursor.execute(
            _QUERIES.read_span,
            {
                "first": first,
                "past_end": past_end,
                "with_tokens": list(with_tokens),
                "id_characters": id_characters,
            },
        ).fetchall()


def insert_tokens(tx: Connection[Any], rows: Sequence[Mapping[str, Any]]) -> set[int]:
    """Enter tickets; gives the positions of those that were new."""
    columns = {name: [row[name] for row in rows] for name in TOKEN_COLUMNS}
    return {position for (position,) in tx.execute(_QUERIES.insert_tokens, columns)}


def insert_unfit(tx: Connection[Any], rows: Sequence[tuple[int, int, str]]) -> None:
    """Note (position, source, reason) of sales whose token does not prove them."""
    positions, source_ids, reasons = ([row[n] for row in rows] for n in range(3))
    tx.execute(
        _QUERIES.insert_unfit,
        {"position": positions, "source_id": source_ids, "reason": reasons},
    )


def end_tokens(tx: Connection[Any], entries: Sequence[SpanEntry]) -> None:
    """Note that these tickets were given back or undone."""
    names = ("source_id", "subject", "kind", "position", "happened_at")
    tx.execute(
        _QUERIES.end_tokens,
        {name: [getattr(entry, name) for entry in entries] for name in names},
    )


def move_follower(tx: Connection[Any], *, past_end: int, read_until: datetime) -> None:
    """Move past what was read."""
    tx.execute(_QUERIES.move_follower, {"past_end": past_end, "read_until": read_until})


def forget(tx: Connection[Any]) -> None:
    """Throw the tokens away; the caller reads again from position 0."""
    tx.execute(_QUERIES.lock_follower)
    tx.execute(_QUERIES.forget_tokens)
    tx.execute(_QUERIES.rewind_follower)
