"""The tables of endpoints and of their delivery log."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row

from ekino.db.queries import load_queries
from ekino.notices.store import Attempt

_QUERIES = load_queries("ekino.notices")


class Endpoint(NamedTuple):
    """Where somebody wants to be told."""

    endpoint_id: int
    organisation_code: str | None
    way: str
    address: str
    kinds: list[str]
    language: str
    contact: str
    state: str
    state_reason: str
    added_by: str
    added_at: datetime
    # Of the newest key that signs for it; None where nothing is signed.
    version: str | None
    public_key: bytes | None


class Delivery(NamedTuple):
    """One notice for one endpoint, with what its last attempt met."""

    delivery_no: int
    notice_id: str
    kind: str
    subject: str
    told_at: datetime
    state: str
    attempts: int
    due_at: datetime
    is_replay: bool
    began_at: datetime | None
    took_ms: int | None
    answer: int | None
    reason: str | None
    said: str | None


class Told(NamedTuple):
    """A notice as its organisation was told it."""

    notice_no: int
    notice_id: str
    kind: str
    subject: str
    facts: dict[str, Any]
    told_at: datetime


def insert_endpoint(tx: Connection[Any], columns: dict[str, Any]) -> int:
    """Enter an endpoint and give its number."""
    row = tx.execute(_QUERIES.insert_endpoint, columns).fetchone()
    return int(row[0]) if row else 0


def count_endpoints(tx: Connection[Any], organisation_code: str | None) -> int:
    """Say how many endpoints an organisation has."""
    row = tx.execute(
        _QUERIES.count_endpoints, {"organisation_code": organisation_code}
    ).fetchone()
    return int(row[0]) if row else 0


def list_endpoints(
    tx: Connection[Any], organisations: Sequence[str], *, is_ministry: bool
) -> list[Endpoint]:
    """Give the endpoints of these organisations, and perhaps those of the register's people."""
    with tx.cursor(row_factory=class_row(Endpoint)) as cursor:
        return cursor.execute(
            _QUERIES.list_endpoints,
            {"organisations": list(organisations), "is_ministry": is_ministry},
        ).fetchall()


def set_endpoint_state(tx: Connection[Any], endpoint_id: int, state: str) -> None:
    """Let an endpoint be told again, or take it away."""
    tx.execute(_QUERIES.set_endpoint_state, {"endpoint_id": endpoint_id, "state": state})


def insert_signing_key(
    tx: Connection[Any],
    endpoint_id: int,
    *,
    version: str,
    sealed: bytes,
    public_key: bytes | None,
    at: datetime,
) -> None:
    """Enter a key that signs for an endpoint from now on."""
    tx.execute(
        _QUERIES.insert_signing_key,
        {
            "endpoint_id": endpoint_id,
            "version": version,
            "sealed": sealed,
            "public_key": public_key,
            "at": at,
        },
    )


def end_signing_keys(tx: Connection[Any], endpoint_id: int, ends_at: datetime) -> None:
    """Let the keys that sign for an endpoint end at an instant."""
    tx.execute(_QUERIES.end_signing_keys, {"endpoint_id": endpoint_id, "ends_at": ends_at})


def list_deliveries(tx: Connection[Any], endpoint_id: int, *, limit: int) -> list[Delivery]:
    """Give the delivery log of an endpoint, the newest first."""
    with tx.cursor(row_factory=class_row(Delivery)) as cursor:
        return cursor.execute(
            _QUERIES.list_deliveries, {"endpoint_id": endpoint_id, "limit": limit}
        ).fetchall()


def list_attempts(tx: Connection[Any], delivery_no: int) -> list[Attempt]:
    """Give every attempt of a delivery, in order."""
    with tx.cursor(row_factory=class_row(Attempt)) as cursor:
        return cursor.execute(
            _QUERIES.list_attempts, {"delivery_no": delivery_no}
        ).fetchall()


def replay_deliveries(
    tx: Connection[Any],
    endpoint_id: int,
    *,
    notice_id: str | None,
    since: datetime | None,
    until: datetime | None,
    at: datetime,
    limit: int,
) -> int:
    """Deliver again, and say how many new deliveries that are."""
    return tx.execute(
        _QUERIES.replay_deliveries,
        {
            "endpoint_id": endpoint_id,
            "notice_id": notice_id,
            "since": since,
            "until": until,
            "at": at,
            "limit": limit,
        },
    ).rowcount


def list_notices(
    tx: Connection[Any], organisations: Sequence[str], *, after: int, limit: int
) -> list[Told]:
    """Give what these organisations were told after a number, the oldest first."""
    with tx.cursor(row_factory=class_row(Told)) as cursor:
        return cursor.execute(
            _QUERIES.list_notices,
            {"organisations": list(organisations), "after": after, "limit": limit},
        ).fetchall()
