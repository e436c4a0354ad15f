"""The tables of enrolment: codes that let a key in, and keys that take another's place."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row

from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.access")


class Source(NamedTuple):
    """A source, as far as its keys go."""

    source_id: int
    code: str
    name: str
    state: str
    may_announce: bool
    # Codes of the organisations that made it and that run it.
    owners: Sequence[str]


class OwnSource(NamedTuple):
    """A source of an organisation's own."""

    code: str
    name: str
    state: str
    # It was made by the organisation; otherwise the organisation runs it.
    is_maker: bool


class Enrolment(NamedTuple):
    """A code that lets a key in."""

    source_id: int
    ends_at: datetime
    # The key that it has let in; None while it waits.
    key_id: str | None


def read_environment(tx: Connection[Any]) -> str:
    """Say whether this is the live register ("live") or a test register ("test")."""
    row = tx.execute(_QUERIES.read_environment).fetchone()
    return str(row[0]) if row else "live"


def make_test(tx: Connection[Any]) -> bool:
    """Make this a test register; False when sources are registered in a live one."""
    return tx.execute(_QUERIES.make_test).fetchone() is not None


def find_source(tx: Connection[Any], code: str) -> Source | None:
    """Give a source by its code, or None."""
    with tx.cursor(row_factory=class_row(Source)) as cursor:
        return cursor.execute(_QUERIES.find_source, {"code": code}).fetchone()


def find_source_of(tx: Connection[Any], source_id: int) -> Source | None:
    """Give a source by its number, or None."""
    with tx.cursor(row_factory=class_row(Source)) as cursor:
        return cursor.execute(_QUERIES.find_source_of, {"source_id": source_id}).fetchone()


def list_sources_of(tx: Connection[Any], organisation_code: str) -> list[OwnSource]:
    """Give the sources that an organisation made or runs."""
    with tx.cursor(row_factory=class_row(OwnSource)) as cursor:
        return cursor.execute(
            _QUERIES.list_sources_of, {"organisation_code": organisation_code}
        ).fetchall()


def list_halls_of(tx: Connection[Any], source_id: int) -> Sequence[tuple[str, str]]:
    """Give (venue, hall) of what a source may speak for."""
    return tx.execute(_QUERIES.list_halls_of, {"source_id": source_id}).fetchall()


def insert_enrolment(
    tx: Connection[Any],
    *,
    code_sha256: bytes,
    source_id: int,
    made_by: str,
    made_at: datetime,
    ends_at: datetime,
) -> None:
    """Enter a code by its hash."""
    tx.execute(
        _QUERIES.insert_enrolment,
        {
            "code_sha256": code_sha256,
            "source_id": source_id,
            "made_by": made_by,
            "made_at": made_at,
            "ends_at": ends_at,
        },
    )


def count_enrolments(tx: Connection[Any], source_id: int, at: datetime) -> int:
    """Say how many codes of a source are good."""
    row = tx.execute(
        _QUERIES.count_enrolments, {"source_id": source_id, "at": at}
    ).fetchone()
    return int(row[0]) if row else 0


def lock_enrolment(tx: Connection[Any], code_sha256: bytes) -> Enrolment | None:
    """Give a code and hold it until the transaction ends; None for none."""
    with tx.cursor(row_factory=class_row(Enrolment)) as cursor:
        return cursor.execute(
            _QUERIES.lock_enrolment, {"code_sha256": code_sha256}
        ).fetchone()


def use_enrolment(tx: Connection[Any], code_sha256: bytes, key_id: str) -> None:
    """Note which key a code has let in."""
    tx.execute(_QUERIES.use_enrolment, {"code_sha256": code_sha256, "key_id": key_id})


def forget_enrolments(tx: Connection[Any], before: datetime) -> None:
    """Throw away codes whose time was over before an instant."""
    tx.execute(_QUERIES.forget_enrolments, {"before": before})


def lock_key(tx: Connection[Any], key_id: str) -> str | None:
    """Hold a key until the transaction ends, and give the key that replaced it, or None."""
    row = tx.execute(_QUERIES.lock_key, {"key_id": key_id}).fetchone()
    return None if row is None else row[0]


def end_key(
    tx: Connection[Any], key_id: str, at: datetime, *, replaced_by: str
) -> datetime | None:
    """Let a replaced key end at an instant and say when it does; None for no such key."""
    row = tx.execute(
        _QUERIES.end_key, {"key_id": key_id, "at": at, "replaced_by": replaced_by}
    ).fetchone()
    return None if row is None else row[0]


def move_keys(tx: Connection[Any], from_source_id: int, to_source_id: int) -> None:
    """Give the living keys of one source to another."""
    tx.execute(
        _QUERIES.move_keys, {"from_source_id": from_source_id, "to_source_id": to_source_id}
    )
