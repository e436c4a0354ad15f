"""What others may ask of the register: append a group, look things up, read on from a position."""

import hashlib
import os
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.errors import UniqueViolation

from ekino.db.database import Database, Role
from ekino.kernel.errors import Broken, NotFound
from ekino.register import store
from ekino.register.model import OWN_SOURCE, Entry, Statement
from ekino.register.rows import (
    BatchRow,
    batch_row,
    entry_row,
    microseconds,
    sale_details,
    sale_rows,
)
from ekino.register.store import Head, KnownEntry, Received

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = [
    "BatchRow",
    "Head",
    "IdentityKnown",
    "KnownEntry",
    "Received",
    "append",
    "append_statements",
    "ask_head",
    "compress",
    "decompress",
    "entry_row",
    "find_batches_again",
    "find_entries_of_subjects",
    "find_statements",
    "lock_head",
    "microseconds",
    "new_salt",
    "read_bodies",
    "read_entries",
    "read_event",
    "read_head",
    "read_span",
    "sale_details",
    "sale_rows",
    "verify_gapless",
]

# A single sale: packing it saves a hundred bytes and costs a tenth of all that is done to it.
_COMPRESS_FROM_BYTES = 600
# The quickest level packs batches as tightly as the third: they are repetition.
_ZSTD_LEVEL = 1
# As wide as the hashes it hides behind.
SALT_BYTES = 32
# Entries read in one question.
ENTRIES_READ_MAX = 10_000


class IdentityKnown(Exception):
    """One event of the group is already entered; the transaction is over."""


def lock_head(tx: Connection[Any]) -> Head:
    """
    Take the register's head until this transaction ends.

    Lock first, then look: whatever is read after it has seen every entry before it.
    """
    return store.ask_head(tx)()


def ask_head(tx: Connection[Any]) -> Callable[[], Head]:
    """
    Do what `lock_head` does for one who has more to ask on the same trip.

    In a pipeline the lock is taken before whatever is asked next, and the answer can be read
    when the pipeline ends.
    """
    return store.ask_head(tx)


def append(
    tx: Connection[Any],
    *,
    rows: Sequence[bytes],
    entries: int,
    batches: Sequence[BatchRow],
    refusals: Sequence[tuple[int, int, str, Mapping[str, object]]],
) -> int:
    """
    Enter one group and give the register's new size; the caller holds the head and commits.

    `rows` come from `entry_row` or `sale_rows`, positioned from the head on, and are
    `entries` entries in all. Raises `IdentityKnown` when an
    event turns out to be entered already: nothing of the group stays.
    """
    store.copy_batches(tx, map(batch_row, batches))
    if refusals:
        store.insert_refusals(tx, refusals)
    if rows:
        try:
            store.copy_entries(tx, rows)
        except UniqueViolation as error:
            raise IdentityKnown from error
    return store.advance_head(tx, entries=entries, batches=len(batches))


def append_statements(
    tx: Connection[Any], statements: Sequence[Statement], *, now: datetime
) -> list[int]:
    """
    Enter what the register itself states and give the positions; the caller commits.

    Takes the head. Each statement is a batch of its own, of OWN_SOURCE, unsigned: its body is
    the statement's exact bytes. Raises `IdentityKnown` when one of them is entered already.
    """
    head = lock_head(tx)
    now_us = microseconds(now)
    rows: list[bytes] = []
    batches: list[BatchRow] = []
    for number, statement in enumerate(statements):
        position, batch_no = head.size + number, head.batches + number
        encoding, body = compress(statement.body)
        batches.append(
            BatchRow(
                batch_no=batch_no,
                source_id=OWN_SOURCE,
                key_id="",
                recorded_at=now,
                events=1,
                entered=1,
                first_position=position,
                body_sha256=hashlib.sha256(statement.body).digest(),
                body_encoding=encoding,
                body=body,
                signed_uri="",
                signed_at=now,
                nonce="",
                signature=b"",
                salt=new_salt(),
            )
        )
        rows.append(
            entry_row(
                position,
                batch_no,
                now_us,
                now_us,
                0,
                statement.identity_no,
                0,
                0,
                OWN_SOURCE,
                0,
                0,
                is_late=False,
                kind=statement.kind,
                sales_channel=None,
                subject=statement.subject,
            )
        )
    append(tx, rows=rows, entries=len(rows), batches=batches, refusals=[])
    return list(range(head.size, head.size + len(rows)))


def new_salt() -> bytes:
    """Give 32 bytes that nobody can guess, for one batch."""
    return os.urandom(SALT_BYTES)


class _Thread(threading.local):
    """One compressor for each thread: making it takes four times as long as a single sale."""

    def __init__(self) -> None:
        self.compressor = zstd.ZstdCompressor(level=_ZSTD_LEVEL)


_THREAD = _Thread()


