"""GET /v1/totals over HTTP: exact to those who may, as published to everybody else."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from board_server import own_database
from ekino.access import service as access
from ekino.db.database import Database
from ekino.kernel.moments import now
from ekino.opendata import service
from ekino.settings import Settings
from ekino.totals import service as totals
from ekino.totals.model.groups import Dimension
from ekino.web.app import create_app
from evening import KAZAKHSTAN, Evening
from factories import Vendor
from people import COOKIE_OVER_HTTPS, a_person, cookie_of

FIRST = date(2026, 11, 2)
DAYS = 3
AFTER = datetime(2026, 12, 1, tzinfo=UTC)
ADDRESS = "https://ekino.test"
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def country(server_folder: Path) -> Iterator[Database]:
    """Give a country that has sold for three days, and published two of them."""
    with own_database(server_folder) as db:
        evening = Evening()
        evening.load_country(db)
        for number in range(DAYS):
            showings = evening.announce(db, FIRST + number * DAY, showings=272)
            evening.enter(db, evening.sales(showings, tickets=6_000))
        for _ in range(DAYS - 1):
            service.publish_next(db, KAZAKHSTAN, at=AFTER)
        yield db


@pytest.fixture(scope="module")
def client(
    country: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    settings = Settings(public_url=ADDRESS, data_dir=tmp_path_factory.mktemp("data"))
    with TestClient(create_app(settings, country), base_url=ADDRESS) as client:
        yield client


@pytest.fixture(scope="module")
def operator(country: Database, tmp_path_factory: pytest.TempPathFactory) -> Vendor:
    """Give an operator, who signs as vendors do."""
    path = tmp_path_factory.mktemp("keys") / "operator.key"
    access.ensure_operator_key(country, path)
    from ekino.cli.replay.send import read_key

    return Vendor(read_key(path), "operator/local")


def rows(client: TestClient, query: str) -> list[dict[str, Any]]:
    answer = client.get(f"/v1/totals?{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["rows"]
    return found


def test_the_nation_is_exact_for_everybody(client: TestClient, country: Database) -> None:
    exact = totals.read_groups(country, by=(Dimension.FILM, Dimension.DAY)).rows

    told = rows(client, "by=film,day")

    assert told == json.loads(json.dumps(exact, default=str))


@pytest.mark.parametrize(
    "by",
    [
        "venue",
        "showing",
        "hour",
        "region,film",
        "region,language",
        "film,venue",
        "hour,day",
    ],
)
def test_what_would_give_a_venue_away_is_refused(client: TestClient, by: str) -> None:
    answer = client.get(f"/v1/totals?by={by}")

    assert answer.status_code == 403
    assert answer.json()["code"] == "not_public"


def test_regions_are_told_as_published(client: TestClient) -> None:
    answer = client.get("/v1/totals?by=region,day").json()

    assert answer["published_until"] == "2026-11-04"
    assert {row["day"] for row in answer["rows"]} == {"2026-11-02", "2026-11-03"}
    shown = [row for row in answer["rows"] if not row["suppressed"]]
    withheld = [row for row in answer["rows"] if row["suppressed"]]
    assert shown
    assert all(row["tickets"] % 5 == 0 for row in shown)
    assert withheld
    assert {
        (row["tickets"], row["gross_minor"], row["fees_minor"]) for row in withheld
    } == {(None, None, None)}


def test_an_operator_sees_every_figure(
    client: TestClient, country: Database, operator: Vendor
) -> None:
    path = "/v1/totals?by=region,venue,day"
    headers = operator.sign(
        b"", at=now(), uri=ADDRESS + path, method="GET", content_type="application/json"
    )

    told = client.get(path, headers=headers).json()["rows"]

    exact = totals.read_groups(
        country, by=(Dimension.REGION, Dimension.VENUE, Dimension.DAY)
    ).rows
    assert told == json.loads(json.dumps(exact, default=str))


def test_an_analyst_who_is_signed_in_sees_every_figure_and_others_do_not(
    client: TestClient, country: Database
) -> None:
    cookies = {
        role: cookie_of(country, a_person(country, role)) for role in ("analyst", "auditor")
    }

    def ask(role: str) -> int:
        headers = {"Cookie": f"{COOKIE_OVER_HTTPS}={cookies[role]}"}
        return client.get("/v1/totals?by=venue", headers=headers).status_code

    assert {role: ask(role) for role in cookies} == {"analyst": 200, "auditor": 403}


def test_a_signature_that_is_wrong_opens_nothing(
    client: TestClient, operator: Vendor
) -> None:
    headers = operator.sign(b"", at=now(), uri=f"{ADDRESS}/v1/totals?by=day", method="GET")

    assert client.get("/v1/totals?by=venue", headers=headers).status_code == 401
