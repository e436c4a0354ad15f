"""What the writer asks of the tables that other rooms publish."""

from collections.abc import Callable
from typing import Any

from psycopg import Connection

from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.ingest")


def ask_revisions(tx: Connection[Any]) -> Callable[[], tuple[int, int]]:
    """Ask for the revisions of the catalog and of rights; in a pipeline, read at its end."""
    asked = tx.execute(_QUERIES.read_revisions)

    def answer() -> tuple[int, int]:
        row = asked.fetchone()
        return (int(row[0]), int(row[1])) if row else (0, 0)

    return answer
