"""The fold's statements: what to read of a span of batches, and what to write of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row

from ekino.db.queries import load_queries
from ekino.feeds.model.clock import Clock
from ekino.feeds.model.lag import LAG_BUCKETS
from ekino.feeds.model.numbers import HOLES_MAX, Hole, Line, Refused, Sender

_QUERIES = load_queries("ekino.feeds")


class BatchRow(NamedTuple):
    """One batch as it was received."""

    batch_no: int
    source_id: int
    key_id: str
    recorded_at: datetime
    signed_at: datetime
    events: int
    entered: int
    first_position: int
    body_encoding: str
    body: bytes


class Venue(NamedTuple):
    """A venue, as far as days are concerned."""

    venue_id: int
    timezone: str
    day_starts_hour: int


def lock_follower(tx: Connection[Any]) -> int:
    """Take the follower's row until the transaction ends, and give the next batch to read."""
    row = tx.execute(_QUERIES.lock_follower).fetchone()
    return int(row[0]) if row else 0


def read_span(
    tx: Connection[Any], first: int, *, batches_max: int, events_max: int
) -> int | None:
    """Give where a fold from `first` on ends; None when there is nothing to fold."""
    asked = {"first": first, "batches_max": batches_max, "events_max": events_max}
    row = tx.execute(_QUERIES.read_span, asked).fetchone()
    return None if row is None or row[0] is None else int(row[0])


def read_batches(tx: Connection[Any], first: int, past_end: int) -> list[BatchRow]:
    """Give the batches of a span, in order."""
    with tx.cursor(row_factory=class_row(BatchRow)) as cursor:
        asked = {"first": first, "past_end": past_end}
        return cursor.execute(_QUERIES.read_batches, asked).fetchall()


def read_refusals(
    tx: Connection[Any], first: int, past_end: int
) -> dict[int, dict[int, str]]:
    """Give batch → place of an event → name of its refusal."""
    found: dict[int, dict[int, str]] = defaultdict(dict)
    asked = {"first": first, "past_end": past_end}
    for batch_no, ordinal, outcome in tx.execute(_QUERIES.read_refusals, asked):
        found[batch_no][ordinal] = outcome
    return found


def read_ordinals(
    tx: Connection[Any], batch_nos: Sequence[int], first_position: int, past_position: int
) -> dict[int, set[int]]:
    """Give batch → places of the events that became entries."""
    found: dict[int, set[int]] = defaultdict(set)
    if batch_nos:
        asked = {
            "batch_nos": batch_nos,
            "first_position": first_position,
            "past_position": past_position,
        }
        for batch_no, ordinal in tx.execute(_QUERIES.read_ordinals, asked):
            found[batch_no].add(ordinal)
    return found


def read_venues(tx: Connection[Any]) -> dict[str, Venue]:
    """Give every venue by its code."""
    return {row[0]: Venue(*row[1:]) for row in tx.execute(_QUERIES.read_venues)}


def read_senders(
    tx: Connection[Any], key_ids: Iterable[str]
) -> tuple[dict[str, Sender], dict[str, Clock]]:
    """Give what is known of keys: their numbers, and their clocks."""
    senders = {key_id: Sender() for key_id in key_ids}
    asked = {"key_ids": list(senders), "holes_max": HOLES_MAX}
    clocks: dict[str, Clock] = {}
    for key_id, numbers_by, words, since in tx.execute(_QUERIES.read_keys, asked):
        senders[key_id].is_by_venue = numbers_by == "venue"
        clocks[key_id] = Clock(0, words, since)
    for key_id, venue_id, first, past_last in tx.execute(_QUERIES.read_lines, asked):
        if venue_id:
            senders[key_id].venues.add(venue_id)
        senders[key_id].lines[venue_id] = Line(first, past_last)
    for key_id, line, *hole in tx.execute(_QUERIES.read_holes, asked):
        senders[key_id].lines[line].holes.append(Hole(*hole))
    for key_id, number, *refused in tx.execute(_QUERIES.read_unmended, asked):
        kept = Refused(*refused)
        sender = senders[key_id]
        line = kept.venue_id if sender.is_by_venue else 0
        sender.unmended[line, number] = kept
    return senders, clocks


def fold_hours(tx: Connection[Any], first: int, past_end: int) -> None:
    """Add batches to the hours of their sources."""
    tx.execute(_QUERIES.fold_hours, {"first": first, "past_end": past_end})


