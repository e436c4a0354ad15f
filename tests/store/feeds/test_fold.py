"""Feeds against plain questions to the register: any cut, several followers, and begun again."""

import random
import threading
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from ekino.db.database import Database
from ekino.feeds import service
from ekino.feeds.model.batches import Feeds, Received, fold
from ekino.ingest.writer import Writer
from factories import EVENING, KEY_ID, a_batch, a_catalog, a_sale, a_vendor, a_waiting
from invented_register import enter, invent
from organisations import Trade

_HOURS = """
    SELECT source_id, date_trunc('hour', recorded_at, 'UTC'), min(batch_no), count(*), sum(events), sum(entered),
           coalesce(sum((SELECT count(*) FROM register.refusal WHERE refusal.batch_no = batch.batch_no)), 0)
      FROM register.batch WHERE source_id <> 0 GROUP BY 1, 2 ORDER BY 1, 2"""
_KEYS = """
    SELECT key_id, max(source_id), max(recorded_at), count(*)
      FROM register.batch WHERE source_id <> 0 GROUP BY 1 ORDER BY 1"""
_BATCHES = """
    SELECT batch_no, source_id, key_id, recorded_at, events, entered,
           (SELECT count(*) FROM register.refusal WHERE refusal.batch_no = batch.batch_no)
      FROM register.batch ORDER BY batch_no"""


def known(db: Database) -> list[list[Any]]:
    """Give what feeds say, and what a plain question to the register says."""
    with psycopg.connect(db.dsn) as superuser:
        return [
            superuser.execute(question).fetchall()
            for question in (
                "SELECT * FROM feeds.hour ORDER BY 1, 2",
                _HOURS,
                "SELECT key_id, source_id, last_recorded_at, batches FROM feeds.key ORDER BY 1",
                _KEYS,
            )
        ]


_EVERYTHING = (
    "SELECT * FROM feeds.hour ORDER BY 1, 2",
    "SELECT * FROM feeds.key ORDER BY 1",
    "SELECT * FROM feeds.line ORDER BY 1, 2",
    "SELECT key_id, line_venue_id, source_id, venue_id, business_date, first_sequence, last_sequence, seen_at, closed_at FROM feeds.gap ORDER BY 1, 2, 6",
    "SELECT * FROM feeds.unmended ORDER BY 1, 2",
    "SELECT * FROM feeds.venue_hour ORDER BY 1, 2, 3",
    "SELECT * FROM feeds.refused ORDER BY 1, 2, 3, 4",
    "SELECT * FROM feeds.sale ORDER BY 1, 2",
)
_VENUE_HOURS = """
    SELECT entry.source_id, venue_id, date_trunc('hour', entry.recorded_at, 'UTC'), count(*),
           count(*) FILTER (WHERE is_late), count(*) FILTER (WHERE entry.recorded_at - happened_at > interval '1 day')
      FROM register.entry JOIN catalog.showing USING (showing_id) WHERE source_id <> 0 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"""
_SALES = """
    SELECT showing_id, source_id, count(*) FILTER (WHERE kind = 'sold'), sum(admissions), sum(gross_minor),
           count(*) FILTER (WHERE kind IN ('refunded', 'voided')), max(position) + 1
      FROM register.entry WHERE source_id <> 0 GROUP BY 1, 2 ORDER BY 1, 2"""


def everything(db: Database) -> list[list[Any]]:
    """Give all that the fold keeps."""
    with psycopg.connect(db.dsn) as superuser:
        return [superuser.execute(question).fetchall() for question in _EVERYTHING]


def asked(db: Database, question: str) -> list[Any]:
    with psycopg.connect(db.dsn) as superuser:
        return superuser.execute(question).fetchall()


