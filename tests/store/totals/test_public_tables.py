"""Permanent tables as pages and files: equal to the cell, in three languages, empty or not."""

import pytest
from starlette.testclient import TestClient

from board_server import board_app
from ekino.db.database import Database
from ekino.ui.languages import Language
from season import NOON, TRICKY
from sheets import verify_files

# The client of the framework leaves its streams to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
PERIODS = (
    "/day/2026-11-21",
    "/day/2026-11-24",
    "/weekend/2026-11-19",
    "/month/2026-11",
    "/year/2026",
)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("path", [*PERIODS, "/calendar/2026", "/calendar"])
def test_every_file_holds_what_the_page_shows(
    client: TestClient, path: str, language: Language
) -> None:
    assert verify_files(client, path, path + "{}", language) > 100


@pytest.mark.parametrize("path", PERIODS)
def test_files_with_fees_hold_what_the_page_with_fees_shows(
    client: TestClient, path: str
) -> None:
    cells = verify_files(client, f"{path}?fees=1", path + "{}?fees=1", Language.RU)

    assert cells > 100
    without = client.get(f"{path}.json").json()
    with_fees = client.get(f"{path}.json?fees=1").json()
    assert with_fees["table"] == without["table"] + "-with-fees"
    assert with_fees["total"]["takings_with_fees_minor"] > without["total"]["takings_minor"]


def test_a_table_is_sorted_as_asked_on_the_page_and_in_its_files(
    client: TestClient,
) -> None:
    path = "/month/2026-11{}?sort=-admissions"

    assert verify_files(client, path.format(""), path, Language.KK) > 100
    rows = client.get(path.format(".json")).json()["rows"]
    admissions = [row["admissions"] for row in rows]
    assert admissions == sorted(admissions, reverse=True)


def test_a_title_from_outside_stays_text_everywhere(client: TestClient) -> None:
    page = client.get("/month/2026-11?lang=kk").text
    code = client.get("/month/2026-11.csv?lang=kk").content.decode("utf-8-sig")

    assert TRICKY not in page
    assert "=1+1 &lt;b&gt;" in page
    assert "'=1+1 <b>" in code


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(
    "path",
    [
        "/day/2026-13-01",
        "/day/tomorrow",
        "/weekend/2026-47",
        "/month/2026-1",
        "/year/26",
        "/calendar/26",
    ],
)
def test_a_bad_date_is_answered_by_what_was_asked_and_how_to_ask(
    client: TestClient, path: str, language: Language
) -> None:
    page = client.get(f"{path}?lang={language}", headers={"Accept": "text/html"})
    problem = client.get(f"{path}.json").json()

    assert page.status_code == 404
    assert path.rpartition("/")[2] in page.text
    assert 'href="/' in page.text
    assert (problem["status"], problem["code"]) == (404, "period_unknown")
    assert problem["errors"][0]["pointer"] in {"day", "weekend", "month", "year"}
    assert "YYYY" in problem["errors"][0]["fix"]


@pytest.mark.parametrize(
    "path",
    [
        "/day/2020-01-01",
        "/weekend/2020-01-02",
        "/month/2020-01",
        "/year/2020",
        "/calendar/2020",
    ],
)
def test_a_period_without_showings_says_which_days_there_are(
    client: TestClient, path: str
) -> None:
    page = client.get(f"{path}?lang=en")
    file = client.get(f"{path}.json").json()

    assert page.status_code == 200
    assert "1 November 2025" in page.text
    assert 'href="/calendar/2026"' in page.text
    assert file["rows"] == []


def test_before_the_first_sale_every_page_says_how_to_begin(db: Database) -> None:
    with TestClient(board_app(db, lambda: NOON)) as client:
        for path in (*PERIODS, "/calendar"):
            page = client.get(f"{path}?lang=en").text
            assert "The register holds no sale yet." in page
            assert "/about/data#connect" in page


def test_a_day_of_a_weekend_leads_to_the_weekends_own_address(client: TestClient) -> None:
    answer = client.get("/weekend/2026-11-22.csv?fees=1", follow_redirects=False)

    assert answer.status_code == 307
    assert answer.headers["location"] == "/weekend/2026-11-19.csv?fees=1"


def test_a_figure_says_how_far_it_may_still_change(client: TestClient) -> None:
    said = {
        path: next(
            words
            for words in ("advance sales only", "running", "provisional", "Closed")
            if words in client.get(f"{path}?lang=en").text
        )
        for path in (
            "/day/2026-11-20",
            "/day/2026-11-23",
            "/day/2026-11-24",
            "/day/2026-11-25",
        )
    }

    assert list(said.values()) == ["Closed", "provisional", "running", "advance sales only"]


def test_files_of_the_calendar_are_three_and_no_other(client: TestClient) -> None:
    assert client.get("/calendar.pdf").status_code == 404
