"""The board's arithmetic: shares, ranks, comparisons, shades and the curve."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from ekino.totals.model.board import SHADES, TOP_FILMS, Board, Change
from ekino.totals.model.day import (
    Country,
    Coverage,
    Figures,
    FilmDay,
    Origin,
    Quarter,
    RegionDay,
)

KAZAKHSTAN = Country("KZ", "KZT", "Asia/Almaty")
# 19:42:07 in Almaty, UTC+5.
EVENING = datetime(2026, 11, 24, 14, 42, 7, tzinfo=UTC)


def a_film(number: int, gross: int, **more: object) -> FilmDay:
    plain = FilmDay(
        film_id=number,
        titles={"kk": f"Фильм {number}"},
        original_language="kk",
        countries=("KZ",),
        figures=Figures(gross // 100, gross, gross // 10),
        showings=2,
        capacity=gross // 50,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def a_quarter(hours: int, minutes: int, gross: int, *, days_ago: int = 0) -> Quarter:
    local = datetime(2026, 11, 24, hours, minutes, tzinfo=UTC) - timedelta(hours=5)
    return Quarter(
        local - timedelta(days=days_ago), Figures(gross // 100, gross), gross // 2
    )


def a_board(*films: FilmDay, **more: object) -> Board:
    plain = Board(
        country=KAZAKHSTAN,
        business_date=date(2026, 11, 24),
        at=EVENING,
        as_of=10,
        as_of_at=EVENING,
        films=films,
        regions=(),
        today=(),
        last_week=(),
        coverage=Coverage(3, 2, 1, EVENING - timedelta(seconds=14)),
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def a_region(code: str, gross: int) -> RegionDay:
    return RegionDay(code, {"kk": code}, False, Figures(1, gross), gross // 2, 1)


def test_after_midnight_it_is_still_the_evening_before() -> None:
    # 05:59 and 06:00 in Almaty on the 25th.
    assert KAZAKHSTAN.today(datetime(2026, 11, 25, 0, 59, tzinfo=UTC)) == date(2026, 11, 24)
    assert KAZAKHSTAN.today(datetime(2026, 11, 25, 1, 0, tzinfo=UTC)) == date(2026, 11, 25)


def test_a_board_without_films_says_so_and_divides_by_nothing() -> None:
    board = a_board()

    assert board.is_empty
    assert board.top() == ()
    assert board.total_line().takings_share is None
    assert board.domestic_share is None
    assert board.total.average_minor is None
    assert board.compare() is None
    assert board.shading().limits_minor == ()
    assert board.curve().today == ()
    assert board.widest_share() == 1


@pytest.mark.parametrize(
    ("countries", "origin"),
    [
        (("KZ",), Origin.DOMESTIC),
        (("FR", "KZ"), Origin.DOMESTIC),
        (("FR",), Origin.FOREIGN),
        ((), Origin.UNSTATED),
    ],
)
def test_a_co_production_is_domestic_and_an_unknown_country_is_neither(
    countries: tuple[str, ...], origin: Origin
) -> None:
    assert a_film(1, 100, countries=countries).origin("KZ") is origin


def test_the_domestic_share_is_of_all_takings_and_the_unstated_part_is_told() -> None:
    board = a_board(
        a_film(1, 500), a_film(2, 300, countries=("US",)), a_film(3, 200, countries=())
    )

    assert board.domestic_share == Fraction(1, 2)
    assert board.unstated_share == Fraction(1, 5)
    assert board.origin_parts == [("domestic", 500), ("foreign", 300), ("unstated", 200)]


@pytest.mark.parametrize("count", [TOP_FILMS - 1, TOP_FILMS, TOP_FILMS + 1, TOP_FILMS + 7])
def test_the_lines_of_the_table_always_add_up_to_its_total(count: int) -> None:
    board = a_board(*(a_film(number, 100 * number) for number in range(1, count + 1)))

    lines = board.top()
    total = board.total_line()

    assert len(lines) == min(count, TOP_FILMS) + (count > TOP_FILMS)
    assert sum(line.films for line in lines) == total.films == count
    assert sum(line.figures.gross_minor for line in lines) == total.figures.gross_minor
    assert sum((line.takings_share or 0) for line in lines) == 1
    assert sum((line.showings_share or 0) for line in lines) == 1
    assert [line.rank for line in lines if line.rank] == list(
        range(1, min(count, TOP_FILMS) + 1)
    )


def test_equal_films_keep_their_order() -> None:
    board = a_board(a_film(2, 100), a_film(1, 100), a_film(3, 100))

    assert [line.film.film_id for line in board.top() if line.film] == [1, 2, 3]


def test_occupancy_is_admissions_over_places() -> None:
    line = a_board(a_film(1, 1_000, capacity=40)).top()[0]

    assert line.occupancy == Fraction(10, 40)
    assert a_board(a_film(1, 1_000, capacity=0)).top()[0].occupancy is None


@pytest.mark.parametrize(
    ("titles", "original", "language", "expected"),
    [
        ({"kk": "Дала", "ru": "Степь"}, "kk", "ru", ("Степь", None)),
        ({"en": "Steppe", "ru": "Степь"}, "en", "kk", ("Steppe", "en")),
        ({"ru": "Степь", "en": "Steppe"}, "fr", "kk", ("Steppe", "en")),
        ({"original": "Pathaan"}, None, "kk", ("Pathaan", None)),
        ({}, None, "kk", ("", None)),
    ],
)
def test_a_missing_title_is_answered_by_the_original_with_its_language(
    titles: dict[str, str],
    original: str | None,
    language: str,
    expected: tuple[str, str | None],
) -> None:
    film = a_film(1, 1, titles=titles, original_language=original)

    assert film.title(language) == expected


def test_two_days_are_compared_up_to_the_same_quarter_of_an_hour() -> None:
    board = a_board(
        a_film(1, 3_000),
        today=(a_quarter(18, 0, 1_000), a_quarter(19, 15, 1_000), a_quarter(19, 30, 1_000)),
        last_week=(
            a_quarter(19, 15, 1_600, days_ago=7),
            a_quarter(19, 30, 9_000, days_ago=7),
        ),
    )

    comparison = board.compare()

    assert comparison is not None
    assert comparison.business_date == date(2026, 11, 17)
    assert f"{comparison.until:%H:%M}" == "19:30"
    assert comparison.gross == Change(2_000, 1_600)
    assert comparison.gross.relative == Fraction(1, 4)
    assert comparison.gross.direction == "up"
    assert comparison.admissions == Change(20, 16)
    assert comparison.domestic_share == Change(Fraction(1, 2), Fraction(1, 2))
    assert comparison.domestic_share.direction == "level"


def test_a_week_that_had_sold_nothing_by_then_gives_no_percentage() -> None:
    board = a_board(
        a_film(1, 1_000),
        today=(a_quarter(9, 0, 1_000),),
        last_week=(a_quarter(21, 0, 500, days_ago=7),),
    )

    comparison = board.compare()

    assert comparison is not None
    assert comparison.gross.relative is None
    assert comparison.average is None


def test_the_last_hour_ends_with_the_last_full_quarter() -> None:
    board = a_board(
        today=(
            a_quarter(18, 15, 1),
            a_quarter(18, 30, 20),
            a_quarter(19, 15, 300),
            a_quarter(19, 30, 4_000),
        )
    )

    hour = board.last_hour

    assert (f"{hour.begins_at:%H:%M}", f"{hour.ends_at:%H:%M}") == ("18:30", "19:30")
    assert hour.figures.gross_minor == 320


def test_presales_stand_at_the_beginning_of_the_curve_and_now_at_its_end() -> None:
    early = Quarter(EVENING - timedelta(days=3), Figures(5, 500), 0)
    board = a_board(today=(early, a_quarter(12, 0, 1_000), a_quarter(19, 30, 250)))

    curve = board.curve()

    assert curve.today == (
        (8 * 60, 500),
        (12 * 60 + 15, 1_500),
        (19 * 60 + 42, 1_750),
    )
    hours = {hour.minute: hour.today_minor for hour in board.hours()}
    assert (hours[8 * 60], hours[13 * 60], hours[20 * 60]) == (500, 1_500, None)


def test_shades_are_fifths_by_rank_and_equal_amounts_share_one() -> None:
    regions = tuple(a_region(f"R-{number}", 100 * number) for number in range(11))

    shading = a_board(regions=regions).shading()

    assert shading.shades["R-0"] == 0
    assert [shading.shades[f"R-{number}"] for number in range(1, 11)] == [
        1, 1, 2, 2, 3, 3, 4, 4, 5, 5,
    ]  # fmt: skip
    assert shading.limits_minor == (100, 300, 500, 700, 900)
    assert max(shading.shades.values()) == SHADES
    equal = a_board(regions=(a_region("R-1", 7), a_region("R-2", 7))).shading()
    assert equal.shades == {"R-1": 1, "R-2": 1}


def test_the_age_of_the_newest_entry_is_told_and_never_negative() -> None:
    assert a_board().newest_age_s == 14
    ahead = Coverage(1, 1, 1, EVENING + timedelta(seconds=5))
    assert a_board(coverage=ahead).newest_age_s == 0
    assert a_board(coverage=Coverage(1, 0, 0, None)).newest_age_s is None
