"""Feeds against plain questions to the register: any cut, several followers, and begun again."""

import random
import threading
from typing import Any

import psycopg
import pytest

from ekino.db.database import Database
from ekino.feeds import service
from ekino.feeds.model.batches import Feeds, Received, fold
from factories import a_catalog
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


def verify(db: Database) -> None:
    hours, asked_hours, keys, asked_keys = known(db)
    assert hours == asked_hours != []
    assert keys == asked_keys != []


def test_feeds_say_what_the_batches_say(db: Database) -> None:
    Trade(db)

    verify(db)

    assert service.follow(db) == 0
    before = known(db)
    assert service.rebuild(db) > 0
    assert known(db) == before


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
