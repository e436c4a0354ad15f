"""The tables of notices."""

from typing import Any

from psycopg import Connection

from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.notices")


def insert_notice(
    tx: Connection[Any],
    *,
    notice_id: str,
    organisation_code: str | None,
    kind: str,
    subject: str,
    facts: bytes,
) -> None:
    """Enter a notice; the caller commits."""
    tx.execute(
        _QUERIES.insert_notice,
        {
            "notice_id": notice_id,
            "organisation_code": organisation_code,
            "kind": kind,
            "subject": subject,
            "facts": facts.decode(),
        },
    )
