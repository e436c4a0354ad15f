"""What the register knows of each venue's way into it."""

from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import kwargs_row

from ekino.db.queries import load_queries
from ekino.feeds.model.onboarding import Steps

_QUERIES = load_queries("ekino.feeds")


def list_onboarding(
    tx: Connection[Any], *, country: str, whole_ppm: int, at: datetime
) -> list[Steps]:
    """Give every venue of a country with what it has reached, by name."""

    def steps(**columns: Any) -> Steps:
        columns["sources"] = tuple(columns["sources"])
        columns["vendors"] = tuple(columns["vendors"])
        return Steps(**columns)

    asked = {"country": country, "whole_ppm": whole_ppm, "at": at}
    with tx.cursor(row_factory=kwargs_row(steps)) as cursor:
        return cursor.execute(_QUERIES.list_onboarding, asked).fetchall()
