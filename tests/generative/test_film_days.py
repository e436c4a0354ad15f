"""Films' national days: equal to a plain GROUP BY, whatever the schedule does meanwhile."""

import json
import random
import threading
from typing import Any

import pytest

from ekino.catalog import service as catalog
from ekino.catalog.document import read_document
from ekino.db.database import Database, Role
from ekino.totals import service as totals
from factories import CATALOG, a_catalog
from invented_register import enter, invent

Row = tuple[Any, ...]

PLAIN = """
WITH taken AS (
    SELECT showing.business_date, showing.film_id, region.country, venue.currency,
           sum(entry.admissions) AS admissions, sum(entry.gross_minor) AS gross_minor,
           sum(entry.fees_minor) AS fees_minor
      FROM register.entry JOIN catalog.showing USING (showing_id)
      JOIN catalog.venue USING (venue_id) JOIN catalog.region ON region.code = venue.region_code
     WHERE entry.sales_channel IS NOT NULL
     GROUP BY 1, 2, 3, 4
), shown AS (
    SELECT business_date, film_id, region.country, venue.currency, count(*) AS showings,
           sum(capacity) AS capacity, count(DISTINCT venue_id) AS venues
      FROM catalog.showing
      JOIN catalog.venue USING (venue_id) JOIN catalog.region ON region.code = venue.region_code
     WHERE state = 'announced'
     GROUP BY 1, 2, 3, 4
)
SELECT business_date, film_id, country, currency, coalesce(admissions, 0)::bigint,
       coalesce(gross_minor, 0)::bigint, coalesce(fees_minor, 0)::bigint,
       coalesce(showings, 0)::bigint, coalesce(capacity, 0)::bigint, coalesce(venues, 0)::bigint
  FROM taken FULL JOIN shown USING (business_date, film_id, country, currency)
 ORDER BY 1, 2, 3, 4
"""
PLAIN_DAYS = """
SELECT showing.business_date, showing.venue_id, showing.film_id, showing.language,
       sum(admissions)::bigint, sum(gross_minor)::bigint, sum(fees_minor)::bigint
  FROM register.entry JOIN catalog.showing USING (showing_id)
 WHERE entry.sales_channel IS NOT NULL GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
DAYS = """
SELECT business_date, venue_id, film_id, language, sum(admissions)::bigint,
       sum(gross_minor)::bigint, sum(fees_minor)::bigint
  FROM totals.day GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
FOLDED = "SELECT * FROM totals.film_day ORDER BY 1, 2, 3, 4"


def read(db: Database, question: str) -> list[Row]:
    with db.transaction(Role.READER) as tx:
        rows: list[Row] = tx.execute(question).fetchall()
    return [row for row in rows if any(row[4:])]


def rearrange(db: Database, dice: random.Random, times: int) -> None:
    """Announce, move, cancel and recast showings, a few at a time."""
    for number in range(times):
        rows = []
        for venue in ("ALA-1", "AST-1"):
            for hall, version in (("1", "steppe-kk"), ("2", "storm-ru")):
                if dice.random() < 0.5:
                    code = dice.choice((f"{version}-{hall}", f"more-{dice.randrange(5)}"))
                    day = dice.randrange(23, 27)
                    rows.append(
                        {
                            "venue": venue,
                            "code": code,
                            "hall": hall,
                            "version": dice.choice(("steppe-kk", "storm-ru")),
                            "starts_at": f"2026-11-{day}T{dice.randrange(10, 24)}:00:00Z",
                            "capacity": dice.randrange(10, 200),
                            "state": dice.choice(("announced", "announced", "cancelled")),
                        }
                    )
        codes = {(row["venue"], row["code"]): row for row in rows}
        if codes:
            document = {"showings": list(codes.values())}
            catalog.load(db, read_document(json.dumps(document).encode()))
        if number % 5 == 0:
            totals.follow(db, entries_max=dice.randrange(1, 60))


@pytest.fixture
def country(db: Database) -> Database:
    """Give the two cinemas, one of which counts in another money."""
    a_catalog(db)
    border = dict(CATALOG["venues"][1], code="BRD-1", currency="UZS", region="KZ-71")
    document = {
        "venues": [border],
        "halls": [{"venue": "BRD-1", "code": "1", "capacity": 70}],
        "showings": [
            {
                "venue": "BRD-1",
                "code": "b",
                "hall": "1",
                "version": "steppe-kk",
                "starts_at": "2026-11-24T14:30:00Z",
            }
        ],
    }
    catalog.load(db, read_document(json.dumps(document).encode()))
    return db


@pytest.mark.parametrize("seed", range(5))
def test_film_days_equal_a_plain_group_by_while_the_schedule_moves(
    country: Database, seed: int
) -> None:
    dice = random.Random(seed)
    events = invent(dice, 200)
    over = threading.Event()

    def follow() -> None:
        while not over.is_set():
            totals.follow(country, entries_max=25)

    follower = threading.Thread(target=follow)
    mover = threading.Thread(target=rearrange, args=(country, random.Random(seed + 50), 40))
    for each in (follower, mover):
        each.start()
    enter(country, events, dice)
    mover.join()
    over.set()
    follower.join()
    while totals.follow(country):
        pass
    # A change of the schedule alone moves no position.
    totals.follow(country)

    live = read(country, FOLDED)
    assert live == read(country, PLAIN)
    assert read(country, DAYS) == read(country, PLAIN_DAYS)
    totals.rebuild(country)
    assert read(country, FOLDED) == live


def test_what_a_release_without_film_days_folded_is_summed_up_at_the_next_fold(
    country: Database,
) -> None:
    dice = random.Random(5)
    enter(country, invent(dice, 150), dice)
    while totals.follow(country):
        pass
    with country.transaction(Role.FOLLOWER) as tx:
        tx.execute("TRUNCATE totals.film_day")
        tx.execute(
            "DELETE FROM totals.placement WHERE showing_id NOT IN (SELECT showing_id FROM totals.showing)"
        )
        tx.execute(
            "UPDATE totals.follower SET film_days_position = 0, film_days_revision = 0"
        )

    totals.follow(country)

    assert read(country, FOLDED) == read(country, PLAIN)
    rearrange(country, dice, 10)
    while totals.follow(country):
        pass
    totals.follow(country)
    assert read(country, FOLDED) == read(country, PLAIN)
