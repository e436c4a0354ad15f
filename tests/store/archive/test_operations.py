"""The operations room: venues not heard from, what needs explanation, how far followers are."""

import json
from datetime import UTC, datetime, timedelta
from typing import Protocol

from starlette.testclient import TestClient

from ekino.archive.service import watch
from ekino.db.database import Database, Role
from history import load


class Desk(Protocol):
    """What an analyst has before them."""

    db: Database
    client: TestClient

    def page(self, address: str, language: str = "en") -> str: ...


def announce(db: Database, starts_at: datetime, *venues: str, code: str = "x") -> None:
    load(
        db,
        showings=[
            {
                "venue": venue,
                "code": code,
                "hall": "1",
                "version": "steppe-kk",
                "starts_at": starts_at.isoformat(),
            }
            for venue in venues
        ],
    )


def silent(db: Database, at: datetime, region: str | None = None) -> list[str]:
    found = watch.list_silent(
        db, country="KZ", currency="KZT", business_date=at.date(), at=at, region=region
    )
    return [each.code for each in found]


def test_a_venue_is_not_heard_from_only_while_its_showings_are_on(desk: Desk) -> None:
    with desk.db.transaction(Role.READER) as tx:
        rows = tx.execute("SELECT max(last_recorded_at) FROM totals.venue").fetchone()
    heard_at = rows[0] if rows else datetime.now(UTC)
    at = heard_at + timedelta(days=3)
    announce(desk.db, at + timedelta(minutes=59), "ALA-1", "AST-1")
    announce(desk.db, at + timedelta(minutes=61), "ORL-1")
    announce(desk.db, at - timedelta(minutes=31), "ALA-2")
    announce(desk.db, at, "NYC-1")

    assert sorted(silent(desk.db, at)) == ["ALA-1", "AST-1"]
    assert silent(desk.db, at, "KZ-71") == ["AST-1"]
    # The same showings, moments after the venues were heard.
    announce(desk.db, heard_at + timedelta(minutes=30), "ALA-1", code="y")
    assert silent(desk.db, heard_at + timedelta(minutes=1)) == []


def test_the_room_is_there_in_every_language(desk: Desk) -> None:
    announce(desk.db, datetime.now(UTC), "ALA-1")
    for language in ("kk", "ru", "en"):
        page = desk.page("/gov?finding=place_twice&region=KZ-75", language)
        assert page.count("<h1>") == 1
        assert "Cinema ALA-1" in page
    document = json.loads(desk.client.get("/gov.json").text)
    assert [row["venue"] for row in document["rows"]] == ["Cinema ALA-1"]
    assert desk.client.get("/gov.pdf").status_code == 404
    assert "/gov/explore" in page
    assert "/gov/brief" in page
    assert "Needs explanation" in page


def test_lags_are_what_followers_have_not_read(desk: Desk) -> None:
    lags = watch.read_lags(desk.db)

    assert (lags["totals"], lags["archive"]) == (0, 0)
    assert lags["tickets"] == lags["size"]