def verify_plain(db: Database) -> None:
    """Compare what came in and what was said of showings with plain questions to the register."""
    assert (
        asked(
            db,
            "SELECT source_id, venue_id, begins_at, entered, late, overdue FROM feeds.venue_hour WHERE entered > 0 ORDER BY 1, 2, 3",
        )
        == asked(db, _VENUE_HOURS)
        != []
    )
    assert (
        asked(
            db,
            "SELECT showing_id, source_id, sold, tickets, gross_minor, returned, as_of FROM feeds.sale ORDER BY 1, 2",
        )
        == asked(db, _SALES)
        != []
    )
    # Every entered event has one lag, and every event of a batch is counted about one venue.
    assert asked(
        db,
        "SELECT sum(entered) = sum((SELECT sum(n) FROM unnest(lags) AS n)) FROM feeds.venue_hour",
    ) == [(True,)]
    assert asked(
        db,
        "SELECT (SELECT sum(events) FROM feeds.venue_hour) = (SELECT sum(events) FROM register.batch WHERE source_id <> 0)",
    ) == [(True,)]
    assert asked(
        db,
        "SELECT (SELECT sum(events) FROM feeds.refused) IS NOT DISTINCT FROM (SELECT count(*) FROM register.refusal)",
    ) == [(True,)]


def verify(db: Database) -> None:
    hours, asked_hours, keys, asked_keys = known(db)
    assert hours == asked_hours != []
    assert keys == asked_keys != []


def test_feeds_say_what_the_batches_say(db: Database) -> None:
    Trade(db)

    verify(db)

    assert service.follow(db) == 0
    verify_plain(db)
    before = everything(db)
    assert service.rebuild(db) > 0
    assert everything(db) == before


@pytest.mark.parametrize("batches_max", [1, 3, 7])
def test_several_followers_and_any_cut_give_the_same(
    db: Database, batches_max: int
) -> None:
    a_catalog(db)
    dice = random.Random(batches_max)
    enter(db, invent(dice, 300), dice)

    def follow() -> None:
        while service.follow(db, batches_max=batches_max):
            pass

    followers = [threading.Thread(target=follow) for _ in range(4)]
    for follower in followers:
        follower.start()
    for follower in followers:
        follower.join()

    verify(db)
    verify_plain(db)
    before = everything(db)
    service.rebuild(db)
    assert everything(db) == before


def test_a_number_that_is_missing_is_found_with_the_event_that_came_after_it(
    db: Database,
) -> None:
    a_catalog(db)
    vendor = a_vendor(db)

    def send(*events: dict[str, Any], at: datetime) -> None:
        writer = Writer(db, clock=lambda: at)
        writer.put(a_waiting(vendor, a_batch(*events), answers.append, at=at))
        writer.start()
        writer.stop()
        while service.follow(db):
            pass

    answers: list[Any] = []
    send(a_sale(1), a_sale(2), at=EVENING)
    send(a_sale(5), a_sale(6, showing="nowhere"), at=EVENING + timedelta(minutes=1))
    send(a_sale(3), at=EVENING + timedelta(hours=1))
    send(a_sale(6), {**a_sale(5), "ticket": "T9"}, at=EVENING + timedelta(hours=1))

    assert [
        (gap.first_sequence, gap.last_sequence, gap.closed_at)
        for gap in service.list_gaps(db, is_open=False)
    ] == [(4, 4, None), (3, 3, EVENING + timedelta(hours=1))]
    (gap, _) = service.list_gaps(db, is_open=False)
    assert (gap.key_id, gap.seen_at, gap.business_date) == (
        KEY_ID,
        EVENING + timedelta(minutes=1),
        date(2026, 11, 24),
    )
    assert service.list_unmended(db) == []
    assert asked(
        db, "SELECT duplicates, duplicated_sequence FROM feeds.line WHERE venue_id = 0"
    ) == [(1, 5)]


def test_the_rule_and_the_statements_agree(db: Database) -> None:
    Trade(db)
    with psycopg.connect(db.dsn) as superuser:
        rows = superuser.execute(_BATCHES).fetchall()
        hours = superuser.execute("SELECT * FROM feeds.hour").fetchall()
        keys = superuser.execute(
            "SELECT key_id, last_recorded_at FROM feeds.key"
        ).fetchall()
    names = (
        "batch_no",
        "source_id",
        "key_id",
        "recorded_at",
        "events",
        "entered",
        "refused",
    )
    batches = [Received(**dict(zip(names, row, strict=True))) for row in rows]

    whole = fold(Feeds(), batches)
    cut = fold(fold(Feeds(), batches[:5]), batches)

    assert whole == cut
    assert {
        (source, at): (
            hour.first_batch_no,
            hour.batches,
            hour.events,
            hour.entered,
            hour.refused,
        )
        for (source, at), hour in whole.hours.items()
    } == {(row[0], row[1]): row[2:] for row in hours}
    assert whole.heard == dict(keys)
