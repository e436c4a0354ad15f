"""The follower: reads entries in the order of their positions and keeps cells of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from psycopg import Connection

from ekino.archive.model.fold import Change, fold
from ekino.archive.store import fold as store
from ekino.archive.store.fold import SpanEntry
from ekino.db.database import Database, Role
from ekino.register import service as register

# Entries folded in one transaction: a few tenths of a second, most of it reading bodies.
FOLD_ENTRIES_MAX = 20_000


class _Named(msgspec.Struct, gc=False):
    """What of an event this room keeps; other fields are not looked at."""

    concession: str = ""


class _Batch(msgspec.Struct, gc=False):
    events: list[_Named]


class _RawBatch(msgspec.Struct, gc=False):
    events: list[msgspec.Raw]


_BATCH = msgspec.json.Decoder(_Batch)
_RAW_BATCH = msgspec.json.Decoder(_RawBatch)
_NAMED = msgspec.json.Decoder(_Named)


def fold_next(db: Database, *, entries_max: int = FOLD_ENTRIES_MAX) -> int:
    """
    Fold the next entries into the cells, and give how many there were.

    Any number of followers may run at once: they take turns at the follower's row.
    """
    with db.transaction(Role.FOLLOWER) as tx:
        return _fold_next(tx, entries_max=entries_max)
        # From here the entries are counted; a crash before it counts none of them.


def rebuild(db: Database) -> int:
    """Fold everything again from position 0, in one transaction, and give how many entries."""
    folded = 0
    with db.transaction(Role.FOLLOWER) as tx:
        store.forget(tx)
        while count := _fold_next(tx, entries_max=FOLD_ENTRIES_MAX):
            folded += count
    return folded


def _fold_next(tx: Connection[Any], *, entries_max: int) -> int:
    first = store.lock_follower(tx)
    past_end = min(store.read_size(tx), first + entries_max)
    if past_end <= first:
        return 0
    entries = store.read_span(tx, first, past_end)
    if entries:
        store.add_to_trails(tx, first, past_end)
        store.add_to_cells(tx, _cells(tx, entries))
    store.move_follower(tx, past_end)
    return past_end - first


def _cells(tx: Connection[Any], entries: Sequence[SpanEntry]) -> Mapping[Any, Any]:
    later = [entry for entry in entries if entry.kind != "sold"]
    tickets: dict[tuple[int, str], list[Change]] = {}
    if later:
        known = store.read_tickets(tx, ((each.source_id, each.subject) for each in later))
        for change in read_changes(tx, known):
            tickets.setdefault((change.source_id, change.subject), []).append(change)
    return fold(
        read_changes(tx, entries), lambda source_id, subject: tickets[source_id, subject]
    )


def read_changes(tx: Connection[Any], entries: Sequence[SpanEntry]) -> list[Change]:
    """Give entries with the concession that each names, in the same order."""
    ordinals: dict[int, list[int]] = {}
    for entry in entries:
        if entry.kind in {"sold", "corrected"}:
            ordinals.setdefault(entry.batch_no, []).append(entry.ordinal)
    named = {
        batch_no: _concessions(body, ordinals[batch_no])
        for batch_no, body in register.read_bodies(tx, ordinals).items()
    }
    nothing: dict[int, str] = {}
    return [
        Change(*entry[:9], named.get(entry.batch_no, nothing).get(entry.ordinal, ""))
        for entry in entries
    ]


def _concessions(body: bytes, ordinals: Sequence[int]) -> dict[int, str]:
    """Give by ordinal the concession that entered events name; "" is left out."""
    if b'"concession"' not in body:
        return {}
    try:
        events = _BATCH.decode(body).events
    except msgspec.ValidationError:
        # Some event of the batch was refused for what it says; those entered are well formed.
        raws = raw_events(body)
        found = {ordinal: _NAMED.decode(raws[ordinal]).concession for ordinal in ordinals}
    else:
        found = {ordinal: events[ordinal].concession for ordinal in ordinals}
    # PostgreSQL's texts hold no NUL.
    return {ordinal: text.replace("\0", "") for ordinal, text in found.items() if text}


def raw_events(body: bytes) -> list[bytes]:
    """Give the exact bytes of each event of a received body."""
    return [bytes(raw) for raw in _RAW_BATCH.decode(body).events]
