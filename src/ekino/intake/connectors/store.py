"""What is known of other systems: the connectors' tables, row by row."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from psycopg import Connection
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb

from ekino.db.queries import load_queries
from ekino.ingest.formats.facts import Showing, Unmapped
from ekino.intake.connectors.model import (
    HINTS_MAX,
    UNMAPPED_MAX,
    Connector,
    ConnectorState,
    Cursor,
    System,
)
from ekino.intake.connectors.news import Known

_QUERIES = load_queries("ekino.intake")
# Characters of a place or of a raw text that are kept.
_PLACE_MAX = 300
_RAW_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A connector with how it goes."""

    connector: Connector
    added_at: datetime
    next_attempt_at: datetime
    last_read_at: datetime | None
    # Whatever changed there before is read.
    read_until: datetime | None
    last_error_code: str
    last_error: str
    last_error_at: datetime | None
    last_hook_at: datetime | None
    # Orders by what became of them, events by kind, since it was added.
    counts: Mapping[str, int]
    # Tickets that stand, hints and news that wait, things that cannot be mapped.
    tickets: int
    hints: int
    waiting: int
    unmapped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Something that could not be mapped."""

    code: str
    place: str
    raw: str
    reason: str
    words: str
    first_seen_at: datetime
    last_seen_at: datetime
    times: int


class Outgoing(NamedTuple):
    """News that are to be handed in."""

    outgoing_no: int
    connector_id: int
    code: str
    source_code: str
    content: bytes


def _connector(row: DictRow) -> Connector:
    return Connector(
        connector_id=row["connector_id"],
        code=row["code"],
        system=System(row["system"]),
        url=row["url"],
        account=row["account"],
        events=tuple(row["events"]),
        source_code=row["source_code"],
        secret_file=row["secret_file"],
        state=ConnectorState(row["state"]),
        cursor=row["cursor"],
        failures=row["failures"],
        lease_no=row["lease_no"],
    )


def _row(tx: Connection[Any], query: str, asked: Mapping[str, Any]) -> DictRow | None:
    with tx.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, asked).fetchone()


def _rows(tx: Connection[Any], query: str, asked: Mapping[str, Any]) -> list[DictRow]:
    with tx.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, asked).fetchall()


def count(tx: Connection[Any]) -> int:
    """Count connectors."""
    row = _row(tx, _QUERIES.count_connectors, {})
    return 0 if row is None else int(row["connectors"])


def add(tx: Connection[Any], columns: Mapping[str, Any]) -> bool:
    """Write a connector down; False when its code is taken."""
    return _row(tx, _QUERIES.add_connector, columns) is not None


def list_shown(tx: Connection[Any], code: str | None = None) -> list[Shown]:
    """Give connectors with how they go, by code."""
    return [
        Shown(
            connector=_connector(row),
            **{name: row[name] for name in _SHOWN},
        )
        for row in _rows(tx, _QUERIES.list_connectors, {"code": code})
    ]


_SHOWN = tuple(name for name in Shown.__slots__ if name != "connector")


def set_state(
    tx: Connection[Any], code: str, state: ConnectorState, *, at: datetime
) -> bool:
    """Pause or run; False when there is no such connector."""
    asked = {"code": code, "state": state.value, "at": at}
    return _row(tx, _QUERIES.set_connector_state, asked) is not None


def claim(tx: Connection[Any], *, at: datetime, until: datetime) -> Connector | None:
    """Take the connector whose turn it is, until an instant."""
    row = _row(tx, _QUERIES.claim_connector, {"at": at, "until": until})
    return None if row is None else _connector(row)


def lock(tx: Connection[Any], connector: Connector) -> bool:
    """Hold a connector that was claimed; False when somebody claimed it since."""
    asked = {"connector_id": connector.connector_id, "lease_no": connector.lease_no}
    return _row(tx, _QUERIES.lock_connector, asked) is not None


def note_look(
    tx: Connection[Any],
    connector: Connector,
    *,
    cursor: Cursor | None,
    counts: Mapping[str, int],
    read_until: datetime | None,
    next_attempt_at: datetime,
    at: datetime,
) -> None:
    """Move on past what was read; without a cursor it was a hint that was read, and no page."""
    asked = {
        "connector_id": connector.connector_id,
        "lease_no": connector.lease_no,
        "counts": Jsonb(dict(counts)),
        "at": at,
    }
    if cursor is None:
        tx.execute(_QUERIES.note_hint_read, asked)
        return
    tx.execute(
        _QUERIES.note_look,
        asked
        | {
            "cursor": Jsonb(dict(cursor)),
            "read_until": read_until,
            "next_attempt_at": next_attempt_at,
        },
    )


def note_failure(
    tx: Connection[Any],
    connector: Connector,
    *,
    code: str,
    words: str,
    next_attempt_at: datetime,
    at: datetime,
) -> None:
    """Say what went wrong and when to try again."""
    tx.execute(
        _QUERIES.note_failure,
        {
            "connector_id": connector.connector_id,
            "lease_no": connector.lease_no,
            "error_code": code,
            "error": words[:_RAW_MAX].replace("\0", ""),
            "next_attempt_at": next_attempt_at,
            "at": at,
        },
    )


def find_hook(tx: Connection[Any], hook_sha256: bytes) -> Connector | None:
    """Give the connector of a webhook's secret path."""
    row = _row(tx, _QUERIES.find_hook, {"hook_sha256": hook_sha256})
    return None if row is None else _connector(row)


