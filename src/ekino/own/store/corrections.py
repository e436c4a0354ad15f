"""Requests for corrections, and the register's entries that close them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, kwargs_row

from ekino.db.database import Role
from ekino.db.queries import load_queries
from ekino.own.model.correction import Correction, Reason, State, Ticket, Wanted

_QUERIES = load_queries("ekino.own")
_FIND_MADE = {
    Role.EXHIBITOR: _QUERIES.find_made_as_exhibitor,
    Role.VENDOR: _QUERIES.find_made_as_vendor,
    Role.READER: _QUERIES.find_made,
}


def list_speaking(tx: Connection[Any], venue_id: int) -> list[tuple[int, str]]:
    """Give (source, its name) of those that speak for a cinema."""
    return tx.execute(_QUERIES.list_speaking, {"venue_id": venue_id}).fetchall()


def find_ticket(
    tx: Connection[Any],
    venue_id: int,
    source_ids: Sequence[int],
    ticket: str,
    *,
    language: str,
) -> Ticket | None:
    """Give what the register knows of a ticket of a cinema, or None."""
    with tx.cursor(row_factory=class_row(Ticket)) as cursor:
        return cursor.execute(
            _QUERIES.find_ticket,
            {
                "venue_id": venue_id,
                "source_ids": list(source_ids),
                "ticket": ticket,
                "language": language,
            },
        ).fetchone()


def insert(tx: Connection[Any], columns: Mapping[str, object]) -> None:
    """Write a request down."""
    tx.execute(_QUERIES.insert_correction, columns)


def read_size(tx: Connection[Any]) -> int:
    """Say how many entries there are."""
    row = tx.execute(_QUERIES.read_register_size).fetchone()
    return int(row[0]) if row else 0


def lock(tx: Connection[Any], reference: str) -> State | None:
    """Take a request until the transaction ends and say how it stands; None: there is none."""
    row = tx.execute(_QUERIES.lock_correction, {"reference": reference}).fetchone()
    return None if row is None else State(row[0])


def end(
    tx: Connection[Any],
    reference: str,
    state: State,
    *,
    at: datetime,
    actor: str,
    words: str,
) -> None:
    """End a request."""
    asked = {"reference": reference, "state": state, "at": at}
    tx.execute(_QUERIES.end_correction, asked | {"actor": actor, "words": words})


def list_corrections(
    tx: Connection[Any],
    *,
    reference: str | None = None,
    venue_id: int | None = None,
    limit: int,
) -> list[Correction]:
    """Give requests that the transaction may see, the latest first, without their entries."""

    def correction(**columns: Any) -> Correction:
        columns["wanted"] = Wanted(columns["wanted"])
        columns["reason"] = Reason(columns["reason"])
        columns["written"] = State(columns["written"])
        return Correction(**columns)

    with tx.cursor(row_factory=kwargs_row(correction)) as cursor:
        return cursor.execute(
            _QUERIES.list_corrections,
            {"reference": reference, "venue_id": venue_id, "limit": limit},
        ).fetchall()


def with_made(
    tx: Connection[Any], corrections: Sequence[Correction], role: Role
) -> list[Correction]:
    """Add to each request the entry that closed it, as this role may see it."""
    rows = tx.execute(
        _FIND_MADE[role],
        {
            "places": list(range(len(corrections))),
            "source_ids": [each.source_id for each in corrections],
            "tickets": [each.ticket for each in corrections],
            "kinds": [each.wanted.value for each in corrections],
            "positions": [each.asked_position for each in corrections],
        },
    ).fetchall()
    made = {place: (position, at) for place, position, at in rows}
    return [
        replace(each, made_position=made[place][0], made_at=made[place][1])
        if place in made
        else each
        for place, each in enumerate(corrections)
    ]
