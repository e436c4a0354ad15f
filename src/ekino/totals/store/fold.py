"""The fold's statements, in the order in which they must run."""

from datetime import date
from typing import Any

from psycopg import Connection

from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.totals")


def fold_next(tx: Connection[Any], *, entries_max: int) -> int:
    """Fold at most `entries_max` entries and give how many there were; the caller commits."""
    row = tx.execute(_QUERIES.lock_follower).fetchone()
    first, seen, has_film_days = row or (0, 0, True)
    row = tx.execute(_QUERIES.read_span).fetchone()
    size, revision = row or (0, 0)
    past_end = min(size, first + entries_max)
    if past_end == first and revision == seen and has_film_days:
        return 0
    span = {"first": first, "past_end": past_end, "seen": seen, "revision": revision}
    if not has_film_days:
        tx.execute(_QUERIES.forget_film_days)
        tx.execute(_QUERIES.place_all, span)
        tx.execute(_QUERIES.sum_film_days)
    if revision != seen:
        # What is folded so far moves first; the span's own entries then go where it stands.
        touched = tx.execute(_QUERIES.place_changed, span).fetchall()
        _count_schedule(tx, touched)
    if past_end > first:
        tx.execute(_QUERIES.place_new, span)
        tx.execute(_QUERIES.fold_showings, span)
        tx.execute(_QUERIES.fold_pace, span)
        tx.execute(_QUERIES.fold_venues, span)
        tx.execute(_QUERIES.fold_days, span)
    tx.execute(_QUERIES.move_follower, span)
    return int(past_end - first)


def _count_schedule(tx: Connection[Any], touched: list[tuple[date, int]]) -> None:
    asked = {
        "business_dates": [business_date for business_date, _ in touched],
        "film_ids": [film_id for _, film_id in touched],
    }
    tx.execute(_QUERIES.count_schedule, asked)


def forget(tx: Connection[Any]) -> None:
    """Throw the totals away; the caller folds again from position 0."""
    tx.execute(_QUERIES.lock_follower)
    tx.execute(_QUERIES.forget_totals)
    tx.execute(_QUERIES.rewind_follower)
