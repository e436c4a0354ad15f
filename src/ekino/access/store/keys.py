"""The tables of keys, sources and rights."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row, dict_row

from ekino.access.model.addresses import Network
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
    # What it signs, such as "batch" or "till" (KINDS of the service).
    kind: str = "batch"
    # The 4 bytes by which a ticket names its till.
    note_id: bytes = b""
    # From where it may be used; none: from anywhere.
    networks: Sequence[Network] = ()


class ListedKey(NamedTuple):
    """A key as everybody may know it."""

    key_id: str
    kind: str
    # The source it speaks for, and the BIN of who answers for that; None for none.
    source: str | None
    owner_bin: str | None
    public_key: bytes
    valid_from: datetime
    valid_until: datetime
    revoked_at: datetime | None


def list_keys_and_owners(tx: Connection[Any]) -> list[ListedKey]:
    """Give every key as everybody may know it, in the order of their names."""
    with tx.cursor(row_factory=class_row(ListedKey)) as cursor:
        return cursor.execute(_QUERIES.list_keys_and_owners).fetchall()


def read_revision(tx: Connection[Any]) -> int:
    """Say how often rights and keys have changed."""
    row = tx.execute(_QUERIES.read_revision).fetchone()
    return int(row[0]) if row else 0


def bump_revision(tx: Connection[Any]) -> None:
    """Count a change."""
    tx.execute(_QUERIES.bump_revision)


def find_key(tx: Connection[Any], key_id: str) -> Key | None:
    """Give a key, or None."""
    with tx.cursor(row_factory=class_row(Key)) as cursor:
        return cursor.execute(_QUERIES.find_key, {"key_id": key_id}).fetchone()


def find_key_by_note_id(tx: Connection[Any], note_id: bytes) -> Key | None:
    """Give the key with this id of four bytes, or None."""
    with tx.cursor(row_factory=class_row(Key)) as cursor:
        return cursor.execute(_QUERIES.find_key_by_note_id, {"note_id": note_id}).fetchone()


def list_keys(tx: Connection[Any]) -> list[dict[str, Any]]:
    """Give every key as a row of columns."""
    with tx.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_QUERIES.list_keys).fetchall()


def read_halls(tx: Connection[Any], source_id: int) -> frozenset[int]:
    """Give the halls a source may speak for."""
    rows = tx.execute(_QUERIES.read_halls, {"source_id": source_id})
    return frozenset(hall_id for (hall_id,) in rows)


def upsert_source(tx: Connection[Any], columns: Mapping[str, Any]) -> int:
    """Enter or change a source and give its number."""
    row = tx.execute(_QUERIES.upsert_source, columns).fetchone()
    return int(row[0]) if row else 0


def find_halls(tx: Connection[Any], venue: str, hall: str | None) -> list[int]:
    """Give the halls of a venue, or the one named."""
    rows = tx.execute(_QUERIES.find_halls, {"venue": venue, "hall": hall})
    return [hall_id for (hall_id,) in rows]


def set_halls(tx: Connection[Any], source_id: int, hall_ids: Sequence[int]) -> None:
    """Let a source speak for exactly these halls."""
    tx.execute(_QUERIES.clear_halls, {"source_id": source_id})
    entitle(tx, source_id, hall_ids)


def entitle(tx: Connection[Any], source_id: int, hall_ids: Sequence[int]) -> None:
    """Let a source speak for these halls too."""
    tx.execute(_QUERIES.entitle, {"source_id": source_id, "hall_ids": list(hall_ids)})


def insert_key(tx: Connection[Any], columns: Mapping[str, Any]) -> bool:
    """Enter a key unless it, or its public key, is there; say whether it was entered."""
    return tx.execute(_QUERIES.insert_key, columns).rowcount == 1


def set_networks(tx: Connection[Any], key_id: str, networks: Sequence[Network]) -> None:
    """Let a key be used from these networks only; from anywhere with none."""
    tx.execute(_QUERIES.clear_networks, {"key_id": key_id})
    words = [str(each) for each in networks]
    tx.execute(_QUERIES.add_networks, {"key_id": key_id, "networks": words})


def copy_networks(tx: Connection[Any], key_id: str, *, of: str) -> None:
    """Let a key be used from where another may be."""
    tx.execute(_QUERIES.copy_networks, {"key_id": key_id, "of": of})


def find_stranger_of_name(tx: Connection[Any], *, party: str, source_id: int) -> str | None:
    """Give somebody else's key whose name begins with this party, or None."""
    names = {"party": party, "source_id": source_id}
    row = tx.execute(_QUERIES.find_stranger_of_name, names).fetchone()
    return None if row is None else str(row[0])


def revoke_key(tx: Connection[Any], key_id: str) -> tuple[datetime | None, str | None]:
    """
    End a key's life; say since when it is over, and which key took its place.

    (None, None) when there is no such key.
    """
    row = tx.execute(_QUERIES.revoke_key, {"key_id": key_id}).fetchone()
    return (None, None) if row is None else (row[0], row[1])


def list_successors(tx: Connection[Any], key_id: str) -> list[str]:
    """Give the living keys that came of a key, one in the place of another."""
    rows = tx.execute(_QUERIES.list_successors, {"key_id": key_id})
    return [successor for (successor,) in rows]


def use_nonce(tx: Connection[Any], *, key_id: str, nonce: str, used_at: datetime) -> bool:
    """Note a request by its nonce; False when it was noted before."""
    values = {"key_id": key_id, "nonce": nonce, "used_at": used_at}
    return tx.execute(_QUERIES.use_nonce, values).fetchone() is not None


def forget_nonces(tx: Connection[Any], *, used_before: datetime) -> None:
    """Let go of requests that were made before an instant."""
    tx.execute(_QUERIES.forget_nonces, {"used_before": used_before})
