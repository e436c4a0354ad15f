"""What is read to be told: refused events by the hour, and keys that end soon."""

from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row

from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.feeds")


class Refused(NamedTuple):
    """Events of one source that were refused for one cause; "" where the catalog has nobody."""

    source: str
    vendor_code: str
    operator_code: str
    outcome: str
    events: int


class Ending(NamedTuple):
    """A key that ends soon; "" for a source where it is the register's own."""

    key_id: str
    source: str
    vendor_code: str
    operator_code: str
    valid_until: datetime


def is_folded(tx: Connection[Any], until: datetime) -> bool:
    """Say whether every batch that was recorded before an instant is counted."""
    row = tx.execute(_QUERIES.is_folded_until, {"until": until}).fetchone()
    return row is not None and bool(row[0])


def list_refused(tx: Connection[Any], since: datetime, until: datetime) -> list[Refused]:
    """Give what was refused in [since, until), by source and cause."""
    with tx.cursor(row_factory=class_row(Refused)) as cursor:
        asked = {"since": since, "until": until}
        return cursor.execute(_QUERIES.list_refused_of_hour, asked).fetchall()


def list_keys_ending(tx: Connection[Any], at: datetime, until: datetime) -> list[Ending]:
    """Give keys that hold now and end by an instant."""
    with tx.cursor(row_factory=class_row(Ending)) as cursor:
        asked = {"at": at, "until": until}
        return cursor.execute(_QUERIES.list_keys_ending, asked).fetchall()
