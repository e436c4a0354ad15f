"""Ticketing systems as their vendor or exhibitor may see them."""

from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from ekino.db.database import Role
from ekino.db.queries import load_queries
from ekino.own.model.sources import KEYS_SHOWN_MAX, RefusedGroup, SentDay, Source, SourceKey

_QUERIES = load_queries("ekino.own")


def list_sources(tx: Connection[Any], since: datetime) -> list[Source]:
    """Give the sources of whoever the transaction reads for."""
    with tx.cursor(row_factory=class_row(Source)) as cursor:
        return cursor.execute(_QUERIES.list_sources, {"since": since}).fetchall()


def list_keys(tx: Connection[Any], role: Role) -> list[SourceKey]:
    """Give their keys; how much each sent is told to vendors alone."""
    asked = (
        _QUERIES.list_source_keys
        if role is Role.VENDOR
        else _QUERIES.list_source_keys_of_exhibitor
    )
    with tx.cursor(row_factory=class_row(SourceKey)) as cursor:
        return cursor.execute(asked, {"limit": KEYS_SHOWN_MAX}).fetchall()


def list_days(tx: Connection[Any], since: datetime, timezone: str) -> list[SentDay]:
    """Give what they sent, day by day."""
    with tx.cursor(row_factory=class_row(SentDay)) as cursor:
        return cursor.execute(
            _QUERIES.list_source_days, {"since": since, "timezone": timezone}
        ).fetchall()


def count_refusals(
    tx: Connection[Any], since: datetime, role: Role, *, first_batch: int
) -> list[RefusedGroup]:
    """Give what was not entered, by source and cause."""
    asked = {"since": since, "first_batch": first_batch}
    question = (
        _QUERIES.count_refusals_as_vendor
        if role is Role.VENDOR
        else _QUERIES.count_refusals_as_exhibitor
    )
    with tx.cursor(row_factory=class_row(RefusedGroup)) as cursor:
        return cursor.execute(question, asked).fetchall()