def fold_entries(tx: Connection[Any], first_position: int, past_position: int) -> None:
    """Add entries to the hours of their venues, and to what was said of their showings."""
    asked = {"first_position": first_position, "past_position": past_position}
    if past_position > first_position:
        tx.execute(_QUERIES.fold_entries, asked)


def _columns(names: Sequence[str], rows: Sequence[Sequence[object]]) -> dict[str, Any]:
    return {
        name: list(column)
        for name, column in zip(
            names, zip(*rows, strict=True) if rows else [()] * len(names), strict=True
        )
    }


def _put(
    tx: Connection[Any],
    statement: str,
    names: Sequence[str],
    rows: Sequence[Sequence[object]],
    **others: object,
) -> None:
    if rows:
        tx.execute(statement, _columns(names, rows) | others)


def put_keys(
    tx: Connection[Any],
    rows: Sequence[tuple[str, int, datetime, int, str, int, int, datetime | None]],
) -> None:
    """Note (key, source, when heard, batches, numbers by, clock ahead, words off, since)."""
    names = (
        "key_ids", "source_ids", "recorded_ats", "batches", "numbers_bys", "clock_aheads",
        "clock_off_words", "clock_off_sinces",
    )  # fmt: skip
    _put(tx, _QUERIES.put_keys, names, rows)


def put_lines(tx: Connection[Any], rows: Sequence[Sequence[object]]) -> None:
    """Note lines: key, venue, source, how far, what was added, and when."""
    names = (
        "key_ids", "venue_ids", "source_ids", "firsts", "nexts", "events", "repeats",
        "duplicates", "duplicated_ats", "duplicated_sequences", "first_ats", "last_ats",
    )  # fmt: skip
    _put(tx, _QUERIES.put_lines, names, rows)


def add_hours(
    tx: Connection[Any],
    rows: Sequence[tuple[int, int, datetime, int, int, int, int, datetime | None]],
    refused: Mapping[tuple[int, int, datetime, str], int],
) -> None:
    """Add (source, venue, hour, events, refused, repeats, duplicates, when), and causes."""
    names = (
        "source_ids", "venue_ids", "begins_ats", "events", "refused", "repeats",
        "duplicates", "refused_ats",
    )  # fmt: skip
    _put(tx, _QUERIES.add_hours, names, rows, no_lags=[0] * LAG_BUCKETS)
    causes = [(*cause, count) for cause, count in refused.items()]
    _put(
        tx,
        _QUERIES.add_refused,
        ("source_ids", "venue_ids", "begins_ats", "outcomes", "events"),
        causes,
    )


GapRow = tuple[str, int, int, int, date, int, int, datetime, datetime | None]


def put_gaps(tx: Connection[Any], gone: Sequence[int], rows: Sequence[GapRow]) -> None:
    """Take gaps out, and write down (key, line, source, venue, day, first, last, seen, closed)."""
    if gone:
        tx.execute(_QUERIES.delete_gaps, {"gap_ids": gone})
    names = (
        "key_ids", "lines", "source_ids", "venue_ids", "dates", "firsts", "lasts",
        "seen_ats", "closed_ats",
    )  # fmt: skip
    _put(tx, _QUERIES.insert_gaps, names, rows)


def put_unmended(
    tx: Connection[Any],
    mended: Sequence[tuple[str, int, int]],
    rows: Sequence[Sequence[object]],
) -> None:
    """Take out (key, venue, number) that were mended, and write down what was refused."""
    _put(tx, _QUERIES.delete_unmended, ("key_ids", "venue_ids", "sequences"), mended)
    names = (
        "key_ids", "venue_ids", "sequences", "source_ids", "dates", "outcomes",
        "refused_ats", "batch_nos", "ordinals",
    )  # fmt: skip
    _put(tx, _QUERIES.insert_unmended, names, rows)


def move_follower(tx: Connection[Any], past_end: int) -> None:
    """Move past what was folded."""
    tx.execute(_QUERIES.move_follower, {"past_end": past_end})


def forget(tx: Connection[Any]) -> None:
    """Throw away what is known; the caller folds again from batch 0."""
    tx.execute(_QUERIES.lock_follower)
    tx.execute(_QUERIES.forget_feeds)
    tx.execute(_QUERIES.move_follower, {"past_end": 0})
