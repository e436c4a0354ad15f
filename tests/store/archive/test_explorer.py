"""The explorer's page, its files, the questions people keep, and the way down to one ticket."""

import csv
import io
import json
import re
from html import unescape
from pathlib import Path
from typing import Any, Protocol

import pytest
from starlette.datastructures import QueryParams
from starlette.testclient import TestClient

from ekino.access.model.permissions import RoleName
from ekino.archive import service as archive
from ekino.archive.model.question import Dimension
from ekino.archive.pages.asking import read_asking
from ekino.archive.service import saved, tickets
from ekino.db.database import Database, Role
from history import TODAY
from people import form_token, signed_in

YEAR = "from=2024-11-01&to=2026-12-01"


class Desk(Protocol):
    """What an analyst has before them."""

    db: Database
    client: TestClient
    cookie: str
    folder: Path

    def page(self, address: str, language: str = "en") -> str: ...


def hrefs(page: str, begin: str) -> list[str]:
    return [
        unescape(each) for each in re.findall(rf'href="({re.escape(begin)}[^"]*)"', page)
    ]


QUERIES = (
    "",
    f"by=region&{YEAR}",
    f"by=day&{YEAR}&compare=before",
    f"by=showing&{YEAR}&measure=occupancy",
    f"by=sales_channel&by=concession&{YEAR}&compare=year&measure=refunds",
    f"by=film&by=weekday&{YEAR}&measure=venues&region=KZ-75&origin=domestic&chain=-",
    f"by=hall&{YEAR}&film=nowhere&hour=25&week=nonsense&showing=12",
    f"by=region&{YEAR}&view=map",
    *(f"by={each}&{YEAR}" for each in Dimension),
)


def test_every_question_has_a_page_in_every_language(desk: Desk) -> None:
    for language in ("kk", "ru", "en"):
        for query in QUERIES:
            page = desk.page(f"/gov/explore?{query}", language)

            assert f'<html lang="{language}"' in page
            assert page.count("<h1>") == 1


def test_nonsense_in_an_address_is_as_if_it_had_not_been_said(desk: Desk) -> None:
    page = desk.page(
        "/gov/explore?measure=x&by=y&by=film&by=film&period=z&from=2026-13-01&limit=-3&view=9"
    )

    assert 'value="film" selected' in page


def test_every_exported_figure_equals_the_page(desk: Desk) -> None:
    query = f"by=region&by=film&{YEAR}&compare=before"
    page = desk.page(f"/gov/explore?{query}")
    document = json.loads(desk.client.get(f"/gov/explore.json?{query}").text)
    text = desk.client.get(f"/gov/explore.csv?{query}").text.removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text)))

    shown = [
        re.sub(r"<[^>]+>|\s|&nbsp;|\xa0", "", cell)
        for cell in re.findall(r'<td class="k-money"[^>]*>(.*?)</td>', page)
    ]
    tenge = [f"{round(each['takings_minor'] / 100 + 1e-9):d}₸" for each in document["rows"]]
    assert [cell for cell in shown if cell in tenge][: len(tenge)] != []
    assert len(rows) == len(document["rows"]) + 1
    for row, line in zip(document["rows"], rows, strict=False):
        assert str(row["takings_minor"]) == line["takings_minor"]
        assert str(row["admissions"]) == line["admissions"]
    assert desk.client.get(f"/gov/explore.xlsx?{query}").content[:2] == b"PK"
    assert desk.client.get(f"/gov/explore.pdf?{query}").status_code == 404


def test_a_running_day_is_said_to_have_moved_against_no_whole_one(desk: Desk) -> None:
    for address in ("explore", "brief"):
        page = desk.page(f"/gov/{address}?period=today&by=region&compare=year")

        assert "No change is told until a day has ended" in page
        assert "▲" not in page
        assert "▼" not in page
    ended = desk.page("/gov/explore?period=yesterday&by=region&compare=year")
    assert "No change is told" not in ended


