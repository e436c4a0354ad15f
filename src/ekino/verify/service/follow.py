"""The follower: reads sales in the order of their positions and keeps what their tokens prove."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from psycopg import Connection

from ekino.db.database import Database, Role
from ekino.kernel.moments import Clock, now
from ekino.register import service as register
from ekino.verify import token as tokens
from ekino.verify.model.verdict import TillKey, compare, issued_at
from ekino.verify.store import check as check_store
from ekino.verify.store import follow as follow_store
from ekino.verify.store.follow import SpanEntry
from ekino.verify.token import Token, Unreadable

# Entries read in one transaction: a second of checking signatures, and a few megabytes.
FOLLOW_ENTRIES_MAX = 5_000
# An entry is given its instant before it is committed: what was recorded so long ago is in the
# register or never will be. As long as the head may be held, twice over.
COMMIT_WAIT_S = 30
# PostgreSQL's texts hold no NUL, and a place is a few characters.
_TEXT_CHARACTERS_MAX = 64


class _Seen(msgspec.Struct, gc=False):
    """What of a sale's event this room keeps; other fields are not looked at."""

    token: str = ""
    section: str = ""
    row: str = ""
    seat: str = ""


class _Body(msgspec.Struct, gc=False):
    events: list[msgspec.Raw]


_BODY = msgspec.json.Decoder(_Body)
_SEEN = msgspec.json.Decoder(_Seen)


def follow(
    db: Database, *, entries_max: int = FOLLOW_ENTRIES_MAX, clock: Clock = now
) -> int:
    """
    Read the next entries and give how many there were.

    Any number of followers may run at once: they take turns at the follower's row.
    """
    with db.transaction(Role.FOLLOWER) as tx:
        # Before the lock: whatever is recorded from here on is not promised.
        began = clock()
        return _follow(tx, entries_max=entries_max, began=began)
        # From here the entries are read; a crash before it reads none of them.


def rebuild(db: Database) -> int:
    """Read every sale again from position 0, in one transaction, and give how many entries."""
    read = 0
    with db.transaction(Role.FOLLOWER) as tx:
        follow_store.forget(tx)
        while count := _follow(tx, entries_max=FOLLOW_ENTRIES_MAX, began=now()):
            read += count
    return read


def _follow(tx: Connection[Any], *, entries_max: int, began: datetime) -> int:
    first = follow_store.lock_follower(tx)
    size = follow_store.read_size(tx)
    past_end = min(size, first + entries_max)
    if past_end > first:
        # Most sales of a country say nothing of tokens: their rows are not even read.
        bodies = register.read_bodies(tx, follow_store.list_batches(tx, first, past_end))
        entries = follow_store.read_span(
            tx,
            first,
            past_end,
            with_tokens=[number for number, body in bodies.items() if b'"token"' in body],
            id_characters=tokens.SHORT_ID_CHARACTERS,
        )
        sales = [entry for entry in entries if entry.kind == "sold"]
        if sales:
            _read_sales(tx, sales, bodies)
        ends = [entry for entry in entries if entry.kind != "sold"]
        if ends:
            # After the sales: a ticket may be sold and given back within one span.
            follow_store.end_tokens(tx, ends)
    until = began - timedelta(seconds=COMMIT_WAIT_S)
    follow_store.move_follower(
        tx,
        past_end=past_end,
        # Short of the head nothing is promised about the rest.
        read_until=until if past_end == size else datetime.fromtimestamp(0, UTC),
    )
    return past_end - first


def _read_sales(
    tx: Connection[Any], sales: Sequence[SpanEntry], bodies: Mapping[int, bytes]
) -> None:
    _, tills = check_store.read_tills(tx)
    events = _events_of(sales, bodies)
    rows: list[dict[str, Any]] = []
    unfit: list[tuple[int, int, str]] = []
    for entry in sales:
        seen = events.get((entry.batch_no, entry.ordinal))
        if seen is None:
            continue
        if seen.token:
            token, reason = _read_token(seen.token, entry, tills)
            if token is None:
                unfit.append((entry.position, entry.source_id, reason))
                continue
            rows.append(_row(entry, seen, token, tills[token.key_id].name))
        elif (ticket_id := tokens.read_short_id(entry.subject)) is not None:
            # The seller printed a token and sent the id alone: the ticket is registered, only
            # nobody can say whether it was altered.
            rows.append(_row(entry, seen, None, None, ticket_id))
    if rows:
        entered = follow_store.insert_tokens(tx, rows)
        unfit += [
            (row["position"], row["source_id"], "ticket_id_taken")
            for row in rows
            if row["position"] not in entered
        ]
    if unfit:
        follow_store.insert_unfit(tx, unfit)


def _events_of(
    sales: Sequence[SpanEntry], bodies: Mapping[int, bytes]
) -> Mapping[tuple[int, int], _Seen]:
    """Give what the sales say by (batch number, ordinal); those that say nothing are left out."""
    wanted: dict[int, list[SpanEntry]] = {}
    for entry in sales:
        wanted.setdefault(entry.batch_no, []).append(entry)
    found: dict[tuple[int, int], _Seen] = {}
    for batch_no, entries in wanted.items():
        body = bodies[batch_no]
        has_tokens = b'"token"' in body
        mine = [
            entry
            for entry in entries
            if has_tokens or tokens.read_short_id(entry.subject) is not None
        ]
        if not mine:
            continue
        raws = _BODY.decode(body).events
        for entry in mine:
            found[batch_no, entry.ordinal] = _SEEN.decode(raws[entry.ordinal])
    return found


def _read_token(
    text: str, entry: SpanEntry, tills: Mapping[bytes, TillKey]
) -> tuple[Token | None, str]:
    """Give the token when it proves this source's ticket, else the reason why it does not."""
    try:
        token = tokens.read_text(text)
    except Unreadable:
        return None, "token_unreadable"
    key = tills.get(token.key_id)
    if key is None:
        return None, "key_unknown"
    if key.source_id != entry.source_id:
        return None, "key_of_another_source"
    if not key.was_valid_at(issued_at(token)):
        return None, "key_not_valid_then"
    if not tokens.is_signed_by(token, key.public_key):
        return None, "signature_wrong"
    return token, ""


def _row(
    entry: SpanEntry,
    seen: _Seen,
    token: Token | None,
    key_name: str | None,
    ticket_id: bytes = b"",
) -> dict[str, Any]:
    differs: tuple[str, ...] = ()
    if token is not None:
        differs = compare(
            token,
            price_minor=entry.gross_minor,
            hall_id=entry.hall_id,
            starts_at=entry.starts_at,
        )
    return {
        "ticket_id": token.ticket_id if token else ticket_id,
        "source_id": entry.source_id,
        "position": entry.position,
        "token": token.raw if token else None,
        "key_id": key_name,
        "seq": token.seq if token else None,
        "showing_id": entry.showing_id,
        "place": token.place if token else 0,
        "issued_at": issued_at(token) if token else None,
        "recorded_at": entry.recorded_at,
        "price_minor": entry.gross_minor,
        "subject": entry.subject,
        "section": seen.section[:_TEXT_CHARACTERS_MAX],
        "row": seen.row[:_TEXT_CHARACTERS_MAX],
        "seat": seen.seat[:_TEXT_CHARACTERS_MAX],
        "differs": ",".join(differs),
    }
