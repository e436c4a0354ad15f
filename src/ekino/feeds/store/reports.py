"""The statements behind a report, in the order in which they must run."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from psycopg import Connection

from ekino.db.queries import load_queries
from ekino.feeds.model.clock import Clock
from ekino.feeds.model.days import Declared

_QUERIES = load_queries("ekino.feeds")


def read_head(tx: Connection[Any]) -> tuple[int, int, int]:
    """Give the register's size and batches, and the position up to which feeds have counted."""
    row = tx.execute(_QUERIES.read_head_now).fetchone()
    return (0, 0, 0) if row is None else (int(row[0]), int(row[1]), int(row[2]))


def lock_clock(tx: Connection[Any], key_id: str) -> Clock:
    """Take a key's report until the transaction ends, and give what is known of its clock."""
    row = tx.execute(_QUERIES.read_report_clock, {"key_id": key_id}).fetchone()
    return Clock() if row is None else Clock(*row)


def put_report(tx: Connection[Any], report: Mapping[str, object]) -> None:
    """Keep a report."""
    tx.execute(_QUERIES.put_report, report)


def list_venues(tx: Connection[Any], source_id: int) -> dict[str, int]:
    """Give the venues that a source may speak for: code → number."""
    return dict(
        tx.execute(_QUERIES.list_venues_of_source, {"source_id": source_id}).fetchall()
    )


def put_declared(tx: Connection[Any], declared: Mapping[str, object]) -> None:
    """Keep a declared day; where it says something new, have it computed anew."""
    if tx.execute(_QUERIES.put_declared, declared).rowcount:
        tx.execute(_QUERIES.touch_day, declared)


def sum_registered(
    tx: Connection[Any], source_id: int, venue_id: int, day: date
) -> tuple[int, int]:
    """Give a day's registered tickets and takings."""
    asked = {"source_id": source_id, "venue_id": venue_id, "business_date": day}
    row = tx.execute(_QUERIES.sum_registered, asked).fetchone()
    return (0, 0) if row is None else (int(row[0]), int(row[1]))


def list_declared(
    tx: Connection[Any], source_id: int, venue_id: int, day: date
) -> list[Declared]:
    """Give what the keys of a source declared of a day."""
    asked = {"source_id": source_id, "venue_id": venue_id, "business_date": day}
    found: list[tuple[str, int, int, bool, datetime]] = tx.execute(
        _QUERIES.list_declared_of_day, asked
    ).fetchall()
    return [
        Declared(
            key_id=key_id,
            tickets=tickets,
            gross_minor=gross_minor,
            is_final=is_final,
            declared_at=declared_at,
        )
        for key_id, tickets, gross_minor, is_final, declared_at in found
    ]


def list_spoken(
    tx: Connection[Any], source_id: int, venue_id: int, day: date
) -> frozenset[str]:
    """Give the keys of a source that spoke of a venue while a day could hear them."""
    asked = {"source_id": source_id, "venue_id": venue_id, "business_date": day}
    rows = tx.execute(_QUERIES.list_spoken_of_day, asked).fetchall()
    return frozenset(str(key_id) for (key_id,) in rows)


def list_continued(tx: Connection[Any], source_id: int) -> dict[str, str]:
    """Give which key of a source was rotated to which."""
    asked = {"source_id": source_id}
    return dict(tx.execute(_QUERIES.list_continued_of_source, asked).fetchall())


def list_missing(
    tx: Connection[Any], key_id: str, limit: int
) -> list[tuple[int, int, str]]:
    """Give (first, last, venue's code) of what is missing."""
    asked = {"key_id": key_id, "limit": limit}
    return tx.execute(_QUERIES.list_missing_of_key, asked).fetchall()
