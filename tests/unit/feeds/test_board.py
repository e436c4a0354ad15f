"""Feeds side by side: the field of days, one page of a long list, and whoever asks twice is told once."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ekino.feeds.model.board import Line, by_vendor, by_venue, turn
from ekino.feeds.model.picture import DayMark, Feed
from ekino.feeds.model.states import State
from ekino.feeds.pages.field import sign

DAY = date(2026, 11, 25)
DATES = (DAY - timedelta(days=1), DAY)


def a_line(source: int, venue: int, *, vendor: str = "") -> Line:
    feed = Feed(
        source_id=source, source=f"s-{source}", source_name=f"Source {source}", vendor=vendor.title(),
        vendor_code=vendor, operator_code="", allowed_delay_s=86_400, venue_id=venue,
        venue=f"v-{venue}", venue_name=f"Venue {venue}", city="City", region="KZ-75",
        timezone="Asia/Almaty", state=State.ON_LINE, since=datetime(2026, 11, 1, tzinfo=UTC),
        reason="", heard_at=None, reported_at=None, product="", version="", missing=0, alarms=0,
    )  # fmt: skip
    return Line(feed=feed)


def a_mark(source: int, venue: int, state: str = "on_line", ppm: int | None = 1_000_000, *, is_excused: bool = False) -> DayMark:  # fmt: skip
    return DayMark(source, venue, DAY, state, ppm, is_excused, is_closed=True)


def test_a_venues_day_is_as_its_worst_feed_and_half_as_whole() -> None:
    lines = [a_line(1, 7), a_line(2, 7), a_line(3, 8)]
    marks = [
        a_mark(1, 7),
        a_mark(2, 7, "incomplete", 500_000),
        # Of a feed that is not among the lines nothing is shown.
        a_mark(9, 9, "silent", 0),
    ]

    first, second = by_venue(lines, marks, DATES)

    assert [first.code, second.code] == ["v-7", "v-8"]
    assert [cell.state for cell in first.cells] == ["", "incomplete"]
    cell = first.cells[1]
    assert (cell.source, cell.completeness_ppm, cell.feeds, cell.on_line) == (
        "s-2",
        750_000,
        2,
        1,
    )
    assert [sign(each) for each in (*first.cells, second.cells[1])] == ["·", "75", "·"]


def test_an_excused_day_hides_behind_any_that_is_not() -> None:
    lines = [a_line(1, 7, vendor="b"), a_line(2, 8, vendor="b"), a_line(3, 9, vendor="a")]
    marks = [
        a_mark(1, 7, "silent", 0, is_excused=True),
        a_mark(2, 8, "closed", None),
        a_mark(3, 9, "late", 900_000, is_excused=True),
    ]

    first, second = by_vendor(lines, marks, DATES)

    # By name; a feed that was closed is none that did well or badly.
    assert [first.name, second.name] == ["A", "B"]
    assert (first.cells[1].is_excused, sign(first.cells[1])) == (True, "~")
    assert (second.cells[1].state, second.cells[1].feeds, second.cells[1].on_line) == (
        "closed",
        1,
        0,
    )


@pytest.mark.parametrize(
    ("count", "asked", "number", "pages", "rows"),
    [
        (0, 1, 1, 1, 0),
        (50, 1, 1, 1, 50),
        (51, 2, 2, 2, 1),
        (51, 9, 2, 2, 1),
        (3, 0, 1, 1, 3),
    ],
)
def test_a_page_of_a_list_is_within_it(
    count: int, asked: int, number: int, pages: int, rows: int
) -> None:
    listed = list(range(count))

    page = turn(listed, asked)

    assert (page.number, page.pages, len(page.cut(listed))) == (number, pages, rows)
