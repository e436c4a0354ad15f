"""What the writer asks of the tables that other rooms publish."""

from typing import Any

from psycopg import Connection

from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.ingest")


def read_revisions(tx: Connection[Any]) -> tuple[int, int]:
    """Give the revisions of the catalog and of rights, as this transaction sees them."""
    row = tx.execute(_QUERIES.read_revisions).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)
