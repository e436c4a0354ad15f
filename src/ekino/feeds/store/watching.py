"""What people do about alarms, and what stands behind a feed's figures."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, dict_row

from ekino.db.database import Role
from ekino.db.queries import load_queries
from ekino.feeds.model.drill import Acknowledgement, Batch, LateEvent, Problem

_QUERIES = load_queries("ekino.feeds")
_BATCHES = {
    Role.READER: _QUERIES.list_batches,
    Role.VENDOR: _QUERIES.list_batches_as_vendor,
    Role.EXHIBITOR: _QUERIES.list_batches_as_exhibitor,
}
_LATE = {
    Role.READER: _QUERIES.list_late,
    Role.VENDOR: _QUERIES.list_late_as_vendor,
    Role.EXHIBITOR: _QUERIES.list_late_as_exhibitor,
}
_PROBLEMS = {
    Role.READER: _QUERIES.list_problems,
    Role.VENDOR: _QUERIES.list_problems_as_vendor,
    Role.EXHIBITOR: _QUERIES.list_problems_as_exhibitor,
}


def list_acknowledged(
    tx: Connection[Any], alarm_ids: Iterable[int]
) -> dict[int, Acknowledgement]:
    """Give who has taken notice of these alarms, by their numbers."""
    with tx.cursor(row_factory=class_row(Acknowledgement)) as cursor:
        rows = cursor.execute(_QUERIES.list_acknowledged, {"alarm_ids": list(alarm_ids)})
        return {each.alarm_id: each for each in rows}


def find_alarm(tx: Connection[Any], alarm_id: int) -> tuple[str, int, int, str] | None:
    """Give (kind, source, venue, subject) of an alarm, or None."""
    return tx.execute(_QUERIES.find_alarm, {"alarm_id": alarm_id}).fetchone()


def acknowledge(
    tx: Connection[Any], alarm_id: int, *, at: datetime, by: str, words: str
) -> bool:
    """Take notice of an alarm; False when somebody had before."""
    row = tx.execute(
        _QUERIES.acknowledge, {"alarm_id": alarm_id, "at": at, "by": by, "words": words}
    ).fetchone()
    return row is not None


def list_excused_now(tx: Connection[Any], at: datetime) -> frozenset[tuple[int, int]]:
    """Give (source, venue) of the feeds that an accepted excuse holds."""
    return frozenset(tx.execute(_QUERIES.list_excused_now, {"at": at}).fetchall())


def find_source(tx: Connection[Any], code: str) -> int | None:
    """Give the number of a source that the transaction may see, or None."""
    row = tx.execute(_QUERIES.find_source, {"code": code}).fetchone()
    return None if row is None else int(row[0])


def is_source_ours(tx: Connection[Any], source_id: int) -> bool:
    """Say whether the organisation that asks runs a source or makes it."""
    row = tx.execute(_QUERIES.is_source_ours, {"source_id": source_id}).fetchone()
    return bool(row and row[0])


def read_batch_span(
    tx: Connection[Any], source_id: int, since: datetime, until: datetime
) -> dict[str, Any]:
    """
    Give `first` and `past_end` of batches, and `first_position`, of an hour's span.

    `connected_at` is when the source's first key began to hold; None when it never had one.
    """
    asked = {"source_id": source_id, "since": since, "until": until}
    with tx.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_QUERIES.read_batch_span, asked).fetchone() or {}


def list_batches(
    tx: Connection[Any], role: Role, asked: Mapping[str, object]
) -> list[Batch]:
    """Give a source's batches, the latest first, as this role may see them."""
    with tx.cursor(row_factory=class_row(Batch)) as cursor:
        return cursor.execute(_BATCHES[role], asked).fetchall()


def list_late(
    tx: Connection[Any], role: Role, asked: Mapping[str, object]
) -> list[LateEvent]:
    """Give a source's late events, the latest first, as this role may see them."""
    with tx.cursor(row_factory=class_row(LateEvent)) as cursor:
        return cursor.execute(_LATE[role], asked).fetchall()


def list_problems(
    tx: Connection[Any], role: Role, places: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], Problem]:
    """Give what was said of refused events, by (batch, ordinal)."""
    asked = list(places)
    with tx.cursor(row_factory=class_row(Problem)) as cursor:
        rows = cursor.execute(
            _PROBLEMS[role],
            {
                "batch_nos": [batch_no for batch_no, _ in asked],
                "ordinals": [ordinal for _, ordinal in asked],
            },
        )
        return {(each.batch_no, each.ordinal): each for each in rows}
