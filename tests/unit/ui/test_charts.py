"""Drawings: numbers become coordinates, and nothing leaves the frame."""

import re

import pytest

from ekino.ui.charts import (
    BUBBLE_RADIUS_MAX,
    BUBBLE_RADIUS_MIN,
    HEIGHT,
    TICKS_MAX,
    WIDTH,
    bubble_radius,
    draw_day,
    round_values,
)

TODAY = ((480, 100_000), (600, 400_000), (780, 900_000))
BEFORE = ((480, 80_000), (1_560, 1_200_000))


def drawing(today: tuple[tuple[int, int], ...], before: tuple[tuple[int, int], ...]) -> str:
    drawn = draw_day(
        from_minute=480,
        until_minute=1_560,
        now_minute=780,
        today=today,
        before=before,
        currency="KZT",
    )
    return f"{drawn.line} {drawn.area} {drawn.before_line}"


def test_every_point_stays_inside_the_frame() -> None:
    numbers = [float(each) for each in re.findall(r"-?\d+\.?\d*", drawing(TODAY, BEFORE))]

    assert min(numbers) >= 0
    assert max(numbers) <= max(WIDTH, HEIGHT)


def test_an_empty_day_draws_nothing_and_does_not_fail() -> None:
    assert drawing((), ()).strip() == ""


def test_refunds_that_take_the_day_below_nothing_are_drawn_at_the_floor() -> None:
    assert "L" in drawing(((480, 0), (495, -50_000)), ())


@pytest.mark.parametrize("top", [1, 99, 100, 101, 47_000, 3_000_000_000, 10**17])
def test_grid_lines_are_few_round_and_below_the_top(top: int) -> None:
    values = round_values(top, 100)

    assert len(values) <= TICKS_MAX
    assert all(value <= top and value % 100 == 0 for value in values)


def test_a_bubbles_area_is_as_its_value() -> None:
    assert bubble_radius(400, 400) == BUBBLE_RADIUS_MAX
    assert bubble_radius(100, 400) == BUBBLE_RADIUS_MAX / 2
    assert bubble_radius(0, 400) == BUBBLE_RADIUS_MIN
    assert bubble_radius(0, 0) == BUBBLE_RADIUS_MIN
