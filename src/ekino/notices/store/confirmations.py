"""The tables of confirmations, and of what people had sent within the hour."""

from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row

from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.notices")


class Unconfirmed(NamedTuple):
    """An address to which a link is to be sent."""

    endpoint_id: int
    address: str
    language: str


class Confirmable(NamedTuple):
    """The address that a link is for."""

    endpoint_id: int
    address: str
    organisation_code: str | None


def ask(tx: Connection[Any], endpoint_id: int, at: datetime) -> None:
    """Let a link be sent; an older one is worthless from now on."""
    tx.execute(_QUERIES.ask_confirmation, {"endpoint_id": endpoint_id, "at": at})


def take_asked(tx: Connection[Any], *, limit: int) -> list[Unconfirmed]:
    """Give the addresses to which a link is to be sent."""
    with tx.cursor(row_factory=class_row(Unconfirmed)) as cursor:
        return cursor.execute(_QUERIES.take_asked, {"limit": limit}).fetchall()


def set_secret(
    tx: Connection[Any], endpoint_id: int, digest: bytes, ends_at: datetime
) -> None:
    """Note what a link holds, and until when it is good."""
    tx.execute(
        _QUERIES.set_secret,
        {"endpoint_id": endpoint_id, "digest": digest, "ends_at": ends_at},
    )


def note_sent(tx: Connection[Any], endpoint_id: int) -> None:
    """Take back that a link is not sent."""
    tx.execute(_QUERIES.note_sent, {"endpoint_id": endpoint_id})


def note_not_sent(tx: Connection[Any], endpoint_id: int) -> None:
    """Say that a link is not sent, or not yet."""
    tx.execute(_QUERIES.note_not_sent, {"endpoint_id": endpoint_id})


def find(tx: Connection[Any], digest: bytes, at: datetime) -> Confirmable | None:
    """Give the address that a link is for; None when it is not good, or not any more."""
    with tx.cursor(row_factory=class_row(Confirmable)) as cursor:
        return cursor.execute(
            _QUERIES.find_confirmation, {"digest": digest, "at": at}
        ).fetchone()


def confirm(tx: Connection[Any], endpoint_id: int) -> bool:
    """Let an address be told from now on; False when somebody else just did."""
    asked = {"endpoint_id": endpoint_id}
    return tx.execute(_QUERIES.confirm_endpoint, asked).rowcount == 1


def lock_efforts(tx: Connection[Any], organisation_code: str | None) -> None:
    """Let nobody else count for an organisation until the transaction ends."""
    tx.execute(_QUERIES.lock_efforts, {"organisation_code": organisation_code})


def sum_efforts(
    tx: Connection[Any], organisation_code: str | None, kind: str, since: datetime
) -> int:
    """Say how much an organisation had sent since an instant."""
    row = tx.execute(
        _QUERIES.sum_efforts,
        {"organisation_code": organisation_code, "kind": kind, "since": since},
    ).fetchone()
    return int(row[0]) if row else 0


def insert_effort(
    tx: Connection[Any],
    organisation_code: str | None,
    kind: str,
    *,
    at: datetime,
    amount: int,
) -> None:
    """Count what an organisation has sent."""
    tx.execute(
        _QUERIES.insert_effort,
        {
            "organisation_code": organisation_code,
            "kind": kind,
            "at": at,
            "amount": amount,
        },
    )
