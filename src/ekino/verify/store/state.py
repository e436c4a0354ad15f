"""Statements about tokens: read and kept."""

from datetime import datetime
from typing import Any

from psycopg import Connection

from ekino.db.queries import load_queries
from ekino.verify.model.statement import Stated
from ekino.verify.model.verdict import Verdict

_QUERIES = load_queries("ekino.verify")


def list_statements(tx: Connection[Any], token_sha256: bytes) -> list[Stated]:
    """Give what was stated about a token, in order."""
    rows = tx.execute(_QUERIES.list_statements, {"token_sha256": token_sha256})
    return [
        Stated(
            number=number,
            position=position,
            tree_size=tree_size,
            stated_at=stated_at,
            verdict=Verdict(verdict),
            receipt=receipt,
        )
        for number, position, tree_size, stated_at, verdict, receipt in rows
    ]


def count_statements(tx: Connection[Any], since: datetime) -> int:
    """Say how many statements were made since an instant."""
    row = tx.execute(_QUERIES.count_statements, {"since": since}).fetchone()
    return int(row[0]) if row else 0


def insert_statement(tx: Connection[Any], token_sha256: bytes, stated: Stated) -> None:
    """Keep a statement."""
    tx.execute(
        _QUERIES.insert_statement,
        {
            "token_sha256": token_sha256,
            "number": stated.number,
            "position": stated.position,
            "tree_size": stated.tree_size,
            "stated_at": stated.stated_at,
            "verdict": stated.verdict,
            "receipt": stated.receipt,
        },
    )
