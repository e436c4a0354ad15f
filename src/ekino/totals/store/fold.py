"""The fold's statements, in the order in which they must run."""

from typing import Any

from psycopg import Connection

from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.totals")


def fold_next(tx: Connection[Any], *, entries_max: int) -> int:
    """Fold at most `entries_max` entries and give how many there were; the caller commits."""
    row = tx.execute(_QUERIES.lock_follower).fetchone()
    first, seen = row or (0, 0)
    row = tx.execute(_QUERIES.read_span).fetchone()
    size, revision = row or (0, 0)
    past_end = min(size, first + entries_max)
    if past_end == first and revision == seen:
        return 0
    span = {"first": first, "past_end": past_end, "seen": seen, "revision": revision}
    if revision != seen:
        # What is folded so far moves first; the span's own entries then go where it stands.
        tx.execute(_QUERIES.take_moved_from_days, span)
        tx.execute(_QUERIES.put_moved_into_days, span)
        tx.execute(_QUERIES.place_moved, span)
    if past_end > first:
        tx.execute(_QUERIES.place_new, span)
        tx.execute(_QUERIES.fold_showings, span)
        tx.execute(_QUERIES.fold_pace, span)
        tx.execute(_QUERIES.fold_venues, span)
        tx.execute(_QUERIES.fold_days, span)
    tx.execute(_QUERIES.move_follower, span)
    return int(past_end - first)


def forget(tx: Connection[Any]) -> None:
    """Throw the totals away; the caller folds again from position 0."""
    tx.execute(_QUERIES.lock_follower)
    tx.execute(_QUERIES.forget_totals)
    tx.execute(_QUERIES.rewind_follower)
