"""The questions about totals."""

from datetime import date, datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from ekino.db.queries import load_queries
from ekino.totals.model.groups import ROWS_MAX, Dimension

_QUERIES = load_queries("ekino.totals")


def read_as_of(tx: Connection[Any]) -> tuple[int, datetime, int]:
    """Give next position, when it was reached, and the register's size."""
    row = tx.execute(_QUERIES.read_as_of).fetchone()
    if row is None:
        message = "totals.follower has no row"
        raise LookupError(message)
    return int(row[0]), row[1], int(row[2])


def read_groups(
    tx: Connection[Any],
    by: tuple[Dimension, ...],
    from_date: date | None,
    to_date: date | None,
) -> list[dict[str, Any]]:
    """Give one row a group, largest takings first; never over ROWS_MAX."""
    parameters: dict[str, object] = {
        f"by_{dimension.name.lower()}": dimension in by for dimension in Dimension
    }
    parameters |= {"from_date": from_date, "to_date": to_date, "rows_max": ROWS_MAX}
    needs_showings = Dimension.SHOWING in by or Dimension.HOUR in by
    statement = _QUERIES.group_showings if needs_showings else _QUERIES.group_days
    with tx.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, parameters).fetchall()


def take_snapshot(tx: Connection[Any]) -> None:
    """Read all that follows as of one moment; the first statement of its transaction."""
    tx.execute(_QUERIES.take_snapshot)
