"""Rounds over real tables: rebuilt days are the same, two look in turns, and reports are refused by name."""

import json
from datetime import timedelta
from typing import Any

import psycopg

from ekino.db.database import Database
from ekino.feeds import service as feeds
from ekino.feeds.service.rounds import Rounds
from feed_country import OPENING, FeedCountry

# All but as_of: how far the fold had come when the row moved last.
_DAYS = """
    SELECT source_id, venue_id, business_date, entered, refused, unmended, late, duplicates, declared_tickets,
           declared_gross_minor, registered_tickets, registered_gross_minor, registered_at, showings_announced,
           showings_with_sales, gaps, state, completeness_ppm, is_excused, is_closed
      FROM feeds.venue_day ORDER BY source_id, venue_id, business_date"""


def days(db: Database) -> list[Any]:
    with psycopg.connect(db.dsn) as superuser:
        return superuser.execute(_DAYS).fetchall()


def a_day(tickets: int, *, is_final: bool = True) -> dict[str, Any]:
    return {
        "venue": "a",
        "business_date": "2026-11-24",
        "is_final": is_final,
        "tickets": tickets,
        "gross_minor": tickets * 100_000,
        "refunds": 0,
    }


def test_a_rebuild_from_batch_0_comes_to_the_same_days(db: Database) -> None:
    country = FeedCountry(db, {"a": 1, "b": 2}, days=3)
    with country.serving():
        for number in (1, 2, 6, 7):
            country.sell("a", number=number)
        country.sell("b", till=1, showing="2-0-1")
        country.sell("b", showing="nowhere")
        country.report("a", days=(a_day(3),))
        country.move(timedelta(minutes=17))
    before = days(db)

    feeds.rebuild(db, at=country.at)

    assert days(db) == before
    assert [(row[2].isoformat(), row[3]) for row in before if row[3]] == [
        ("2026-11-24", 4),
        ("2026-11-24", 1),
    ]


def test_two_who_look_take_turns(db: Database) -> None:
    country = FeedCountry(db, {"a": 1})
    country.look()
    other = Rounds(clock=lambda: country.at)

    other.follow(db)

    with psycopg.connect(db.dsn) as superuser:
        assert superuser.execute("SELECT watched_at FROM feeds.watch").fetchall() == [
            (OPENING,)
        ]
    country.at += timedelta(seconds=10)
    other.follow(db)
    with psycopg.connect(db.dsn) as superuser:
        assert superuser.execute("SELECT watched_at FROM feeds.watch").fetchall() == [
            (OPENING + timedelta(seconds=10),)
        ]


def test_a_report_is_answered_with_what_is_missing_and_how_its_days_compare(
    db: Database,
) -> None:
    country = FeedCountry(db, {"a": 1})
    with country.serving():
        country.sell("a", number=1)
        country.sell("a", number=4)
        country.look()
        differs = country.report("a", days=(a_day(5),))
        equal = country.report("a", days=(a_day(2),))
        open_ = country.report("a", days=(a_day(2, is_final=False),))

    assert differs["missing"] == [{"first": 2, "last": 3, "venue": "a"}]
    assert differs["register_size"] == 2
    assert differs["days"] == [
        {
            "venue": "a",
            "business_date": "2026-11-24",
            "declared": {"tickets": 5, "gross_minor": 500_000},
            "registered": {"tickets": 2, "gross_minor": 200_000, "as_of": 2},
            "state": "differs",
        }
    ]
    assert [answer["days"][0]["state"] for answer in (equal, open_)] == [
        "equal",
        "not_final",
    ]


def test_a_report_that_names_another_venue_or_cannot_be_read_is_refused_by_name(
    db: Database,
) -> None:
    country = FeedCountry(db, {"a": 1, "b": 1})
    till = country.cinemas["a"].tills[0]
    with country.serving():
        another = country.report("a", days=(a_day(1) | {"venue": "b"},))
        twice = country.report("a", days=(a_day(1), a_day(1)))
        resting = country.report(
            "a", resting_until=(OPENING + timedelta(days=8)).isoformat()
        )
        malformed = country.post(
            till, "/v1/feeds/report", json.dumps({"days": []}).encode()
        )

    assert [each["code"] for each in (another, twice, resting, malformed)] == [
        "source_may_not_speak_for_venue",
        *["report_is_malformed"] * 3,
    ]
    assert another["errors"][0]["pointer"] == "/days/0/venue"
    with psycopg.connect(db.dsn) as superuser:
        assert superuser.execute("SELECT count(*) FROM feeds.report").fetchone() == (0,)