def test_a_file_has_every_group(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ekino.archive.pages.asking.ROWS_SHOWN", 3)
    query = f"by=day&{YEAR}"
    page = desk.page(f"/gov/explore?{query}")
    document = json.loads(desk.client.get(f"/gov/explore.json?{query}").text)

    assert "3 of" in page
    assert len(document["rows"]) > 3


def test_a_question_is_kept_by_its_person_and_forgotten_by_nobody_else(desk: Desk) -> None:
    token = form_token(desk.cookie)
    fields = {
        "form": token,
        "name": "  Алматы \n апта ",
        "question": "by=region&evil=1&period=week",
    }

    answer = desk.client.post("/gov/saved", data=fields, follow_redirects=False)
    page = desk.page("/gov/saved")

    assert answer.status_code == 303
    assert "Алматы апта" in page
    assert hrefs(page, "/gov/explore?") == [
        "/gov/explore?measure=takings&by=region&period=week"
    ]
    number = re.findall(r"/gov/saved/([0-9]+)", page)[0]
    other = signed_in(desk.client, desk.db)
    assert "Алматы апта" not in desk.page("/gov/saved")
    desk.client.post(f"/gov/saved/{number}", data={"form": form_token(other)})
    desk.client.cookies.set("ekino", desk.cookie)
    assert "Алматы апта" in desk.page("/gov/saved")
    desk.client.post(f"/gov/saved/{number}", data={"form": token})
    assert "Алматы апта" not in desk.page("/gov/saved")
    assert desk.client.post("/gov/saved", data={**fields, "name": " "}).status_code == 400
    assert desk.client.post("/gov/saved", data={**fields, "form": "x"}).status_code == 403


def test_names_and_saved_questions_have_limits(desk: Desk) -> None:
    for number in range(saved.SAVED_MAX):
        saved.save(desk.db, 7, name=f"{number}", question="")

    with pytest.raises(Exception, match="nobody keeps more"):
        saved.save(desk.db, 7, name="one more", question="")
    with pytest.raises(Exception, match="characters"):
        saved.save(desk.db, 8, name="x" * (saved.NAME_CHARACTERS_MAX + 1), question="")


def test_the_rooms_are_the_analysts_alone(desk: Desk) -> None:
    signed_in(desk.client, desk.db, RoleName.OPERATOR)

    for address in (
        "/gov/explore",
        "/gov/explore.csv",
        "/gov/saved",
        "/gov/tickets",
        "/gov/tickets/0",
    ):
        assert desk.client.get(address).status_code == 403, address
    desk.client.cookies.clear()
    answer = desk.client.get("/gov/explore?by=film", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=%2Fgov%2Fexplore")


def looks(db: Database) -> list[tuple[Any, ...]]:
    with db.transaction(Role.OFFICE) as tx:
        return tx.execute(
            "SELECT action, subject FROM access.audit WHERE action LIKE 'saw_%' ORDER BY audit_id"
        ).fetchall()


def test_four_clicks_lead_from_the_country_to_one_ticket_and_each_look_is_noted(
    desk: Desk,
) -> None:
    country = desk.page(f"/gov/explore?by=region&{YEAR}")
    region = hrefs(country, "/gov/explore?")
    first = next(each for each in region if "region=KZ-75" in each and "by=venue" in each)
    venues = desk.page(first)
    venue = next(
        each
        for each in hrefs(venues, "/gov/explore?")
        if "venue=" in each and "by=showing" in each
    )
    listing = next(iter(hrefs(desk.page(venue), "/gov/tickets?")))
    page = desk.page(listing)
    ticket = hrefs(page, "/gov/tickets/")[0]
    entry = desk.page(ticket)

    assert "/v1/proof/" in entry
    assert ">sold<" not in desk.page(ticket, "kk")
    assert "&#34;kind&#34;" in entry
    assert looks(desk.db) == [
        (
            "saw_tickets",
            read_asking(QueryParams(listing.partition("?")[2]), TODAY).address(
                "/gov/tickets"
            ),
        ),
        ("saw_ticket", ticket),
        ("saw_ticket", ticket),
    ]
    assert desk.client.get("/gov/tickets/99999999").status_code == 404
    assert desk.client.get("/gov/tickets/x").status_code == 404


FIGURES = (
    "by=region",
    "region=KZ-75",
    "film=steppe&sales_channel=app&sales_channel=web",
    "concession=adult",
    "concession=-&sales_channel=box_office",
    "weekday=2&hour=10&hour=11&hour=12",
    "distributor=-",
    # Another range of dates, of which the year before has sales too.
    "from=2026-11-01&to=2026-11-30&compare=year",
)


def test_the_entries_behind_a_figure_add_up_to_it(desk: Desk) -> None:
    for query in FIGURES:
        verify_sum(desk, query)


def verify_sum(desk: Desk, query: str) -> None:
    """Turn every page of a listing and hold what it adds up to against the cube."""
    cube = archive.Cube(desk.db, desk.folder / "archive", country="KZ", currency="KZT")
    question = read_asking(QueryParams(f"{YEAR}&{query}"), TODAY).question
    figure = cube.ask(question).whole.now

    sums, first, pages = [0, 0, 0, 0], 0, 0
    while True:
        found = tickets.list_tickets(desk.db, cube, question, as_of=None, first=first)
        for row in found.rows:
            each = row.sums
            added = (each.admissions, each.gross_minor, each.fees_minor, each.refunded)
            sums = [before + more for before, more in zip(sums, added, strict=True)]
        pages += 1
        if found.following is None:
            break
        first = found.following
    cube.close()

    expected = [figure.admissions, figure.gross_minor, figure.fees_minor, figure.refunded]
    assert sums == expected
    assert found.whole is not None
    assert [found.whole.admissions, found.whole.gross_minor] == expected[:2]
    assert pages == -(-(found.entries or 1) // tickets.ENTRIES_SHOWN_MAX)


def test_a_listing_stays_as_of_its_position(desk: Desk) -> None:
    cube = archive.Cube(desk.db, desk.folder / "archive", country="KZ", currency="KZT")
    question = read_asking(QueryParams(YEAR), TODAY).question

    found = tickets.list_tickets(desk.db, cube, question, as_of=50, first=0)
    cube.close()

    assert found.as_of == 50
    assert all(row.found.position < 50 for row in found.rows)
