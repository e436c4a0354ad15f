"""The audit trail's table."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.access")


class Noted(NamedTuple):
    """One line of the audit trail."""

    audit_id: int
    at: datetime
    # Who, as the line was written; the name of a person who was signed in beside it.
    actor: str
    person: str | None
    person_id: int | None
    action: str
    subject: str
    detail: dict[str, Any]


def insert_audit(
    tx: Connection[Any],
    *,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, object],
    person_id: int | None = None,
) -> None:
    """Write down who did what."""
    tx.execute(
        _QUERIES.insert_audit,
        {
            "actor": actor,
            "action": action,
            "subject": subject,
            "detail": Jsonb(dict(detail)),
            "person_id": person_id,
        },
    )


def list_audit(
    tx: Connection[Any],
    *,
    limit: int,
    offset: int = 0,
    person_id: int | None = None,
    action: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Noted]:
    """Give what was seen and done, the latest first; a span of time is half-open."""
    with tx.cursor(row_factory=class_row(Noted)) as cursor:
        return cursor.execute(
            _QUERIES.list_audit,
            {
                "limit": limit,
                "offset": offset,
                "person_id": person_id,
                "action": action,
                "since": since,
                "until": until,
            },
        ).fetchall()


def list_audit_actions(tx: Connection[Any]) -> list[str]:
    """Give every action that was ever written down."""
    return [action for (action,) in tx.execute(_QUERIES.list_audit_actions)]
