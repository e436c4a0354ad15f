"""The questions that tokens raise, one query each."""

from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.verify")


def read_findings(
    tx: Connection[Any], *, limit: int, ended_min: int
) -> dict[str, list[dict[str, Any]]]:
    """Give at most `limit` rows of each kind."""
    asked = {
        "seq_gap": _QUERIES.find_seq_gaps,
        "seq_twice": _QUERIES.find_seq_twice,
        "place_twice": _QUERIES.find_places_twice,
        "ended_late": _QUERIES.find_late_ends,
        "return_series": _QUERIES.find_return_series,
        "unfit": _QUERIES.find_unfit,
        "contradiction": _QUERIES.find_contradictions,
    }
    values = {"limit": limit, "ended_min": ended_min}
    with tx.cursor(row_factory=dict_row) as cursor:
        return {
            kind: cursor.execute(query, values).fetchall() for kind, query in asked.items()
        }
