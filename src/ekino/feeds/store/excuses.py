"""Excuses and the feeds they are about."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, kwargs_row

from ekino.db.queries import load_queries
from ekino.feeds.model.excuse import Evidence, Excuse, Filed, Kind, Place, State

_QUERIES = load_queries("ekino.feeds")


def list_excusable(tx: Connection[Any], *, limit: int) -> list[Place]:
    """Give the feeds that the transaction may see, by source and venue."""
    with tx.cursor(row_factory=class_row(Place)) as cursor:
        return cursor.execute(_QUERIES.list_excusable, {"limit": limit}).fetchall()


def lock_filer(tx: Connection[Any], organisation_id: int | None) -> None:
    """Have whoever files for an organisation wait for this transaction's end."""
    tx.execute(_QUERIES.lock_filer, {"organisation_id": organisation_id})


def count_filed(
    tx: Connection[Any], organisation_id: int | None, *, since: datetime
) -> Filed:
    """Count what an organisation has filed: what waits, and what came since an instant."""
    asked = {"organisation_id": organisation_id, "since": since}
    row = tx.execute(_QUERIES.count_filed, asked).fetchone() or (0, 0, 0)
    return Filed(open=int(row[0]), lately=int(row[1]), evidence_bytes=int(row[2]))


def insert(
    tx: Connection[Any], columns: Mapping[str, object], places: Sequence[tuple[int, int]]
) -> None:
    """Write an excuse down with the (source, venue) pairs it is about."""
    row = tx.execute(_QUERIES.insert_excuse, columns).fetchone()
    tx.execute(
        _QUERIES.insert_excuse_places,
        {
            "excuse_no": row[0] if row else None,
            "source_ids": [source_id for source_id, _ in places],
            "venue_ids": [venue_id for _, venue_id in places],
        },
    )


def lock(tx: Connection[Any], reference: str) -> tuple[int, State] | None:
    """Take an excuse until the transaction ends; give its number and how it stands, or None."""
    row = tx.execute(_QUERIES.lock_excuse, {"reference": reference}).fetchone()
    return None if row is None else (int(row[0]), State(row[1]))


def decide(
    tx: Connection[Any],
    excuse_no: int,
    state: State,
    *,
    at: datetime,
    actor: str,
    words: str,
) -> None:
    """Write down what became of an excuse."""
    asked = {"excuse_no": excuse_no, "state": state, "at": at}
    tx.execute(_QUERIES.decide_excuse, asked | {"actor": actor, "words": words})


def list_excuses(
    tx: Connection[Any],
    *,
    reference: str | None = None,
    source_id: int | None = None,
    venue_id: int | None = None,
    span: tuple[datetime | None, datetime | None] = (None, None),
    limit: int,
) -> list[Excuse]:
    """Give excuses that the transaction may see, those that wait first, the latest first."""

    def excuse(**columns: Any) -> Excuse:
        columns["kind"] = Kind(columns["kind"])
        columns["state"] = State(columns["state"])
        return Excuse(**columns)

    with tx.cursor(row_factory=kwargs_row(excuse)) as cursor:
        return cursor.execute(
            _QUERIES.list_excuses,
            {
                "reference": reference,
                "source_id": source_id,
                "venue_id": venue_id,
                "first": span[0],
                "past_end": span[1],
                "limit": limit,
            },
        ).fetchall()


def list_places(tx: Connection[Any], reference: str, *, limit: int) -> list[Place]:
    """Give the feeds that an excuse is about, as far as the transaction may see them."""
    with tx.cursor(row_factory=class_row(Place)) as cursor:
        return cursor.execute(
            _QUERIES.list_excuse_places, {"reference": reference, "limit": limit}
        ).fetchall()


def read_evidence(tx: Connection[Any], reference: str) -> Evidence | None:
    """Give the document that came with an excuse, if one did."""
    row = tx.execute(_QUERIES.read_evidence, {"reference": reference}).fetchone()
    return None if row is None else Evidence(row[0], bytes(row[1]))


def list_parties(tx: Connection[Any], reference: str) -> list[str]:
    """Give the codes of the organisations that an excuse concerns."""
    rows = tx.execute(_QUERIES.list_parties, {"reference": reference}).fetchall()
    return [code for (code,) in rows]
