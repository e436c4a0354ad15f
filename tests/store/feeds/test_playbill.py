"""A round that remembers what is on knows what one knows that reads it all."""

import json
from datetime import timedelta

import psycopg

from ekino.access import service as access
from ekino.catalog import service as catalog
from ekino.catalog.document import read_document
from ekino.db.database import Database, Role
from ekino.feeds.service.playbill import Playbill
from feed_country import OPENING, FeedCountry, a_source

SINCE = OPENING - timedelta(hours=26)
# By source and venue: when showings are on, and by hall what has begun and what of it is unsold.
Seen = dict[str, tuple[object, dict[str, tuple[int, list[str]]]]]


class Reader:
    """A playbill, and what it knows at a time."""

    def __init__(self, country: FeedCountry) -> None:
        self._country = country
        self._playbill = Playbill()

    def look(self, minutes: int = 0) -> Seen:
        at = OPENING + timedelta(minutes=minutes)
        with self._country.db.transaction(Role.FOLLOWER) as tx:
            self._playbill.look(tx, SINCE, at)
        return {
            str(pair): (
                [span for span in self._playbill.spans[pair] if span[0] <= at],
                {
                    name: (hall.begun, [start.isoformat() for start, _ in hall.quiet])
                    for name, hall in halls.items()
                    if hall.begun
                },
            )
            for pair, halls in self._playbill.halls.items()
            if any(hall.begun for hall in halls.values())
        }


def load(db: Database, *showings: dict[str, str]) -> None:
    catalog.load(db, read_document(json.dumps({"showings": showings}).encode()))


def a_showing(
    venue: str, code: str, hall: str, minutes: int, **more: str
) -> dict[str, str]:
    starts_at = (OPENING + timedelta(minutes=minutes)).isoformat()
    return {
        "venue": venue, "code": code, "hall": hall, "version": "steppe-kk",
        "starts_at": starts_at, **more,
    }  # fmt: skip


def sell(db: Database, venue: str, code: str) -> None:
    """Let the fold have counted a sale."""
    with psycopg.connect(db.dsn) as superuser:
        superuser.execute(
            "INSERT INTO feeds.sale SELECT showing_id, source_id, 1, 1, 100000, 0, 0, %s, 0"
            " FROM catalog.showing JOIN catalog.venue USING (venue_id)"
            " JOIN access.source_hall USING (hall_id)"
            " WHERE venue.code = %s AND showing.code = %s",
            (OPENING, venue, code),
        )


def test_what_is_remembered_is_what_is_there(db: Database) -> None:
    country = FeedCountry(db, {"a": 1, "b": 1}, days=1)
    reader = Reader(country)
    seen = [reader.look()]

    def compare(minutes: int) -> None:
        """Hold what is remembered against what is read anew, and see that it has moved."""
        now = reader.look(minutes)
        assert now == Reader(country).look(minutes)
        assert now != seen[-1]
        seen.append(now)

    sell(db, "a", "tonight-1")
    compare(0)
    # A showing that begins later in the hour was read before it did.
    compare(55)
    load(db, a_showing("b", "late-2", "1", 40))
    compare(55)
    load(db, a_showing("b", "late-2", "1", 40, state="cancelled"))
    compare(55)
    load(db, a_showing("a", "extra", "2", 30), a_showing("a", "next", "1", 65))
    compare(55)
    sell(db, "a", "extra")
    compare(55)
    # It may sell in one of its halls only, from now on.
    access.load_sources(db, [a_source(country.cinemas["a"], halls=[("a", "1")])], actor="t")
    compare(55)
    # Another hour: everything is read again.
    compare(70)
