"""The fold: equal to a plain GROUP BY, in any batching, under several followers."""

import random
import threading
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ekino.db.database import Database, Role
from ekino.register import service as register
from ekino.totals import service as totals
from ekino.totals.model.fold import Totals, fold
from ekino.totals.model.groups import Dimension
from factories import a_catalog
from invented_register import enter, invent

PLAIN = """
SELECT showing.business_date, showing.venue_id, showing.film_id, showing.language,
       entry.sales_channel::text, sum(admissions)::int, sum(gross_minor)::bigint,
       sum(fees_minor)::bigint
  FROM register.entry JOIN catalog.showing USING (showing_id)
 WHERE entry.sales_channel IS NOT NULL
 GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
"""
FOLDED = """
SELECT business_date, venue_id, film_id, language, sales_channel::text, admissions,
       gross_minor, fees_minor
  FROM totals.day WHERE (admissions, gross_minor, fees_minor) <> (0, 0, 0)
 ORDER BY 1, 2, 3, 4, 5
"""


def read(db: Database, question: str) -> list[tuple[Any, ...]]:
    with db.transaction(Role.READER) as tx:
        return tx.execute(question).fetchall()


def plain_days(db: Database) -> list[tuple[Any, ...]]:
    return [row for row in read(db, PLAIN) if row[5:] != (0, 0, 0)]


@pytest.mark.parametrize("seed", range(6))
def test_totals_equal_a_plain_group_by_under_several_followers(
    db: Database, seed: int
) -> None:
    dice = random.Random(seed)
    a_catalog(db)
    events = invent(dice, 400)
    over = threading.Event()

    def follow(entries_max: int) -> None:
        while not over.is_set():
            totals.follow(db, entries_max=entries_max)

    followers = [
        threading.Thread(target=follow, args=(dice.randrange(1, 50),)) for _ in range(3)
    ]
    for follower in followers:
        follower.start()
    enter(db, events, dice)
    over.set()
    for follower in followers:
        follower.join()
    while totals.follow(db):
        pass

    assert read(db, FOLDED) == plain_days(db)
    as_of, size = totals.read_lag(db)
    assert as_of == size == register.verify_gapless(db)


def test_rebuilding_from_position_0_gives_the_same(db: Database) -> None:
    dice = random.Random(99)
    a_catalog(db)
    enter(db, invent(dice, 300), dice)
    while totals.follow(db, entries_max=17):
        pass
    before = [
        read(db, f"SELECT * FROM totals.{name} ORDER BY 1, 2")
        for name in ("showing", "pace")
    ]
    days = read(db, FOLDED)

    totals.rebuild(db)

    after = [
        read(db, f"SELECT * FROM totals.{name} ORDER BY 1, 2")
        for name in ("showing", "pace")
    ]
    assert after == before
    assert read(db, FOLDED) == days


def test_the_sql_is_the_same_fold_as_the_rule(db: Database) -> None:
    dice = random.Random(7)
    a_catalog(db)
    enter(db, invent(dice, 300), dice)
    while totals.follow(db, entries_max=23):
        pass

    rule = fold(Totals(), register.read_entries(db, first=0, limit=10_000))

    rows = read(
        db,
        "SELECT showing_id, sales_channel::text, admissions, gross_minor, fees_minor, sold,"
        " refunded, voided, admitted, late FROM totals.showing",
    )
    assert {(row[0], row[1]): row[2:] for row in rows} == {
        (showing_id, channel.value): (
            each.admissions,
            each.gross_minor,
            each.fees_minor,
            each.sold,
            each.refunded,
            each.voided,
            each.admitted,
            each.late,
        )
        for (showing_id, channel), each in rule.showings.items()
    }


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(by=st.sets(st.sampled_from(list(Dimension))))
def test_every_combination_adds_up_to_the_same_sum(
    registered: Database, by: set[Dimension]
) -> None:
    whole = totals.read_groups(registered, by=()).rows[0]

    groups = totals.read_groups(registered, by=tuple(by))

    for figure in ("tickets", "gross_minor", "fees_minor"):
        assert sum(row[figure] for row in groups.rows) == whole[figure]


@pytest.fixture
def registered(db: Database) -> Database:
    dice = random.Random(3)
    a_catalog(db)
    enter(db, invent(dice, 300), dice)
    while totals.follow(db):
        pass
    return db
