"""What an organisation's developers look at: its sources, keys, events and refusals."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row

from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.workbench")


class Organisation(NamedTuple):
    """An organisation of the catalog."""

    code: str
    name: str


class Source(NamedTuple):
    """A source of an organisation's own."""

    source_id: int
    code: str
    name: str
    state: str


class OwnKey(NamedTuple):
    """A key that signs for a source of an organisation's own."""

    key_id: str
    source: str
    valid_from: datetime
    valid_until: datetime
    revoked_at: datetime | None
    # From where it may be used, in words; "" is from anywhere.
    networks: str


class Made(NamedTuple):
    """What the register made of one event."""

    recorded_at: datetime
    key_id: str
    batch_no: int
    ordinal: int
    # None when it was refused.
    position: int | None
    kind: str
    subject: str
    outcome: str
    # What was said of a refused event: field, detail, and what the event names.
    problem: Mapping[str, str]


class RefusedCause(NamedTuple):
    """Events that were refused for one cause."""

    outcome: str
    events: int
    last_at: datetime
    # Of the last of them.
    detail: str | None


class Step(NamedTuple):
    """One entry in the history of a ticket or a showing."""

    position: int
    kind: str
    subject: str
    recorded_at: datetime
    happened_at: datetime
    gross_minor: int
    admissions: int


def find_organisations(
    tx: Connection[Any], organisation_ids: Sequence[int]
) -> list[Organisation]:
    """Give organisations by their numbers."""
    with tx.cursor(row_factory=class_row(Organisation)) as cursor:
        return cursor.execute(
            _QUERIES.find_organisations, {"organisation_ids": list(organisation_ids)}
        ).fetchall()


def list_sources(tx: Connection[Any], codes: Sequence[str]) -> list[Source]:
    """Give the sources that these organisations made or run."""
    with tx.cursor(row_factory=class_row(Source)) as cursor:
        return cursor.execute(_QUERIES.list_sources, {"codes": list(codes)}).fetchall()


def list_keys(tx: Connection[Any], source_ids: Sequence[int]) -> list[OwnKey]:
    """Give the keys that sign requests for these sources."""
    with tx.cursor(row_factory=class_row(OwnKey)) as cursor:
        return cursor.execute(
            _QUERIES.list_keys, {"source_ids": list(source_ids)}
        ).fetchall()


def list_events(
    tx: Connection[Any], source_ids: Sequence[int], *, back: int, limit: int
) -> list[Made]:
    """Give what became of the newest events of these sources, the newest first."""
    with tx.cursor(row_factory=class_row(Made)) as cursor:
        return cursor.execute(
            _QUERIES.list_events,
            {"source_ids": list(source_ids), "back": back, "limit": limit},
        ).fetchall()


def count_refused(
    tx: Connection[Any], source_ids: Sequence[int], *, back: int
) -> list[RefusedCause]:
    """Count the refused events of these sources by cause."""
    with tx.cursor(row_factory=class_row(RefusedCause)) as cursor:
        return cursor.execute(
            _QUERIES.count_refused, {"source_ids": list(source_ids), "back": back}
        ).fetchall()


def list_history(
    tx: Connection[Any], source_ids: Sequence[int], subject: str
) -> list[Step]:
    """Give the entries of a ticket or a showing, in order."""
    with tx.cursor(row_factory=class_row(Step)) as cursor:
        return cursor.execute(
            _QUERIES.list_history, {"source_ids": list(source_ids), "subject": subject}
        ).fetchall()


def find_position(
    tx: Connection[Any], source_ids: Sequence[int], position: int
) -> list[Step]:
    """Give the entry at a position, where it is of these sources."""
    with tx.cursor(row_factory=class_row(Step)) as cursor:
        return cursor.execute(
            _QUERIES.find_position, {"source_ids": list(source_ids), "position": position}
        ).fetchall()
