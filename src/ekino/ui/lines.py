"""Several lines over a count of days, drawn on the server: told apart by dashes and by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

from ekino.ui.charts import HEIGHT, WIDTH, Point, Tick, round_values

# Names at the ends of lines keep so far apart, in percent of the height.
_NAMES_APART = 8.0
_HEADROOM = 1.06
_DAYS_TICKS_MAX = 7
_WEEK_DAYS = 7


@dataclass(frozen=True, slots=True)
class Line:
    """One line, in inner coordinates, and where its end and its name stand, in percent."""

    path: str
    end_percent: float
    end_top_percent: float
    name_top_percent: float


@dataclass(frozen=True, slots=True)
class LinesDrawing:
    """The lines and the grid behind them."""

    lines: tuple[Line, ...]
    # Left to right in days, bottom to top in values; both in percent.
    days: tuple[Tick, ...]
    values: tuple[Tick, ...]


def draw_lines(series: Sequence[Sequence[Point]], *, unit: int) -> LinesDrawing:
    """
    Draw lines of (day, value) points, each in ascending order of days.

    Grid lines fall on whole weeks and on round multiples of `unit`. The axis of values begins
    at nothing, that of days at the first point of all.
    """
    points = [point for each in series for point in each]
    first = min((day for day, _ in points), default=0)
    last = max(max((day for day, _ in points), default=1), first + 1)
    top = max(max((value for _, value in points), default=0) * _HEADROOM, unit)

    def x(day: float) -> float:
        return round(WIDTH * (day - first) / (last - first), 1)

    def y(value: float) -> float:
        return round(HEIGHT * (1 - min(max(value / top, 0), 1)), 1)

    ends = [each[-1] if each else (first, 0) for each in series]
    names = _apart([100 * y(value) / HEIGHT for _, value in ends])
    return LinesDrawing(
        lines=tuple(
            Line(
                path=" ".join(
                    f"{'L' if place else 'M'}{x(day):g} {y(value):g}"
                    for place, (day, value) in enumerate(each)
                ),
                end_percent=100 * x(end[0]) / WIDTH,
                end_top_percent=100 * y(end[1]) / HEIGHT,
                name_top_percent=name,
            )
            for each, end, name in zip(series, ends, names, strict=True)
        ),
        days=tuple(Tick(day, 100 * x(day) / WIDTH) for day in _week_days(first, last)),
        values=tuple(
            Tick(value, 100 * y(value) / HEIGHT) for value in round_values(top, unit)
        ),
    )


def _week_days(first: int, last: int) -> list[int]:
    """Give whole weeks within the axis, a handful of them."""
    weeks = max(ceil((last - first) / _WEEK_DAYS / _DAYS_TICKS_MAX), 1)
    step = weeks * _WEEK_DAYS
    return [day for day in range(-(-first // step) * step, last + 1, step) if day > first]


def _apart(tops: Sequence[float]) -> list[float]:
    """Move names down where they would stand on one another, and up again from the bottom."""
    order = sorted(range(len(tops)), key=lambda place: tops[place])
    moved = list(tops)
    for above, below in pairwise(order):
        moved[below] = max(moved[below], moved[above] + _NAMES_APART)
    floor = 100.0
    for place in reversed(order):
        moved[place] = min(moved[place], floor)
        floor = moved[place] - _NAMES_APART
    return [round(each, 1) for each in moved]
