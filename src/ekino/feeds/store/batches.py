"""The fold's statements, in the order in which they must run."""

from typing import Any

from psycopg import Connection

from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.feeds")


def fold_next(tx: Connection[Any], *, batches_max: int) -> int:
    """Fold at most `batches_max` batches and give how many there were; the caller commits."""
    row = tx.execute(_QUERIES.lock_follower).fetchone()
    first = int(row[0]) if row else 0
    row = tx.execute(_QUERIES.read_batches).fetchone()
    past_end = min(int(row[0]) if row else 0, first + batches_max)
    if past_end == first:
        return 0
    span = {"first": first, "past_end": past_end}
    tx.execute(_QUERIES.fold_keys, span)
    tx.execute(_QUERIES.fold_hours, span)
    tx.execute(_QUERIES.move_follower, span)
    return past_end - first


def forget(tx: Connection[Any]) -> None:
    """Throw away what is known; the caller folds again from batch 0."""
    tx.execute(_QUERIES.lock_follower)
    tx.execute(_QUERIES.forget_feeds)
    tx.execute(_QUERIES.move_follower, {"past_end": 0})
