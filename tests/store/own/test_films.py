"""Distributors' and producers' pages against plain questions to the register."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from board_server import own_database
from ekino.kernel.errors import NotFound
from ekino.own.model.films import Film, Span, add
from ekino.own.service import films as service
from ekino.settings import Settings
from ekino.ui import formats
from ekino.ui.languages import Language
from ekino.web.app import create_app
from evening import KAZAKHSTAN
from factories import EVENING
from organisations import FILMS, Trade
from people import signed_in

AT = EVENING + timedelta(minutes=5)
OWN = {
    "dist-east": {"steppe", "stone"},
    "dist-west": {"storm"},
    "studio-kyz": {"steppe", "storm"},
    "studio-lot": {"storm"},
    "exh-aurora": set(),
    "nobody": set(),
}


@pytest.fixture(scope="module")
def trade(server_folder: Path) -> Iterator[Trade]:
    with own_database(server_folder) as db:
        yield Trade(db)


def plain(trade: Trade, question: str, *values: Any) -> list[Any]:
    with psycopg.connect(trade.db.dsn) as superuser:
        return superuser.execute(question, values).fetchall()


def films_of(trade: Trade, *codes: str) -> list[Film]:
    return service.list_films(trade.db, [trade.ids[code] for code in codes], KAZAKHSTAN)


@pytest.mark.parametrize("code", sorted(OWN))
def test_each_sees_its_own_films(trade: Trade, code: str) -> None:
    assert {film.code for film in films_of(trade, code)} == OWN[code]


def test_a_film_of_two_of_ones_organisations_is_given_once(trade: Trade) -> None:
    found = [film.code for film in films_of(trade, "dist-west", "studio-kyz")]

    assert sorted(found) == ["steppe", "storm"]


def test_anothers_film_is_not_there(trade: Trade) -> None:
    for code in ("storm", "stray", "no-film"):
        with pytest.raises(NotFound):
            service.choose(films_of(trade, "dist-east"), code)


@pytest.mark.parametrize("span", list(Span))
def test_a_slate_says_what_the_register_says(trade: Trade, span: Span) -> None:
    slate = service.read_slate(
        trade.db, films_of(trade, "studio-kyz"), KAZAKHSTAN, span, at=AT
    )

    taken = """
        SELECT film.code, sum(entry.admissions), sum(entry.gross_minor) FROM register.entry
          JOIN catalog.showing USING (showing_id) JOIN catalog.film USING (film_id)
         WHERE sales_channel IS NOT NULL AND business_date >= %s AND business_date < %s
         GROUP BY 1 HAVING film.code IN ('steppe', 'storm') ORDER BY 1"""
    assert [
        (film.code, run.figures.admissions, run.figures.gross_minor)
        for film, run in sorted(slate.films, key=lambda each: each[0].code)
        if run.figures.admissions
    ] == plain(trade, taken, slate.first, slate.past_end)
    shown = """
        SELECT film.code, count(*), sum(capacity), count(DISTINCT venue_id) FROM catalog.showing
          JOIN catalog.film USING (film_id) WHERE business_date >= %s AND business_date < %s
         GROUP BY 1 HAVING film.code IN ('steppe', 'storm') ORDER BY 1"""
    assert [
        (film.code, run.showings, run.places, run.venues)
        for film, run in sorted(slate.films, key=lambda each: each[0].code)
        if run.showings
    ] == plain(trade, shown, slate.first, slate.past_end)
    country = """
        SELECT coalesce(sum(gross_minor), 0), (SELECT count(*) FROM catalog.showing
                WHERE business_date >= %s AND business_date < %s)
          FROM register.entry JOIN catalog.showing USING (showing_id)
         WHERE sales_channel IS NOT NULL AND business_date >= %s AND business_date < %s"""
    dates = (slate.first, slate.past_end)
    assert [(slate.nation.gross_minor, slate.nation.showings)] == plain(
        trade, country, *dates, *dates
    )


def test_films_that_ended_since_last_week_count_in_what_it_took(trade: Trade) -> None:
    at = EVENING + timedelta(days=7, minutes=20)
    slate = service.read_slate(
        trade.db, films_of(trade, "studio-kyz"), KAZAKHSTAN, Span.TODAY, at=at
    )

    whole = add([run for _, run in slate.films])
    taken = """
        SELECT sum(entry.gross_minor) FROM register.entry
          JOIN catalog.showing USING (showing_id) JOIN catalog.film USING (film_id)
         WHERE film.code IN ('steppe', 'storm') AND business_date = %s"""
    assert [(whole.before_minor,)] == plain(trade, taken, slate.first - timedelta(days=7))
    assert whole.by_now_minor == whole.showings == 0
    assert whole.change == -1


@pytest.mark.parametrize("film", sorted(set(FILMS) - {"stray"}))
def test_every_showing_says_what_the_register_says(trade: Trade, film: str) -> None:
    found = service.choose(films_of(trade, "dist-east", "dist-west"), film)
    screening = service.read_screening(trade.db, found, KAZAKHSTAN, Span.ALL, at=AT)

    asked = """
        SELECT showing.showing_id, coalesce(sum(entry.admissions), 0), coalesce(sum(entry.gross_minor), 0)
          FROM catalog.showing JOIN catalog.film USING (film_id)
          LEFT JOIN register.entry ON entry.showing_id = showing.showing_id AND sales_channel IS NOT NULL
         WHERE film.code = %s GROUP BY 1 ORDER BY 1"""
    assert sorted(
        (each.showing_id, each.admissions, each.gross_minor) for each in screening.showings
    ) == plain(trade, asked, film)


@pytest.mark.parametrize("part", ["venues", "regions", "languages", "hours", "showings"])
def test_every_file_of_a_film_adds_up_to_the_page(
    trade: Trade, tmp_path: Path, part: str
) -> None:
    app = create_app(Settings(data_dir=tmp_path), trade.db)
    with TestClient(app, raise_server_exceptions=False) as client:
        signed_in(client, trade.db, "producer", trade.ids["studio-kyz"])
        found = json.loads(
            client.get(f"/producer/film/storm.json?span=all&table={part}").text
        )
        page = client.get("/producer/film/storm?span=all&lang=en").text
        for suffix in ("csv", "xlsx"):
            answer = client.get(f"/producer/film/storm.{suffix}?span=all&table={part}")
            assert answer.status_code == 200
            assert answer.headers["cache-control"] == "no-store"
        assert client.get(f"/producer/film/storm.json?table=no-{part}").status_code == 404

    rows = found["rows"]
    key = "takings_minor" if "takings_minor" in rows[0] else "takings"
    taken = sum(row[key] for row in rows)
    assert [(taken,)] == plain(
        trade,
        """SELECT sum(entry.gross_minor) FROM register.entry JOIN catalog.showing USING (showing_id)
             JOIN catalog.film USING (film_id) WHERE film.code = 'storm' AND sales_channel IS NOT NULL""",
    )
    assert formats.money(taken, "KZT", Language.EN) in page
