"""The questions that people keep."""

from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row

from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.archive")


class Saved(NamedTuple):
    """A question under a name."""

    saved_id: int
    name: str
    # The query of its address.
    question: str
    saved_at: datetime


def list_saved(tx: Connection[Any], person_id: int) -> list[Saved]:
    """Give a person's questions by name."""
    with tx.cursor(row_factory=class_row(Saved)) as cursor:
        return cursor.execute(_QUERIES.list_saved, {"person_id": person_id}).fetchall()


def count_saved(tx: Connection[Any], person_id: int) -> int:
    """Say how many a person keeps."""
    row = tx.execute(_QUERIES.count_saved, {"person_id": person_id}).fetchone()
    return int(row[0]) if row else 0


def put_saved(tx: Connection[Any], person_id: int, name: str, question: str) -> None:
    """Keep a question."""
    values = {"person_id": person_id, "name": name, "question": question}
    tx.execute(_QUERIES.put_saved, values)


def forget_saved(tx: Connection[Any], person_id: int, saved_id: int) -> None:
    """Forget a question of the person's own."""
    tx.execute(_QUERIES.forget_saved, {"person_id": person_id, "saved_id": saved_id})