def keep_hint(
    tx: Connection[Any], connector_id: int, subject: str, *, at: datetime
) -> None:
    """Keep what a webhook named, and have the connector look at once."""
    asked = {"connector_id": connector_id, "at": at}
    if subject:
        tx.execute(_QUERIES.keep_hint, asked | {"subject": subject, "most": HINTS_MAX})
    tx.execute(_QUERIES.wake_connector, asked)


def next_hint(tx: Connection[Any], connector_id: int) -> tuple[str, datetime] | None:
    """Give the hint that has waited longest."""
    row = _row(tx, _QUERIES.next_hint, {"connector_id": connector_id})
    return None if row is None else (row["subject"], row["heard_at"])


def drop_hint(
    tx: Connection[Any], connector_id: int, subject: str, heard_at: datetime
) -> None:
    """Forget a hint that was followed."""
    asked = {"connector_id": connector_id, "subject": subject, "heard_at": heard_at}
    tx.execute(_QUERIES.drop_hint, asked)


def find_tickets(
    tx: Connection[Any], connector_id: int, tickets: Sequence[str]
) -> dict[str, Known]:
    """Give what is known of tickets, by their names there."""
    asked = {"connector_id": connector_id, "tickets": list(tickets)}
    return {
        row["ticket"]: Known(**row | {"scans": frozenset(row["scans"])})
        for row in _rows(tx, _QUERIES.find_tickets, asked)
    }


def keep_tickets(tx: Connection[Any], connector_id: int, known: Iterable[Known]) -> None:
    """Keep what is known of tickets now."""
    rows = [
        asdict(each) | {"connector_id": connector_id, "scans": sorted(each.scans)}
        for each in known
    ]
    if rows:
        with tx.cursor() as cursor:
            cursor.executemany(_QUERIES.keep_ticket, rows)


def keep_showings(
    tx: Connection[Any], connector_id: int, showings: Sequence[Showing]
) -> None:
    """Keep what was said of showings last."""
    for each in showings:
        asked = {
            "connector_id": connector_id,
            "code": each.code,
            "showing": Jsonb(msgspec.to_builtins(each)),
        }
        tx.execute(_QUERIES.keep_told_showing, asked)


def find_showings(
    tx: Connection[Any], connector_id: int, codes: Sequence[str]
) -> list[Showing]:
    """Give what was said of showings last."""
    asked = {"connector_id": connector_id, "codes": list(codes)}
    rows = _rows(tx, _QUERIES.find_told_showings, asked)
    return [msgspec.convert(row["showing"], Showing) for row in rows]


def keep_unmapped(
    tx: Connection[Any], connector_id: int, unmapped: Sequence[Unmapped], *, at: datetime
) -> None:
    """Keep what cannot be mapped, each thing once."""
    for each in unmapped:
        words = f"{each.place}\n{each.reason}\n{each.raw}"
        asked = {
            "connector_id": connector_id,
            "sha256": hashlib.sha256(words.encode()).digest(),
            "place": each.place[:_PLACE_MAX].replace("\0", ""),
            "raw": each.raw[:_RAW_MAX].replace("\0", ""),
            "reason": each.reason,
            "words": each.words,
            "at": at,
            "most": UNMAPPED_MAX,
        }
        tx.execute(_QUERIES.keep_unmapped, asked)


def list_unmapped(tx: Connection[Any], code: str | None, *, limit: int) -> list[Kept]:
    """Give what could not be mapped, the latest first."""
    rows = _rows(tx, _QUERIES.list_unmapped, {"code": code, "limit": limit})
    return [Kept(**row) for row in rows]


def keep_outgoing(tx: Connection[Any], connector_id: int, content: bytes) -> None:
    """Keep news until they are handed in."""
    asked = {"connector_id": connector_id, "content": content}
    tx.execute(_QUERIES.keep_outgoing, asked)


def list_outgoing(tx: Connection[Any], *, at: datetime, limit: int) -> list[Outgoing]:
    """Give news that are to be handed in, each connector's in their order."""
    asked = {"at": at, "limit": limit}
    return [
        Outgoing(
            row["outgoing_no"],
            row["connector_id"],
            row["code"],
            row["source_code"],
            bytes(row["content"]),
        )
        for row in _rows(tx, _QUERIES.list_outgoing, asked)
    ]


def drop_outgoing(tx: Connection[Any], outgoing_no: int) -> None:
    """Forget news that are an upload now."""
    tx.execute(_QUERIES.drop_outgoing, {"outgoing_no": outgoing_no})


def hold_outgoing(
    tx: Connection[Any], connector_id: int, *, until: datetime, code: str, words: str
) -> None:
    """Leave a connector's news where they are until an instant, and say why."""
    tx.execute(
        _QUERIES.hold_outgoing,
        {
            "connector_id": connector_id,
            "until": until,
            "error_code": code,
            "error": words[:_RAW_MAX],
        },
    )
