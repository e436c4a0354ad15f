"""The live page's figures from PostgreSQL, against figures worked out by hand."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import msgspec
import pytest

from ekino.catalog import service as catalog
from ekino.catalog.document import read_document
from ekino.db.database import Database
from ekino.totals import service as totals
from ekino.totals.model.day import Coverage, Figures
from evening import EVENING, KAZAKHSTAN, Evening, Sale

MINUTE = timedelta(minutes=1)
ALMATY_VENUE, ASTANA_VENUE = "kz-75-01", "kz-71-01"


def a_sale(showing: str, venue: str, price: int, before: timedelta, fee: int = 0) -> Sale:
    happened_at = EVENING - before
    return Sale(happened_at, happened_at + 2 * MINUTE, venue, showing, price, fee, "web")


def announce(db: Database, *showings: tuple[str, str, int, datetime, str]) -> None:
    rows = [
        {
            "venue": venue,
            "code": code,
            "hall": "1",
            "version": f"film-{film}",
            "starts_at": starts_at.isoformat(),
            "capacity": 100,
            "state": state,
        }
        for code, venue, film, starts_at, state in showings
    ]
    catalog.load(db, read_document(msgspec.json.encode({"showings": rows})))


@pytest.fixture
def country(db: Database) -> Evening:
    """Give 103 venues of which 68 are connected, and today's four showings, one cancelled."""
    country = Evening()
    country.load_country(db)
    announce(
        db,
        # Film 0 is Kazakh, film 2 American, film 16 of no stated country.
        ("a", ALMATY_VENUE, 0, EVENING + 30 * MINUTE, "announced"),
        ("b", ASTANA_VENUE, 2, EVENING + 40 * MINUTE, "announced"),
        ("c", ALMATY_VENUE, 16, EVENING + 50 * MINUTE, "announced"),
        ("d", ALMATY_VENUE, 2, EVENING + 60 * MINUTE, "cancelled"),
        # After midnight, and still today's; the other is tomorrow's.
        ("e", ALMATY_VENUE, 0, EVENING + timedelta(hours=6), "announced"),
        ("f", ALMATY_VENUE, 0, EVENING + timedelta(hours=24), "announced"),
    )
    return country


def test_figures_are_those_worked_out_by_hand(db: Database, country: Evening) -> None:
    country.enter(
        db,
        [
            a_sale("a", ALMATY_VENUE, 100_000, timedelta(days=2)),
            a_sale("a", ALMATY_VENUE, 200_000, 90 * MINUTE, fee=10_000),
            a_sale("e", ALMATY_VENUE, 300_000, 20 * MINUTE),
            a_sale("b", ASTANA_VENUE, 250_000, 10 * MINUTE, fee=20_000),
            a_sale("c", ALMATY_VENUE, 150_000, 9 * MINUTE),
            # Tomorrow's showing: sold today and counted tomorrow.
            a_sale("f", ALMATY_VENUE, 900_000, 8 * MINUTE),
        ],
    )

    board = totals.read_board(db, KAZAKHSTAN, at=EVENING)

    assert board.business_date == date(2026, 11, 24)
    assert (board.as_of, board.as_of_at) == (6, EVENING)
    assert board.total == Figures(5, 1_000_000, 30_000)
    assert board.domestic_share == Fraction(6, 10)
    assert board.unstated_share == Fraction(15, 100)
    assert board.showings == 4
    assert board.occupancy == Fraction(5, 400)
    lines = {line.film.titles["ru"]: line for line in board.top() if line.film}
    first = lines["Голос степи"]
    assert (first.rank, first.figures) == (1, Figures(3, 600_000, 10_000))
    assert (first.showings, first.showings_share) == (2, Fraction(2, 4))
    assert first.occupancy == Fraction(3, 200)
    regions = {region.code: region for region in board.regions}
    assert len(regions) == 20
    assert regions["KZ-75"].figures == Figures(4, 750_000, 10_000)
    assert regions["KZ-75"].domestic_share == Fraction(600, 750)
    assert regions["KZ-71"].figures == Figures(1, 250_000, 20_000)
    assert regions["KZ-59"].figures == Figures()
    assert (regions["KZ-75"].venues, regions["KZ-71"].venues) == (22, 13)
    assert board.last_hour.figures == Figures(1, 300_000, 0)
    assert board.curve().today[0] == (480, 100_000)
    assert board.curve().today[-1] == (19 * 60 + 42, 1_000_000)