def compress(body: bytes) -> tuple[str, bytes]:
    """Give (encoding, bytes) under which a received body is kept."""
    if len(body) < _COMPRESS_FROM_BYTES:
        return "identity", body
    return "zstd", _THREAD.compressor.compress(body, mode=zstd.ZstdCompressor.FLUSH_FRAME)


def decompress(encoding: str, body: bytes) -> bytes:
    """Give a body as it was received; `encoding` and `body` are as `compress` gave them."""
    return zstd.decompress(body) if encoding == "zstd" else body


def find_entries_of_subjects(
    tx: Connection[Any], subjects: Iterable[tuple[int, str]]
) -> list[KnownEntry]:
    """Give all entries of these (source id, ticket id) pairs, in order of position."""
    wanted = list(subjects)
    return store.find_entries_of_subjects(tx, wanted) if wanted else []


def find_statements(
    tx: Connection[Any], subjects: Sequence[str]
) -> dict[tuple[str, int], int]:
    """Give (subject, number) → position of what the register itself has stated of these."""
    return store.find_statements(tx, subjects)


def find_batches_again(
    tx: Connection[Any], batches: Sequence[tuple[int, int, str, bytes]]
) -> dict[int, tuple[int, int]]:
    """
    Say which batches of sales were entered before, whole and to the byte.

    Each is (place, source id, ticket of its first event, SHA-256 of its body); the answer
    gives by place its first position and how many entries it became.
    """
    return store.find_batches_again(tx, batches) if batches else {}


def read_bodies(tx: Connection[Any], batch_nos: Iterable[int]) -> dict[int, bytes]:
    """Give the exact bytes received in these batches, by batch number."""
    wanted = list(batch_nos)
    if not wanted:
        return {}
    return {
        batch_no: decompress(encoding, body)
        for batch_no, (encoding, body) in store.read_bodies(tx, wanted).items()
    }


def read_head(db: Database) -> Head:
    """Give the register's size without waiting for anybody."""
    with db.transaction(Role.READER) as tx:
        return store.read_head(tx)


def read_entries(db: Database, *, first: int, limit: int) -> list[Entry]:
    """Give at most `limit` entries from position `first` on; never over ENTRIES_READ_MAX."""
    with db.transaction(Role.READER) as tx:
        return store.read_entries(tx, first=first, limit=min(limit, ENTRIES_READ_MAX))


def read_span(
    db: Database, *, first: int, past_end: int
) -> tuple[list[tuple[Any, ...]], dict[int, Received]]:
    """
    Give the entries of [first, past_end) and, by number, the batches they came in.

    An entry is its columns in the order of their names: admissions, batch_no, fees_minor,
    gross_minor, happened_at_us, identity_no, is_late (0 or 1), kind, ordinal, position,
    recorded_at_us, sales_channel ("" for none), showing_id, source_id, subject. Bodies are
    as they were received, before any packing of ours.
    """
    with db.transaction(Role.READER) as tx:
        rows = store.read_span(tx, first=first, past_end=past_end)
        if not rows:
            return [], {}
        batch_nos = [row[1] for row in rows]
        received = store.read_received(tx, first=min(batch_nos), last=max(batch_nos))
    return rows, {
        each.batch_no: each._replace(body=_unpacked(each.body_encoding, each.body))
        for each in received
    }


def _unpacked(encoding: str, body: bytes) -> bytes:
    """Undo our own packing; a body that somebody has altered so that it cannot be is empty."""
    if encoding != "zstd":
        return body
    try:
        return zstd.decompress(body)
    except zstd.ZstdError:
        # Whoever reads spans compares them with the log, and says at which position.
        return b""


def read_event(db: Database, position: int) -> tuple[Entry, bytes]:
    """
    Give an entry and the body of the batch it came in, byte for byte.

    The event's own bytes are the `ordinal`-th element of the body's events. Raises `NotFound`
    for a position the register does not hold.
    """
    with db.transaction(Role.READER) as tx:
        entries = store.read_entries(tx, first=position, limit=1)
        if not entries:
            detail = f"the register has no entry at position {position}"
            raise NotFound(detail, code="position_not_found")
        entry = entries[0]
        bodies = read_bodies(tx, [entry.batch_no])
    if entry.batch_no not in bodies:
        detail = f"entry {position} names batch {entry.batch_no}, which is not there"
        raise Broken(detail)
    return entry, bodies[entry.batch_no]


def verify_gapless(db: Database) -> int:
    """Count every entry and give the size; `Broken` when a position is missing."""
    with db.transaction(Role.READER) as tx:
        entries, past_last, size = store.check_gapless(tx)
    if not entries == past_last == size:
        detail = (
            f"the register's head says {size} entries, {entries} are there and the last "
            f"position is {past_last - 1}"
        )
        raise Broken(detail)
    return size
