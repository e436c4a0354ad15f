"""The fold: equal to a plain GROUP BY, in any batching, under several followers."""

import random
import threading
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ekino.db.database import Database, Role
from ekino.ingest.model import Answer
from ekino.ingest.writer import Writer
from ekino.kernel.errors import EkinoError
from ekino.register import service as register
from ekino.totals import service as totals
from ekino.totals.model.fold import Totals, fold
from ekino.totals.model.groups import Dimension
from factories import (
    EVENING,
    a_batch,
    a_catalog,
    a_later_event,
    a_sale,
    a_vendor,
    a_waiting,
)

SHOWINGS = [
    (venue, showing)
    for venue in ("ALA-1", "AST-1")
    for showing in ("steppe-kk-1", "storm-ru-2")
]
CHANNELS = ["box_office", "web", "app", "kiosk", "agent"]


def invent(dice: random.Random, count: int) -> list[dict[str, Any]]:
    """Invent a register's worth of events: sales, later events, moves, late and bad ones."""
    events: list[dict[str, Any]] = []
    sold: list[dict[str, Any]] = []
    for number in range(1, count + 1):
        venue, showing = dice.choice(SHOWINGS)
        draw = dice.random()
        if draw < 0.6 or not sold:
            sale = a_sale(
                number,
                venue=venue,
                showing=showing,
                price_minor=dice.randrange(0, 300_000),
                fee_minor=dice.choice((0, 0, 15_000)),
                sales_channel=dice.choice(CHANNELS),
                happened_at=f"2026-11-2{dice.randrange(4)}T0{dice.randrange(10)}:15:00Z",
            )
            sold.append(sale)
            events.append(sale)
        elif draw < 0.95:
            sale = dice.choice(sold)
            kind = dice.choice(("refunded", "voided", "corrected", "admitted"))
            more: dict[str, Any] = {}
            if kind == "refunded":
                more = {"price_minor": dice.randrange(sale["price_minor"] + 1)}
            if kind == "corrected":
                more = {"price_minor": dice.randrange(300_000), "reason": "mistake"}
            events.append(
                a_later_event(kind, number, of=sale["sequence"], **more)
                | {"venue": sale["venue"], "showing": sale["showing"]}
            )
        else:
            start = f"2026-11-2{dice.randrange(3, 8)}T1{dice.randrange(10)}:00:00Z"
            events.append(
                {
                    "kind": "showing_moved",
                    "sequence": number,
                    "venue": venue,
                    "showing": showing,
                    "starts_at": start,
                    "happened_at": "2026-11-24T10:00:00Z",
                }
            )
    return events


def enter(db: Database, events: list[dict[str, Any]], dice: random.Random) -> None:
    """Send events in batches of any size, and some batches twice."""
    vendor = a_vendor(db)
    writer = Writer(db, clock=lambda: EVENING)
    answers: list[Answer | EkinoError] = []
    at = 0
    while at < len(events):
        size = dice.randrange(1, 40)
        body = a_batch(*events[at : at + size])
        for _ in range(dice.choice((1, 1, 2))):
            writer.put(a_waiting(vendor, body, answers.append))
        at += size
    writer.start()
    writer.stop()
    assert all(isinstance(answer, Answer) for answer in answers)


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
