"""The tables of keys, sources and rights."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.access")


class Key(NamedTuple):
    """A key as it stands in the register."""

    key_id: str
    source_id: int | None
    public_key: bytes
    valid_from: datetime
    valid_until: datetime
    revoked_at: datetime | None
    source_code: str | None
    may_announce: bool | None
    source_state: str


class NewKey(NamedTuple):
    """A key to be entered; without a source it is an operator's."""

    key_id: str
    source_id: int | None
    public_key: bytes
    valid_from: datetime
    valid_until: datetime


def read_revision(tx: Connection[Any]) -> int:
    """Say how often rights and keys have changed."""
    row = tx.execute(_QUERIES.read_revision).fetchone()
    return int(row[0]) if row else 0


def bump_revision(tx: Connection[Any]) -> None:
    """Begin a change; others who change wait until this one is over."""
    tx.execute(_QUERIES.bump_revision)


def find_key(tx: Connection[Any], key_id: str) -> Key | None:
    """Give a key, or None."""
    with tx.cursor(row_factory=class_row(Key)) as cursor:
        return cursor.execute(_QUERIES.find_key, {"key_id": key_id}).fetchone()


def list_keys(tx: Connection[Any]) -> list[dict[str, Any]]:
    """Give every key as a row of columns."""
    with tx.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_QUERIES.list_keys).fetchall()


def find_source(tx: Connection[Any], code: str) -> int | None:
    """Give a source's number, or None."""
    row = tx.execute(_QUERIES.find_source, {"code": code}).fetchone()
    return None if row is None else int(row[0])


def read_halls(tx: Connection[Any], source_id: int) -> frozenset[int]:
    """Give the halls a source may speak for."""
    rows = tx.execute(_QUERIES.read_halls, {"source_id": source_id})
    return frozenset(hall_id for (hall_id,) in rows)


def missing_organisations(
    tx: Connection[Any], organisations: Mapping[str, str | None]
) -> dict[str, str]:
    """Of {source code: organisation code} give those whose organisation is not there."""
    parameters = {
        "codes": list(organisations),
        "organisations": list(organisations.values()),
    }
    return {code: name for code, name in tx.execute(_QUERIES.missing_organisations, parameters)}


def upsert_sources(
    tx: Connection[Any], rows: Sequence[Mapping[str, Any]]
) -> tuple[set[str], set[str]]:
    """Enter or change sources and give the codes of (those added, those changed)."""
    marks = tx.execute(_QUERIES.upsert_sources, {"rows": Jsonb(list(rows))}).fetchall()
    added = {code for is_new, code in marks if is_new}
    return added, {code for _, code in marks} - added


def find_sources(tx: Connection[Any], codes: Sequence[str]) -> dict[str, int]:
    """Give the numbers of these sources, by code."""
    return dict(tx.execute(_QUERIES.find_sources, {"codes": list(codes)}).fetchall())


def find_halls(
    tx: Connection[Any], pairs: Sequence[tuple[str, str | None]]
) -> list[list[int]]:
    """Give for each (venue, hall or None) the halls that are meant; empty: there is none."""
    found: list[list[int]] = [[] for _ in pairs]
    rows = tx.execute(
        _QUERIES.find_halls,
        {"venues": [venue for venue, _ in pairs], "halls": [hall for _, hall in pairs]},
    )
    for ordinal, hall_id in rows:
        found[ordinal].append(hall_id)
    return found


def set_halls(tx: Connection[Any], halls: Mapping[int, set[int]]) -> set[int]:
    """Let each source speak for exactly its halls; give the sources for which that is news."""
    pairs = [
        (source_id, hall_id)
        for source_id, hall_ids in halls.items()
        for hall_id in sorted(hall_ids)
    ]
    parameters = {
        "all_source_ids": list(halls),
        "source_ids": [source_id for source_id, _ in pairs],
        "hall_ids": [hall_id for _, hall_id in pairs],
    }
    taken = tx.execute(_QUERIES.take_halls, parameters).fetchall()
    given = tx.execute(_QUERIES.give_halls, parameters).fetchall()
    return {source_id for (source_id,) in (*taken, *given)}


def insert_keys(tx: Connection[Any], keys: Sequence[NewKey]) -> set[str]:
    """Enter keys unless their names or bytes are there; give the names entered."""
    columns = zip(*keys, strict=True) if keys else ((),) * len(NewKey._fields)
    names = ("key_ids", "source_ids", "public_keys", "valid_froms", "valid_untils")
    parameters = dict(zip(names, map(list, columns), strict=True))
    return {key_id for (key_id,) in tx.execute(_QUERIES.insert_keys, parameters)}


def find_keys(
    tx: Connection[Any], key_ids: Sequence[str]
) -> dict[str, tuple[int | None, bytes]]:
    """Give (source, public key) of what is entered under these names."""
    rows = tx.execute(_QUERIES.find_keys, {"key_ids": list(key_ids)})
    return {key_id: (source_id, bytes(public)) for key_id, source_id, public in rows}


def revoke_key(tx: Connection[Any], key_id: str) -> datetime | None:
    """End a key's life and say since when it is over; None when there is no such key."""
    row = tx.execute(_QUERIES.revoke_key, {"key_id": key_id}).fetchone()
    return None if row is None else row[0]


def insert_audit(
    tx: Connection[Any],
    *,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, object],
) -> None:
    """Write down who did what."""
    tx.execute(
        _QUERIES.insert_audit,
        {
            "actor": actor,
            "action": action,
            "subject": subject,
            "detail": Jsonb(dict(detail)),
        },
    )
