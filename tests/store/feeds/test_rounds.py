"""Rounds over real tables: rebuilt days are the same, two look in turns, and reports are refused by name."""

import json
from datetime import timedelta
from typing import Any

import psycopg

from ekino.db.database import Database
from ekino.feeds import service as feeds
from ekino.feeds.service.reports import DECLARED_WITHIN
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


def test_a_day_that_was_split_over_two_keys_is_equal_to_whoever_declares_it_and_to_the_watch(
    db: Database,
) -> None:
    country = FeedCountry(db, {"a": 2})
    old, new = 0, 1
    with country.serving():
        for number in (1, 2):
            country.sell("a", till=old, number=number)
        first = country.report("a", till=old, days=(a_day(1, is_final=False),))
        # The new key goes on with the old one's numbers: that was rotated.
        country.at += timedelta(minutes=1)
        for number in (3, 4, 5):
            country.sell("a", till=new, number=number)
        country.look()
        whole = country.report("a", till=new, days=(a_day(5),))
        country.report("a", till=old, days=(a_day(2),))
        part = country.report("a", till=new, days=(a_day(3),))
        country.move(timedelta(minutes=1))

    assert [each["days"][0]["state"] for each in (first, whole, part)] == [
        "not_final",
        "equal",
        "equal",
    ]
    with psycopg.connect(db.dsn) as superuser:
        declared = superuser.execute(
            "SELECT declared_tickets, registered_tickets FROM feeds.venue_day"
            " WHERE business_date = '2026-11-24'"
        ).fetchall()
    assert declared == [(5, 5)]


def test_a_till_is_not_asked_while_another_has_still_to_declare_the_day(
    db: Database,
) -> None:
    country = FeedCountry(db, {"a": 2})
    with country.serving():
        for till in (0, 1):
            country.sell("a", till=till)
        country.look()
        states = [
            country.report("a", till=till, days=(a_day(tickets),))["days"][0]["state"]
            for till, tickets in ((0, 7), (1, 1), (0, 1))
        ]

    assert states == ["not_final", "differs", "equal"]


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
        far = [
            country.report("a", days=(a_day(1) | {"business_date": day.isoformat()},))
            for day in (
                OPENING.date() + DECLARED_WITHIN + timedelta(days=1),
                OPENING.date() - DECLARED_WITHIN - timedelta(days=1),
            )
        ]
        malformed = country.post(
            till, "/v1/feeds/report", json.dumps({"days": []}).encode()
        )

    assert [each["code"] for each in (another, twice, resting, *far, malformed)] == [
        "source_may_not_speak_for_venue",
        *["report_is_malformed"] * 5,
    ]
    assert another["errors"][0]["pointer"] == "/days/0/venue"
    with psycopg.connect(db.dsn) as superuser:
        assert superuser.execute("SELECT count(*) FROM feeds.report").fetchone() == (0,)


def test_a_day_at_the_limit_is_taken_and_the_same_word_again_computes_nothing_anew(
    db: Database,
) -> None:
    country = FeedCountry(db, {"a": 1})
    first = (OPENING.date() - DECLARED_WITHIN).isoformat()

    def touched() -> list[str]:
        with psycopg.connect(db.dsn) as superuser:
            found = superuser.execute("DELETE FROM feeds.touched RETURNING business_date")
            return [day.isoformat() for (day,) in found.fetchall()]

    with country.serving():
        seen = []
        for tickets in (1, 1, 2):
            country.report("a", days=(a_day(tickets) | {"business_date": first},))
            seen.append(touched())

    assert seen == [[first], [], [first]]
