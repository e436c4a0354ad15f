"""What of the catalog a test register is asked for."""

from typing import Any

from psycopg import Connection

from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.workbench")


def list_venues(tx: Connection[Any]) -> list[str]:
    """Give the codes of venues, of which there are few in a test register."""
    return [code for (code,) in tx.execute(_QUERIES.list_venues)]
