"""Films from PostgreSQL against a plain GROUP BY, and their pages against their files."""

from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from board_server import board_app
from ekino.catalog import service as catalog
from ekino.catalog.document import read_document
from ekino.db.database import Database, Role
from ekino.kernel.errors import NotFound, Refused
from ekino.totals import service as totals
from ekino.totals.model.day import Figures
from ekino.totals.pages.period_table import film_path
from ekino.ui.languages import Language
from evening import KAZAKHSTAN
from season import NOON, TRICKY
from sheets import json_rows, page_rows, verify_files

# The client of the framework leaves its streams to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
DAYS = """
SELECT showing.business_date, sum(admissions)::int, sum(gross_minor)::bigint, sum(fees_minor)::bigint
  FROM register.entry JOIN catalog.showing USING (showing_id) JOIN catalog.film USING (film_id)
 WHERE film.code = %(code)s GROUP BY 1
"""
LANGUAGES = """
SELECT showing.language, sum(admissions)::int, sum(gross_minor)::bigint, sum(fees_minor)::bigint
  FROM register.entry JOIN catalog.showing USING (showing_id) JOIN catalog.film USING (film_id)
 WHERE film.code = %(code)s GROUP BY 1
"""
HOURS = """
SELECT extract(hour FROM starts_at AT TIME ZONE 'Asia/Almaty')::int, count(*), sum(capacity)::int
  FROM catalog.showing JOIN catalog.film USING (film_id)
 WHERE film.code = %(code)s AND state = 'announced' GROUP BY 1 ORDER BY 1
"""


def ask(db: Database, question: str, code: str) -> list[tuple[Any, ...]]:
    with db.transaction(Role.READER) as tx:
        return tx.execute(question, {"code": code}).fetchall()


@pytest.mark.parametrize("code", ["film-0", "film-2", "film-7", "film-19"])
def test_a_run_equals_a_plain_group_by(season: Database, code: str) -> None:
    page = totals.read_film(season, KAZAKHSTAN, code, at=NOON)

    assert {day.day: day.figures for day in page.days if day.figures != Figures()} == {
        day: Figures(*rest) for day, *rest in ask(season, DAYS, code)
    }
    assert {each.language: each.figures for each in page.languages} == {
        language: Figures(*rest) for language, *rest in ask(season, LANGUAGES, code)
    }
    assert sum(each.showings for each in page.languages) == page.showings
    assert [(each.hour, each.showings, each.capacity) for each in page.hours] == ask(
        season, HOURS, code
    )
    assert page.figures == page.listed.figures
    for line in page.weekends:
        box_office = totals.read_box_office(season, KAZAKHSTAN, line.period, at=NOON)
        run = next(run for run in box_office.runs if run.code == code)
        assert (run.film.figures, run.venues) == (line.figures, line.venues)
        assert run.to_date == line.to_date


def test_the_list_holds_every_film_with_all_it_took(season: Database) -> None:
    films = totals.read_films(season, KAZAKHSTAN, at=NOON).films

    assert len(films) == 20
    for each in films:
        page = totals.read_film(season, KAZAKHSTAN, each.code, at=NOON)
        assert page.figures == each.figures


def test_unknown_films_and_too_many_are_refused_by_name(season: Database) -> None:
    with pytest.raises(NotFound) as unknown:
        totals.read_film(season, KAZAKHSTAN, "nobody’s", at=NOON)
    with pytest.raises(Refused) as many:
        totals.compare_films(season, KAZAKHSTAN, [f"film-{n}" for n in range(6)], at=NOON)

    assert unknown.value.code == "film_unknown"
    assert (many.value.code, many.value.problems[0].pointer) == ("too_many_films", "film")
    five = totals.compare_films(
        season, KAZAKHSTAN, [f"film-{n}" for n in (0, 1, 2, 3, 4, 0)], at=NOON
    )
    assert len(five.films) == 5


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("query", ["", "?q=т", "?year=2026&origin=domestic", "?sort=film"])
def test_the_lists_files_hold_what_the_page_shows(
    client: TestClient, query: str, language: Language
) -> None:
    assert verify_files(client, f"/films{query}", "/films{}" + query, language) > 5


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("code", ["film-0", "film-19"])
def test_every_table_of_a_film_is_the_same_in_its_files(
    client: TestClient, code: str, language: Language
) -> None:
    if code == "film-0":
        # The first table of its page is that of weekends.
        path = f"/film/{code}"
        assert verify_files(client, path, path + "{}?table=weekends", language) > 20
    for part in ("days", "weekends", "languages", "hours"):
        file = client.get(
            f"/film/{code}.json?table={part}", headers={"Accept-Language": language}
        )
        csv = client.get(f"/film/{code}.csv?table={part}")
        xlsx = client.get(f"/film/{code}.xlsx?table={part}")
        assert (file.status_code, csv.status_code, xlsx.status_code) == (200, 200, 200)
        assert file.json()["table"] == f"film-{code}-{part}"