def test_parts_of_the_page_add_up_to_one_another(db: Database, country: Evening) -> None:
    showings = country.announce(db, date(2026, 11, 24), showings=120)
    country.enter(db, country.sales(showings, tickets=900))

    board = totals.read_board(db, KAZAKHSTAN, at=EVENING + timedelta(hours=9))

    gross = board.total.gross_minor
    assert gross > 0
    assert sum(film.figures.gross_minor for film in board.films) == gross
    assert sum(region.figures.gross_minor for region in board.regions) == gross
    assert sum(quarter.figures.gross_minor for quarter in board.today) == gross
    assert sum(quarter.domestic_minor for quarter in board.today) == sum(
        region.domestic_minor or 0 for region in board.regions
    )


def test_last_week_is_the_same_weekday_and_nothing_else(
    db: Database, country: Evening
) -> None:
    assert totals.read_board(db, KAZAKHSTAN, at=EVENING).compare() is None
    week = timedelta(days=7)
    announce(
        db,
        ("w", ALMATY_VENUE, 0, EVENING - week, "announced"),
        ("y", ALMATY_VENUE, 0, EVENING - timedelta(days=1), "announced"),
    )
    country.enter(
        db,
        [
            a_sale("w", ALMATY_VENUE, 400_000, week + 30 * MINUTE),
            a_sale("y", ALMATY_VENUE, 700_000, timedelta(days=1)),
            a_sale("a", ALMATY_VENUE, 500_000, 30 * MINUTE),
        ],
    )

    comparison = totals.read_board(db, KAZAKHSTAN, at=EVENING).compare()

    assert comparison is not None
    assert (comparison.gross.now, comparison.gross.before) == (500_000, 400_000)


def test_another_currency_stays_out(db: Database, country: Evening) -> None:
    document = {
        "venues": [
            {
                "code": "border",
                "name": "Border",
                "region": "KZ-61",
                "city": "Сарыағаш",
                "timezone": "Asia/Almaty",
                "currency": "UZS",
            }
        ],
        "halls": [{"venue": "border", "code": "1", "capacity": 50}],
    }
    catalog.load(db, read_document(msgspec.json.encode(document)))
    announce(db, ("x", "border", 0, EVENING, "announced"))
    country.enter(db, [a_sale("x", "border", 900_000, 5 * MINUTE)])

    board = totals.read_board(db, KAZAKHSTAN, at=EVENING)

    assert board.total == Figures()
    assert board.today == ()
    assert board.showings == 4
    assert board.coverage.known == 103


def test_coverage_tells_known_connected_and_on_line_apart(
    db: Database, country: Evening
) -> None:
    country.enter(
        db,
        [
            # Recorded fifteen minutes ago to the second, and a second longer ago.
            a_sale("a", ALMATY_VENUE, 1, 17 * MINUTE),
            a_sale("b", ASTANA_VENUE, 1, 17 * MINUTE + timedelta(seconds=1)),
        ],
    )

    board = totals.read_board(db, KAZAKHSTAN, at=EVENING)
    after_the_key = datetime(2030, 1, 1, tzinfo=UTC)
    later = totals.read_board(db, KAZAKHSTAN, at=after_the_key)

    assert board.coverage == Coverage(103, 68, 1, EVENING - 15 * MINUTE)
    assert later.coverage.connected == 0


def test_figures_that_wait_to_be_counted_make_the_page_say_its_age(
    db: Database, country: Evening
) -> None:
    country._enter_batch(db, [a_sale("a", ALMATY_VENUE, 100, 5 * MINUTE)])
    behind = totals.read_board(db, KAZAKHSTAN, at=EVENING)
    totals.follow(db)
    level = totals.read_board(db, KAZAKHSTAN, at=EVENING)

    assert (behind.as_of, behind.total) == (0, Figures())
    assert behind.as_of_at == datetime(1970, 1, 1, tzinfo=UTC)
    assert (level.as_of, level.as_of_at) == (1, EVENING)


def test_a_board_is_read_once_however_many_ask(db: Database, country: Evening) -> None:
    moments = iter(
        (EVENING, EVENING + timedelta(seconds=0.9), EVENING + timedelta(seconds=1))
    )
    latest = totals.LatestBoard(db, KAZAKHSTAN, fresh_s=1.0, clock=lambda: next(moments))
    first = latest()
    country.enter(db, [a_sale("a", ALMATY_VENUE, 100, 5 * MINUTE)])

    assert latest() is first
    assert latest().total == Figures(1, 100, 0)
