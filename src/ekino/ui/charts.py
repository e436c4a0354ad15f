"""Charts drawn on the server: from numbers to the attributes of SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

from ekino.kernel.money import minor_digits

# Every drawing has this inner coordinate system; the page stretches it to the room there is,
# while lines keep their width and words their size.
WIDTH = 1_000
HEIGHT = 1_000

# A reader takes in four or five grid lines at a glance.
TICKS_MAX = 5
# Above the highest point, so that its label has somewhere to stand.
_HEADROOM = 1.08
# In units of a map 1,000 wide. The smallest can still be pointed at.
BUBBLE_RADIUS_MAX = 56.0
BUBBLE_RADIUS_MIN = 7.0
_ROUND_STEPS = (1, 2, 2.5, 5, 10)
# Bars stay in the lowest quarter: they say when, the line says how much.
_BARS_SHARE = 0.24

Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Tick:
    """A grid line: the value it stands for and where it is, in percent of the chart."""

    value: int
    at_percent: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the histogram under a curve, in inner coordinates."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class DayDrawing:
    """The curve of a day beside the same day a week before, ready for the page."""

    # Path data, in inner coordinates; empty where there is nothing to draw.
    line: str
    area: str
    # The part that may still change most: the quarter of an hour that has not ended.
    fresh_area: str
    before_line: str
    bars: tuple[Bar, ...]
    # Left to right and bottom to top, in percent.
    hours: tuple[Tick, ...]
    values: tuple[Tick, ...]
    # Where "now" is and how high the curve stands there, in percent from left and top.
    now_percent: float
    now_top_percent: float
    before_end_top_percent: float


def draw_day(
    *,
    from_minute: int,
    until_minute: int,
    now_minute: int,
    today: Sequence[Point],
    before: Sequence[Point],
    currency: str,
    hours_apart: int = 3,
) -> DayDrawing:
    """
    Draw running totals over the minutes of a day.

    Points are (minute, running total) in ascending order; `now_minute` ends today's line.
    Values are minor units of `currency`; grid lines fall on round whole units of it.
    """
    unit: int = 10 ** minor_digits(currency)
    highest = max((value for _, value in (*today, *before)), default=0)
    top = max(highest * _HEADROOM, unit)
    frame = _Frame(from_minute, until_minute, top)
    fresh = [point for point in today if point[0] >= now_minute - now_minute % 15]
    return DayDrawing(
        line=frame.line(today),
        area=frame.area(today),
        fresh_area=frame.area(fresh),
        before_line=frame.line(before),
        bars=frame.bars(today),
        hours=tuple(
            Tick(minute // 60, 100 * frame.x(minute) / WIDTH)
            for minute in range(from_minute, until_minute + 1)
            if minute % (60 * hours_apart) == 0
        ),
        values=tuple(
            Tick(value, 100 * frame.y(value) / HEIGHT) for value in round_values(top, unit)
        ),
        now_percent=100 * frame.x(now_minute) / WIDTH,
        now_top_percent=100 * frame.y(today[-1][1] if today else 0) / HEIGHT,
        before_end_top_percent=100 * frame.y(before[-1][1] if before else 0) / HEIGHT,
    )


def round_values(top: float, unit: int) -> list[int]:
    """Give at most `TICKS_MAX` round multiples of `unit` above zero and below `top`."""
    step = unit
    while True:
        for factor in _ROUND_STEPS:
            apart = int(step * factor)
            count = int(top / apart)
            # Two and a half units are a round number that nobody counts in.
            if count <= TICKS_MAX and apart % unit == 0:
                return [apart * index for index in range(1, count + 1)]
        step *= 10


def bubble_radius(value: int, largest: int) -> float:
    """Give the radius of a circle whose area is as the value; the largest is the unit."""
    share = max(value, 0) / largest if largest > 0 else 0
    return max(BUBBLE_RADIUS_MAX * sqrt(share), BUBBLE_RADIUS_MIN)


@dataclass(frozen=True, slots=True)
class _Frame:
    from_minute: int
    until_minute: int
    top: float

    def x(self, minute: float) -> float:
        span = self.until_minute - self.from_minute
        within = min(max(minute - self.from_minute, 0), span)
        return round(WIDTH * within / span, 1)

    def y(self, value: float) -> float:
        return round(HEIGHT * (1 - min(max(value / self.top, 0), 1)), 1)

    def line(self, points: Sequence[Point]) -> str:
        return " ".join(
            f"{'L' if index else 'M'}{self.x(minute):g} {self.y(value):g}"
            for index, (minute, value) in enumerate(points)
        )

    def area(self, points: Sequence[Point]) -> str:
        if len(points) < 2:  # noqa: PLR2004 - one point has no area
            return ""
        first, last = self.x(points[0][0]), self.x(points[-1][0])
        return f"{self.line(points)} L{last:g} {HEIGHT} L{first:g} {HEIGHT} Z"

    def bars(self, points: Sequence[Point]) -> tuple[Bar, ...]:
        steps = [
            (minute, until, max(value - earlier, 0))
            for (minute, earlier), (until, value) in pairwise(points)
        ]
        highest = max((gain for _, _, gain in steps), default=0) or 1
        return tuple(
            Bar(
                x=self.x(minute),
                y=round(HEIGHT * (1 - _BARS_SHARE * gain / highest), 1),
                width=round(max(self.x(until) - self.x(minute) - 2, 0), 1),
                height=round(HEIGHT * _BARS_SHARE * gain / highest, 1),
            )
            for minute, until, gain in steps
            if gain
        )