@pytest.mark.parametrize("language", list(Language))
def test_the_files_of_a_comparison_hold_what_the_page_shows(
    client: TestClient, language: Language
) -> None:
    query = "film=film-0&film=film-2&film=film-5"

    assert verify_files(client, f"/compare?{query}", "/compare{}?" + query, language) > 20
    days = client.get(f"/compare.json?{query}&table=days").json()
    page = client.get("/film/film-2.json?table=days").json()
    by_day = {row["day_of_release"]: row["takings_to_date_minor"] for row in page["rows"]}
    for row in json_rows(days):
        if row["day_of_release"] in by_day and row["takings_2_minor"] is not None:
            assert row["takings_2_minor"] == by_day[row["day_of_release"]]


def test_six_films_are_answered_clearly_and_five_are_offered(client: TestClient) -> None:
    query = "&".join(f"film=film-{n}" for n in range(6))

    page = client.get(f"/compare?{query}&lang=en", headers={"Accept": "text/html"})
    problem = client.get(f"/compare.csv?{query}")

    assert page.status_code == 400
    assert "At most 5 films are compared at once" in page.text
    assert "film=film-4" in page.text
    assert "film=film-5" not in page.text.partition("<main")[2]
    assert (problem.status_code, problem.json()["code"]) == (400, "too_many_films")


def test_a_missing_film_says_where_to_look(client: TestClient) -> None:
    page = client.get("/film/<b>nobody</b>?lang=en", headers={"Accept": "text/html"})
    problem = client.get("/film/nobody.json")

    assert page.status_code == 404
    assert "<b>nobody" not in page.text
    assert 'href="/films"' in page.text
    assert problem.json()["errors"][0]["fix"].startswith("Look for the film at /films")


def test_the_list_is_searched_and_says_what_to_do_when_nothing_is_found(
    client: TestClient, db: Database
) -> None:
    # The steppe's letter ү is on no Russian keyboard.
    found = client.get("/films?q=ДАЛА УНИ&lang=ru").text
    nothing = client.get("/films?q=zzzz&lang=en").text

    assert "Голос степи" in found
    assert "Золотые часы" not in found
    assert "Try another word, or fewer filters." in nothing
    with TestClient(board_app(db, lambda: NOON)) as morning:
        assert "The catalog holds no film yet." in morning.get("/films?lang=en").text
        assert "Nothing is chosen yet" in morning.get("/compare?lang=en").text


def test_a_long_list_is_shown_a_page_at_a_time_and_its_file_is_whole(db: Database) -> None:
    films = [{"code": f"f{n}", "titles": {"kk": f"Фильм {n:03}"}} for n in range(120)]
    catalog.load(db, read_document(msgspec.json.encode({"films": films})))
    with TestClient(board_app(db, lambda: NOON)) as client:
        pages = [
            page_rows(client.get(f"/films?sort=film&page={page}").text)
            for page in (1, 2, 3, 99)
        ]
        rows = client.get("/films.json").json()["rows"]

    assert [len(page) for page in pages] == [50, 50, 20, 20]
    assert [page[0]["film"] for page in pages] == [
        "Фильм 000",
        "Фильм 050",
        "Фильм 100",
        "Фильм 100",
    ]
    assert len(rows) == 120


def test_odd_codes_and_titles_lead_to_their_film_and_stay_text(db: Database) -> None:
    codes = ["a/b", "d’été.csv", "?x=1&y", "=1+1"]
    document = {"films": [{"code": code, "titles": {"kk": TRICKY}} for code in codes]}
    catalog.load(db, read_document(msgspec.json.encode(document)))
    with TestClient(board_app(db, lambda: NOON)) as client:
        listed = client.get("/films.json").json()["rows"]
        page = client.get("/films").text
        assert {row["film_code"] for row in listed} == set(codes)
        for code in ("a/b", "?x=1&y", "=1+1"):
            path = film_path(code)
            assert f'href="{path}"' in page
            assert client.get(path).status_code == 200
            assert client.get(f"{path}.csv").status_code == 200


def test_a_film_without_showings_says_when_its_figures_will_come(db: Database) -> None:
    document = {"films": [{"code": "soon", "titles": {"en": "Soon"}}]}
    catalog.load(db, read_document(msgspec.json.encode(document)))
    with TestClient(board_app(db, lambda: NOON)) as own:
        page = own.get("/film/soon?lang=en").text

    assert "No ticket for this film has been sold yet" in page
