"""The board's regions as everybody is told them: shown, withheld, or without anything sold."""

from datetime import UTC, datetime

from ekino.opendata.service.live import public, slot_of
from ekino.opendata.store.publish import LiveFigure
from ekino.totals.model.board import Board
from ekino.totals.model.day import Country, Coverage, Figures, RegionDay

AT = datetime(2026, 11, 24, 14, 42, 7, tzinfo=UTC)


def a_region(code: str, gross: int) -> RegionDay:
    return RegionDay(code, {"en": code}, False, Figures(gross // 100, gross), gross // 2, 4)


def a_board(*regions: RegionDay) -> Board:
    return Board(
        country=Country("KZ", "KZT", "Asia/Almaty"),
        business_date=AT.date(),
        at=AT,
        as_of=10,
        as_of_at=AT,
        films=(),
        regions=regions,
        today=(),
        last_week=(),
        coverage=Coverage(3, 2, 1, AT),
    )


def test_nothing_exact_of_a_region_is_left_on_the_public_board() -> None:
    exact = a_board(a_region("A", 123_456), a_region("B", 777), a_region("C", 0))
    live = {
        "A": LiveFigure("A", AT, 9, 25, 100_000, 60_000),
        "B": LiveFigure("B", AT, 9, None, None, None),
    }

    board = public(exact, live)

    shown = {region.code: region for region in board.regions}
    assert (shown["A"].figures, shown["A"].domestic_minor) == (Figures(25, 100_000), 60_000)
    assert (shown["B"].figures, shown["B"].domestic_minor) == (Figures(), None)
    assert [r.code for r in board.regions if r.is_withheld] == ["B"]
    assert (board.withheld_regions, board.regions_at) == (1, AT)
    assert board.shading().shades == {"A": 1, "B": 0, "C": 0}


def test_what_has_not_moved_yet_is_withheld_and_not_exact() -> None:
    board = public(a_board(a_region("A", 123_456), a_region("C", 0)), {})

    assert [(r.figures, r.is_withheld) for r in board.regions] == [
        (Figures(), True),
        (Figures(), False),
    ]
    assert board.regions_at is None


def test_regions_move_at_the_full_quarter() -> None:
    assert slot_of(AT, 15) == datetime(2026, 11, 24, 14, 30, tzinfo=UTC)
