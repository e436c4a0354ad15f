"""The operations room: how uploads are, what needs explanation, how far followers are."""

from typing import Protocol

from starlette.testclient import TestClient

from ekino.archive.service import watch
from ekino.db.database import Database


class Desk(Protocol):
    """What an analyst has before them."""

    db: Database
    client: TestClient

    def page(self, address: str, language: str = "en") -> str: ...


def test_the_room_is_there_in_every_language(desk: Desk) -> None:
    for language in ("kk", "ru", "en"):
        page = desk.page("/gov?finding=place_twice", language)
        assert page.count("<h1>") == 1
        assert '<a href="/gov/feeds?state=silent">0</a>' in page
    assert desk.client.get("/gov.pdf").status_code == 404
    assert "/gov/explore" in page
    assert "/gov/brief" in page
    assert "Needs explanation" in page


def test_lags_are_what_followers_have_not_read(desk: Desk) -> None:
    lags = watch.read_lags(desk.db)

    assert (lags["totals"], lags["archive"]) == (0, 0)
    assert lags["tickets"] == lags["size"]
