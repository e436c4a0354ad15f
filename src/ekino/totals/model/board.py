"""The live page's figures: one country's business day, worked out from totals."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction

from ekino.kernel.moments import zone
from ekino.totals.model.day import (
    Country,
    Coverage,
    Figures,
    FilmDay,
    Origin,
    Quarter,
    RegionDay,
    ratio,
    total,
)

# The page shows as many films as a reader takes in at a glance; the rest is one line.
TOP_FILMS = 10
TOP_REGIONS = 10
# Buckets of totals.pace, and so the finest moment two days can be compared at.
QUARTER = timedelta(minutes=15)
# A venue that has said nothing for this long is not counted as on line.
ON_LINE_WITHIN = timedelta(minutes=15)
# The same weekday: a Monday is never compared with a Sunday.
WEEK = timedelta(days=7)
# The curve's axis in local hours of the business day; what lies outside counts at its ends.
CURVE_FROM_HOUR = 8
CURVE_UNTIL_HOUR = 26
# Shades of the map.
SHADES = 5


@dataclass(frozen=True, slots=True)
class Change:
    """A figure and what it was; the two belong to the same moment of their days."""

    now: int | Fraction
    before: int | Fraction

    @property
    def difference(self) -> int | Fraction:
        """By how much it grew."""
        return self.now - self.before

    @property
    def relative(self) -> Fraction | None:
        """By which share of what it was; None when it was nothing."""
        return ratio(self.difference, self.before)

    @property
    def direction(self) -> str:
        """`up`, `down` or `level`."""
        return "up" if self.difference > 0 else "down" if self.difference < 0 else "level"


@dataclass(frozen=True, slots=True)
class Hour:
    """What an hour changed."""

    begins_at: datetime
    ends_at: datetime
    figures: Figures


@dataclass(frozen=True, slots=True)
class Comparison:
    """Today against the same weekday last week, both up to the same quarter of an hour."""

    # The date compared with, and the last full quarter of both days.
    business_date: date
    until: datetime
    gross: Change
    admissions: Change
    average: Change | None
    domestic_share: Change | None


@dataclass(frozen=True, slots=True)
class TopLine:
    """One line of the table of films."""

    # None for the line of all others and for the total.
    rank: int | None
    film: FilmDay | None
    origin: Origin | None
    films: int
    figures: Figures
    takings_share: Fraction | None
    showings: int
    showings_share: Fraction | None
    occupancy: Fraction | None


@dataclass(frozen=True, slots=True)
class Curve:
    """
    Running totals of takings over the business day.

    Points are (minutes since local midnight of the business date, minor units so far).
    """

    from_minute: int
    until_minute: int
    now_minute: int
    today: tuple[tuple[int, int], ...]
    # Empty when the same weekday last week has no figures.
    last_week: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class HourLine:
    """One full hour of the curve's table; None where the day has not come to it yet."""

    # Since local midnight of the business date.
    minute: int
    today_minor: int | None
    last_week_minor: int | None


@dataclass(frozen=True, slots=True)
class Shading:
    """Which shade each region gets, and the amounts at which shades begin."""

    # Region code → 1 … SHADES; 0 where nothing was taken.
    shades: dict[str, int]
    # Smallest amount of each shade in use, in minor units, ascending.
    limits_minor: tuple[int, ...]
    largest_minor: int


