"""Publishing on PostgreSQL: once, in order, never re-cut; and the attacker against it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from attacker import attack
from board_server import own_database
from ekino.db.database import Database, Role
from ekino.opendata import service
from ekino.opendata.model.choice import Sold
from ekino.opendata.pages import film_regions
from ekino.opendata.store import publish as store
from ekino.opendata.store.publish import Place
from ekino.totals import service as totals
from ekino.ui.languages import Language
from ekino.ui.tables import SUPPRESSED, Cell
from evening import KAZAKHSTAN, Evening

FIRST = date(2026, 10, 29)
DAYS = 12
AFTER = datetime(2026, 12, 31, tzinfo=UTC)
KZ = Place("KZ", "KZT")
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def country(server_folder: Path) -> Iterator[Database]:
    """Give a country of 68 connected cinemas that has sold for twelve days, and published."""
    with own_database(server_folder) as db:
        evening = Evening()
        evening.load_country(db)
        for number in range(DAYS):
            day = FIRST + number * DAY
            showings = evening.announce(db, day, showings=272)
            evening.enter(db, evening.sales(showings, tickets=6_000))
        while service.publish_next(db, KAZAKHSTAN, at=AFTER):
            if service.read_regions(db, FIRST, FIRST).published_until == FIRST + DAYS * DAY:
                break
        yield db


def test_a_day_is_published_a_day_after_it_ended(country: Database) -> None:
    last = FIRST + DAYS * DAY
    # Business days turn at six in Almaty: at one in the morning, UTC.
    closes_at = datetime(last.year, last.month, last.day, 1, tzinfo=UTC) + 2 * DAY

    assert service.publish_next(country, KAZAKHSTAN, at=closes_at - DAY / 86_400) == 0


def test_a_day_waits_for_totals_of_all_that_was_recorded_before_it_closed(
    db: Database,
) -> None:
    evening = Evening()
    evening.load_country(db)
    for number, is_counted in ((0, True), (1, False)):
        showings = evening.announce(db, FIRST + number * DAY, showings=68)
        sales = sorted(
            evening.sales(showings, tickets=300), key=lambda sale: sale.recorded_at
        )
        evening.enter(db, sales, is_counted=is_counted)
    recorder = service.Recorder(KAZAKHSTAN, lambda: (True, 0.0), clock=lambda: AFTER)

    assert service.publish_next(db, KAZAKHSTAN, at=AFTER) == 0
    assert recorder.follow(db) == 0
    while totals.follow(db):
        pass

    assert service.publish_next(db, KAZAKHSTAN, at=AFTER) == 1


def test_large_regions_are_published_and_those_of_one_cinema_are_not(
    country: Database,
) -> None:
    told = service.read_regions(country, FIRST, FIRST + DAYS * DAY).regions

    assert told["KZ-75"] is not None
    assert told["KZ-75"].admissions % 5 == 0
    assert told["KZ-75"].gross_minor % 1_000_000 == 0
    assert told["KZ-62"] is None


def test_published_figures_are_near_the_exact_ones(country: Database) -> None:
    day = FIRST + DAY
    told = service.read_regions(country, day, day + DAY).regions["KZ-75"]
    with country.transaction(Role.READER) as tx:
        sold = store.read_sold(tx, KZ, day, day + DAY)[day]
    exact = sum(row.admissions for row in sold if row.region == "KZ-75")

    assert told is not None
    assert abs(told.admissions - exact) <= 2


def test_what_was_published_is_given_again_whatever_comes_later(country: Database) -> None:
    before = service.read_regions(country, FIRST, FIRST + 3 * DAY).regions
    evening = Evening()
    showings = evening.announce(country, FIRST, showings=68)
    evening.enter(country, evening.sales(showings, tickets=900))

    assert service.read_regions(country, FIRST, FIRST + 3 * DAY).regions == before


def test_nobody_may_change_what_was_published(country: Database) -> None:
    for role in (Role.FOLLOWER, Role.READER, Role.OFFICE):
        for statement in (
            "UPDATE opendata.region_figure SET admissions = 5",
            "DELETE FROM opendata.region_figure",
            "UPDATE opendata.film_figure SET admissions = 5",
            "DELETE FROM opendata.film_figure",
        ):
            with (
                pytest.raises(psycopg.errors.InsufficientPrivilege),
                country.transaction(role) as tx,
            ):
                tx.execute(statement)


def test_a_films_regions_speak_of_whole_published_weeks(country: Database) -> None:
    with country.transaction(Role.READER) as tx:
        row = tx.execute(
            "SELECT film_id FROM opendata.film_figure WHERE admissions IS NOT NULL LIMIT 1"
        ).fetchone()
    assert row is not None

    regions = service.read_film_regions(country, row[0], FIRST, FIRST + DAYS * DAY)

    assert regions[0].weeks_told == regions[0].weeks == 1
    assert regions[0].admissions
    assert any(each.admissions is None for each in regions)


def test_the_attacker_recovers_nothing_from_what_is_in_the_database(
    country: Database,
) -> None:
    with country.transaction(Role.READER) as tx:
        sold = store.read_sold(tx, KZ, FIRST, FIRST + DAYS * DAY)
        films = tx.execute(
            "SELECT first_date, film_id, region_code, admissions IS NOT NULL FROM opendata.film_figure"
        ).fetchall()
        figures = tx.execute(
            "SELECT kind, first_date, region_code, admissions IS NOT NULL, domestic_minor IS NOT NULL FROM opendata.region_figure"
        ).fetchall()
    atoms = [(day, row) for day, rows in sold.items() for row in rows]
    told: dict[str, frozenset[object]] = {}
    withheld: dict[str, frozenset[object]] = {}
    for kind, first, region, is_told, has_share in figures:
        past_end = first + (DAY if kind == "day" else 31 * DAY)
        own = [
            (d, r)
            for d, r in atoms
            if first <= d < past_end and r.region == region and d.month == first.month
        ]
        (told if is_told else withheld)[f"{kind} {first} {region}"] = _named(own)
        domestic = [(d, r) for d, r in own if r.is_domestic]
        if kind == "day" and 0 < len(domestic) < len(own):
            (told if has_share else withheld)[f"share {first} {region}"] = _named(domestic)
    for first, film, region, is_told in films:
        own = [
            (d, r)
            for d, r in atoms
            if first <= d < first + 7 * DAY and (r.region, r.film_id) == (region, film)
        ]
        (told if is_told else withheld)[f"film {film} {first} {region}"] = _named(own)
    national: dict[object, set[object]] = {}
    for d, r in atoms:
        national.setdefault((d, r.film_id, r.language), set()).add(_name(d, r))

    assert len(told) > 100
    assert len(withheld) > 100
    assert attack(national.values(), told.values(), withheld) == set()


def _name(day: date, row: Sold) -> tuple[object, ...]:
    return day, row.region, row.film_id, row.language


def _named(rows: list[tuple[date, Sold]]) -> frozenset[object]:
    return frozenset(_name(day, row) for day, row in rows)


def test_a_films_page_shows_regions_as_published_and_withholds_the_rest(
    country: Database,
) -> None:
    page = totals.read_film(country, KAZAKHSTAN, "film-0", at=AFTER)
    told = service.read_film_regions(
        country, page.listed.film.film_id, FIRST, FIRST + DAYS * DAY
    )
    board = totals.read_board(country, KAZAKHSTAN, at=AFTER)

    table = film_regions(country, lambda: board)(page, Language.RU)

    assert table is not None
    assert [
        (row["region_code"], row["takings"], row["admissions"]) for row in table.rows
    ] == [
        (
            each.region,
            SUPPRESSED if each.gross_minor is None else each.gross_minor,
            SUPPRESSED if each.admissions is None else each.admissions,
        )
        for each in told
    ]
    assert Cell("Алматы", href="/region/KZ-75") in [row["region"] for row in table.rows]
