"""A cinema's pages against plain questions to the register, and against the ministry's answer."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from board_server import own_database
from ekino.own.model.benchmark import Withheld
from ekino.own.model.cinema import LightState
from ekino.own.service import cinema as service
from ekino.settings import Settings
from ekino.totals import service as totals
from ekino.totals.model.groups import Dimension
from ekino.ui import formats
from ekino.ui.languages import Language
from ekino.web.app import create_app
from factories import EVENING
from organisations import Trade
from people import signed_in

TUESDAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def trade(server_folder: Path) -> Iterator[Trade]:
    with own_database(server_folder) as db:
        yield Trade(db)


@pytest.fixture
def client(trade: Trade, tmp_path: Path) -> Iterator[TestClient]:
    app = create_app(Settings(data_dir=tmp_path), trade.db)
    with TestClient(app, raise_server_exceptions=False) as client:
        signed_in(client, trade.db, "exhibitor", trade.ids["exh-aurora"])
        yield client


def read(trade: Trade, code: str = "aurora-1") -> service.Day:
    venues = service.list_venues(trade.db, [trade.ids["exh-aurora"]])
    return service.read_day(
        trade.db, service.choose(venues, code), TUESDAY, at=EVENING + timedelta(minutes=5)
    )


def plain(trade: Trade, question: str, *values: Any) -> list[Any]:
    with psycopg.connect(trade.db.dsn) as superuser:
        return superuser.execute(question, values).fetchall()


@pytest.mark.parametrize("code", ["aurora-1", "aurora-2"])
def test_every_hall_says_what_the_register_says(trade: Trade, code: str) -> None:
    day = read(trade, code)

    asked = """
        SELECT hall.code, sum(entry.admissions), sum(entry.gross_minor) FROM register.entry
          JOIN catalog.showing USING (showing_id) JOIN catalog.hall USING (hall_id)
         WHERE showing.venue_id = %s AND showing.business_date = %s AND sales_channel IS NOT NULL
         GROUP BY 1 ORDER BY 1"""
    assert [
        (hall.hall, hall.figures.admissions, hall.figures.gross_minor) for hall in day.halls
    ] == plain(trade, asked, trade.venues[code], TUESDAY)
    by_now = """
        SELECT coalesce(sum(entry.gross_minor), 0) FROM register.entry JOIN catalog.showing USING (showing_id)
         WHERE venue_id = %s AND business_date = %s AND sales_channel IS NOT NULL AND happened_at < %s"""
    assert [(day.whole.now.gross_minor,)] == plain(
        trade, by_now, trade.venues[code], TUESDAY, day.until
    )


def test_last_week_is_counted_until_the_same_hour(trade: Trade) -> None:
    day = read(trade)

    asked = """
        SELECT coalesce(sum(entry.gross_minor), 0) FROM register.entry JOIN catalog.showing USING (showing_id)
         WHERE venue_id = %s AND business_date = %s AND sales_channel IS NOT NULL AND happened_at < %s"""
    week = timedelta(days=7)
    assert [(day.whole.before.gross_minor,)] == plain(
        trade, asked, trade.venues["aurora-1"], TUESDAY - week, day.until - week
    )


def test_the_mirror_is_the_ministrys_own_line(trade: Trade) -> None:
    day = read(trade)

    rows = totals.read_groups(
        trade.db,
        by=(Dimension.VENUE,),
        from_date=TUESDAY,
        to_date=TUESDAY + timedelta(days=1),
    ).rows
    line = next(row for row in rows if row["venue"] == "aurora-1")
    assert (day.mirror.tickets, day.mirror.gross_minor, day.mirror.showings) == (
        line["tickets"],
        line["gross_minor"],
        line["showings"],
    )
    assert day.mirror.gross_minor == day.figures.gross_minor


def test_lights_tell_what_was_heard_of_each_key(trade: Trade) -> None:
    at = EVENING + timedelta(minutes=5)
    lights = {light.key_id: light for light in read(trade).lights}

    assert set(lights) == {"own-aurora/batch", "own-aurora/till-aurora-1"}
    assert {light.state(at) for light in lights.values()} == {LightState.ON_LINE}
    quiet = lights["own-aurora/batch"].state(at + timedelta(hours=1))
    assert quiet is LightState.QUIET
    # The cloud speaks for others too: of its tills one sees none but those of one's own cinema.
    shared = {light.key_id for light in read(trade, "aurora-2").lights}
    assert shared == {"cloud/batch", "cloud/till-aurora-2"}


def test_a_small_trade_is_compared_with_nobody(trade: Trade) -> None:
    found = read(trade).benchmark

    assert isinstance(found, Withheld)
    assert found.reports


def test_reports_count_what_was_received_entered_and_refused(trade: Trade) -> None:
    venues = service.list_venues(trade.db, [trade.ids["exh-aurora"]])
    venue = service.choose(venues, "aurora-1")
    # The evening of the tests is after midnight in Almaty, and before six.
    reports, _, _ = service.read_reports(trade.db, venue, TUESDAY)
    by_day = {report.business_date: report for report in reports}

    entered = """
        SELECT business_date, count(*) FROM register.entry JOIN catalog.showing USING (showing_id)
         WHERE venue_id = %s AND sales_channel IS NOT NULL GROUP BY 1 ORDER BY 1"""
    assert [
        (day, by_day[day].entered) for day in sorted(by_day) if by_day[day].entered
    ] == plain(trade, entered, trade.venues["aurora-1"])
    refused = """
        SELECT outcome, count(*) FROM register.refusal WHERE problem ->> 'venue' = 'aurora-1' GROUP BY 1 ORDER BY 1"""
    found: dict[str, int] = {}
    for refusal in by_day[TUESDAY].refusals:
        if refusal.names_venue:
            found[refusal.outcome] = found.get(refusal.outcome, 0) + 1
    assert sorted(found.items()) == plain(trade, refused)
    # Of its own system also what names no cinema of its own; of the cloud nothing of the kind.
    assert any(not each.names_venue for each in by_day[TUESDAY].refusals)
    shared, _, _ = service.read_reports(
        trade.db, service.choose(venues, "aurora-2"), TUESDAY
    )
    assert all(each.names_venue for each in shared[0].refusals)


def test_a_day_may_be_reported_until_its_end_and_what_was_agreed(trade: Trade) -> None:
    venues = service.list_venues(trade.db, [trade.ids["exh-aurora"]])
    venue = service.choose(venues, "aurora-1")

    report = service.read_reports(trade.db, venue, TUESDAY, days=1)[0][0]

    assert report.due_at == venue.begins(TUESDAY + timedelta(days=2))
    assert report.left(report.due_at - timedelta(hours=1)) == timedelta(hours=1)
    assert report.left(report.due_at) is None


@pytest.mark.parametrize("part", ["halls", "showings"])
def test_every_file_says_what_the_page_says(client: TestClient, part: str) -> None:
    query = f"venue=aurora-1&date={TUESDAY}&table={part}"
    rows = list(
        csv.reader(io.StringIO(client.get(f"/cinema.csv?{query}").text.lstrip("\ufeff")))
    )
    found = json.loads(client.get(f"/cinema.json?{query}").text)
    page = client.get(f"/cinema?{query}&lang=en").text

    assert client.get(f"/cinema.xlsx?{query}").status_code == 200
    assert len(found["rows"]) == len([row for row in rows if row]) - 1 - (
        "total" in found and part == "halls"
    )
    for row in found["rows"]:
        minor = row["takings_minor"] if "takings_minor" in row else row["takings"]
        assert formats.money(minor, "KZT", Language.EN) in page


def test_a_cinema_that_is_not_ones_own_is_not_there(client: TestClient) -> None:
    for query in ("venue=borealis-1", "venue=nowhere-1", "venue=aurora-1&date=yesterday"):
        assert client.get(f"/cinema?{query}").status_code == 404