@dataclass(frozen=True, slots=True)
class Board:
    """Everything the live page shows, read at one moment of the register."""

    country: Country
    business_date: date
    # The present instant as the reader was told it.
    at: datetime
    # The entries 0 … as_of − 1 are counted, and the instant of which that was the whole.
    as_of: int
    as_of_at: datetime
    films: tuple[FilmDay, ...]
    regions: tuple[RegionDay, ...]
    today: tuple[Quarter, ...]
    last_week: tuple[Quarter, ...]
    coverage: Coverage
    # When the regions moved last, where they are what the public is told.
    regions_at: datetime | None = None
    _total: Figures = field(init=False)

    def __post_init__(self) -> None:
        """Add up once what every part of the page asks for."""
        object.__setattr__(self, "_total", total(film.figures for film in self.films))

    @property
    def total(self) -> Figures:
        """The country's day."""
        return self._total

    @property
    def is_empty(self) -> bool:
        """Say whether nothing has been sold for today yet."""
        return self._total == Figures()

    @property
    def showings(self) -> int:
        """Announced showings of the day."""
        return sum(film.showings for film in self.films)

    @property
    def places(self) -> int:
        """Places on sale for the day's announced showings."""
        return sum(film.capacity for film in self.films)

    @property
    def occupancy(self) -> Fraction | None:
        """The share of those places that are taken."""
        return ratio(self._total.admissions, self.places)

    @property
    def domestic_share(self) -> Fraction | None:
        """The share of takings of films the country (co-)produced."""
        return ratio(self._takings_of(Origin.DOMESTIC), self._total.gross_minor)

    @property
    def unstated_share(self) -> Fraction | None:
        """The share of takings of films whose countries the catalog does not know."""
        return ratio(self._takings_of(Origin.UNSTATED), self._total.gross_minor)

    @property
    def origin_parts(self) -> list[tuple[str, int]]:
        """Takings by origin, in the order in which a bar shows them; never below nothing."""
        return [(origin.value, max(self._takings_of(origin), 0)) for origin in Origin]

    @property
    def newest_age_s(self) -> float | None:
        """How long ago the newest entry was recorded, in seconds; None when there is none."""
        newest = self.coverage.newest_recorded_at
        return None if newest is None else max(0.0, (self.at - newest).total_seconds())

    @property
    def comparison_date(self) -> date:
        """The same weekday last week."""
        return self.business_date - WEEK

    @property
    def last_hour(self) -> Hour:
        """What the last four full quarters of an hour brought for today's showings."""
        until = self._last_quarter()
        begins_at = until - timedelta(hours=1)
        return Hour(
            begins_at,
            until,
            total(
                quarter.figures
                for quarter in self.today
                if begins_at <= quarter.begins_at < until
            ),
        )

    def compare(self) -> Comparison | None:
        """Compare with last week; None when last week has no figures to compare with."""
        until = self._last_quarter()
        now, now_domestic = _sum_until(self.today, until)
        # By the wall clock, not by 168 hours: where clocks change, 19:30 stays 19:30.
        before, before_domestic = _sum_until(self.last_week, until - WEEK)
        if not self.last_week:
            return None
        return Comparison(
            business_date=self.comparison_date,
            until=until,
            gross=Change(now.gross_minor, before.gross_minor),
            admissions=Change(now.admissions, before.admissions),
            average=_change(now.average_minor, before.average_minor),
            domestic_share=_change(
                ratio(now_domestic, now.gross_minor),
                ratio(before_domestic, before.gross_minor),
            ),
        )

    def top(self) -> tuple[TopLine, ...]:
        """Give the first films by takings, then the others as one line if there are any."""
        ranked = sorted(self.films, key=_by_takings)
        lines = [
            self._line([film], rank=rank)
            for rank, film in enumerate(ranked[:TOP_FILMS], start=1)
        ]
        if ranked[TOP_FILMS:]:
            lines.append(self._line(ranked[TOP_FILMS:]))
        return tuple(lines)

    def total_line(self) -> TopLine:
        """Give the line of all films, to which the others add up."""
        return self._line(self.films)

    def widest_share(self) -> Fraction:
        """Give the largest share among the first films, by which all bars are scaled."""
        shares = (
            share
            for line in self.top()
            if line.rank
            for share in (line.takings_share, line.showings_share)
            if share
        )
        return max(shares, default=Fraction(1))

    def curve(self) -> Curve:
        """Give the day's running total beside last week's."""
        begin, end = 60 * CURVE_FROM_HOUR, 60 * CURVE_UNTIL_HOUR
        now = min(max(self._minute(self.at, self.business_date), begin), end)
        until_now = [quarter for quarter in self.today if quarter.begins_at <= self.at]
        return Curve(
            from_minute=begin,
            until_minute=end,
            now_minute=now,
            today=self._running(until_now, self.business_date, now),
            last_week=self._running(self.last_week, self.comparison_date, end),
        )

    def hours(self) -> tuple[HourLine, ...]:
        """Give the curve as a table: the running totals at every full hour."""
        curve = self.curve()
        return tuple(
            HourLine(
                minute=minute,
                today_minor=_at(curve.today, minute)
                if minute <= curve.now_minute
                else None,
                last_week_minor=_at(curve.last_week, minute),
            )
            for minute in range(curve.from_minute, curve.until_minute + 1, 60)
        )

    @property
    def regions_by_code(self) -> dict[str, RegionDay]:
        """The regions by ISO 3166-2, for whoever lays them out."""
        return {region.code: region for region in self.regions}

    def regions_ranked(self) -> tuple[RegionDay, ...]:
        """Give the regions by takings; those without any stand still in order of code."""
        return tuple(
            sorted(self.regions, key=lambda each: (-each.figures.gross_minor, each.code))
        )

    @property
    def withheld_regions(self) -> int:
        """How many regions the public is told nothing of."""
        return sum(region.is_withheld for region in self.regions)

    def leading_regions(self) -> tuple[RegionDay, ...]:
        """Give the first regions by takings, none of which took nothing."""
        first = self.regions_ranked()[:TOP_REGIONS]
        return tuple(region for region in first if region.figures.gross_minor > 0)

    def shading(self) -> Shading:
        """Shade regions by fifths of their rank in takings."""
        taken = sorted(
            region.figures.gross_minor
            for region in self.regions
            if region.figures.gross_minor > 0
        )
        # The first amount of each fifth; equal amounts get one shade, whatever their rank.
        limits = sorted(
            {taken[len(taken) * k // SHADES] for k in range(SHADES)} if taken else ()
        )
        shades = {
            region.code: sum(region.figures.gross_minor >= limit for limit in limits)
            for region in self.regions
        }
        return Shading(shades, tuple(limits), taken[-1] if taken else 0)

    def takings_share(self, figures: Figures) -> Fraction | None:
        """Give the share of the day's takings that some figures make up."""
        return ratio(figures.gross_minor, self._total.gross_minor)

    def _takings_of(self, origin: Origin) -> int:
        return sum(
            film.figures.gross_minor
            for film in self.films
            if film.origin(self.country.code) is origin
        )

    def _line(self, films: Sequence[FilmDay], *, rank: int | None = None) -> TopLine:
        figures = total(film.figures for film in films)
        showings = sum(film.showings for film in films)
        capacity = sum(film.capacity for film in films)
        film = films[0] if rank is not None else None
        return TopLine(
            rank=rank,
            film=film,
            origin=film.origin(self.country.code) if film else None,
            films=len(films),
            figures=figures,
            takings_share=self.takings_share(figures),
            showings=showings,
            showings_share=ratio(showings, self.showings),
            occupancy=ratio(figures.admissions, capacity),
        )

    def _last_quarter(self) -> datetime:
        """Give the end of the last full quarter of an hour, by the country's clocks."""
        local = self.at.astimezone(zone(self.country.timezone))
        return local.replace(minute=local.minute // 15 * 15, second=0, microsecond=0)

    def _minute(self, instant: datetime, day: date) -> int:
        local = instant.astimezone(zone(self.country.timezone))
        days = (local.date() - day).days
        return 1440 * days + 60 * local.hour + local.minute

    def _running(
        self, quarters: Sequence[Quarter], day: date, until_minute: int
    ) -> tuple[tuple[int, int], ...]:
        if not quarters:
            return ()
        begin = 60 * CURVE_FROM_HOUR
        points: dict[int, int] = {begin: 0}
        so_far = 0
        for quarter in quarters:
            so_far += quarter.figures.gross_minor
            # What a quarter changed is known at its end; presales stand at the axis' start.
            end = self._minute(quarter.begins_at, day) + 15
            points[min(max(end, begin), until_minute)] = so_far
        points[until_minute] = so_far
        return tuple(sorted(points.items()))


def _by_takings(film: FilmDay) -> tuple[int, int, int]:
    """Order films: takings, then admissions, then the older one, so that ties stand still."""
    return -film.figures.gross_minor, -film.figures.admissions, film.film_id


def _at(points: Sequence[tuple[int, int]], minute: int) -> int | None:
    """Read a running total at a minute; None when there is no curve."""
    past = [value for each, value in points if each <= minute]
    return past[-1] if past else None


def _sum_until(quarters: Sequence[Quarter], until: datetime) -> tuple[Figures, int]:
    past = [quarter for quarter in quarters if quarter.begins_at < until]
    return (
        total(quarter.figures for quarter in past),
        sum(quarter.domestic_minor for quarter in past),
    )


def _change(now: Fraction | None, before: Fraction | None) -> Change | None:
    return None if now is None or before is None else Change(now, before)
