"""A film's run: day by day, weekend by weekend, by language and hour of start."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from functools import cached_property

from ekino.totals.model.day import Country, Figures, ratio, total
from ekino.totals.model.films import ListedFilm
from ekino.totals.model.periods import WEEK, Period, Trade, weekend_period

# More curves than this cannot be told apart.
COMPARED_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDay:
    """One business date of a film, beside all films of that date."""

    day: date
    figures: Figures
    showings: int
    capacity: int
    venues: int
    market_gross_minor: int
    market_showings: int

    @property
    def takings_share(self) -> Fraction | None:
        """Of the day's takings of all films."""
        return ratio(self.figures.gross_minor, self.market_gross_minor)

    @property
    def showings_share(self) -> Fraction | None:
        """Of the day's showings of all films."""
        return ratio(self.showings, self.market_showings)


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageRun:
    """What a film took in one language of showing."""

    language: str
    figures: Figures
    showings: int
    capacity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StartHour:
    """How many showings of a film began in one hour of the local clock."""

    hour: int
    showings: int
    capacity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """One line of the table day by day."""

    day: RunDay
    # The first day is 1; None when no date of release is known.
    day_of_release: int | None
    # Relative, on the same weekday a week before; None for a day that has not ended.
    change: Fraction | None
    to_date: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekendLine:
    """One weekend of a film's run."""

    number: int
    period: Period
    figures: Figures
    showings: int
    capacity: int
    venues: int
    change: Fraction | None
    # All it took until this weekend ended.
    to_date: Figures


@dataclass(frozen=True, kw_only=True)
class FilmPage:
    """A film and its whole run, at one moment of the register."""

    country: Country
    trade: Trade
    at: datetime
    as_of: int
    as_of_at: datetime
    listed: ListedFilm
    # In order; only days with figures or showings.
    days: tuple[RunDay, ...]
    languages: tuple[LanguageRun, ...] = ()
    hours: tuple[StartHour, ...] = ()

    @property
    def today(self) -> date:
        """The business date of the present instant."""
        return self.country.today(self.at)

    @cached_property
    def figures(self) -> Figures:
        """All that the film took so far."""
        return total(day.figures for day in self.days)

    @property
    def showings(self) -> int:
        """All announced showings."""
        return sum(day.showings for day in self.days)

    @property
    def widest(self) -> int:
        """The most venues on one day."""
        return max((day.venues for day in self.days), default=0)

    @property
    def opened_on(self) -> date | None:
        """The release, or the first day with a ticket where the catalog knows no release."""
        if self.listed.release_date is not None:
            return self.listed.release_date
        return next((each.day for each in self.days if each.figures.admissions), None)

    @cached_property
    def opening(self) -> WeekendLine | None:
        """The weekend on which it opened; None for a film older than the register."""
        first = self.weekends[0] if self.weekends else None
        return first if first and first.number == 1 else None

    @property
    def multiplier(self) -> Fraction | None:
        """
        All it took by what it took on its opening weekend.

        None until that weekend has ended, or when nothing was taken on it.
        """
        if self.opening is None or self.today < self.opening.period.past_end:
            return None
        return ratio(self.figures.gross_minor, self.opening.figures.gross_minor)

    @cached_property
    def lines(self) -> tuple[RunLine, ...]:
        """The run day by day, in order."""
        by_day = {each.day: each for each in self.days}
        lines = []
        to_date = Figures()
        for each in self.days:
            to_date = to_date + each.figures
            before = by_day.get(each.day - WEEK)
            lines.append(
                RunLine(
                    day=each,
                    day_of_release=self._day_of_release(each.day),
                    change=_change(each.figures, before.figures if before else None)
                    if each.day < self.today
                    else None,
                    to_date=to_date,
                )
            )
        return tuple(lines)

    @cached_property
    def weekends(self) -> tuple[WeekendLine, ...]:
        """The run weekend by weekend from the opening on; those without showings are left out."""
        if self.opened_on is None or not self.days:
            return ()
        lines: list[WeekendLine] = []
        period = weekend_period(self.opened_on, self.trade)
        if period.past_end <= self.opened_on:
            # Over before the release: previews.
            period = weekend_period(period.first + WEEK, self.trade)
        number = 1
        while period.first <= self.days[-1].day:
            line = self._weekend(number, period, lines[-1] if lines else None)
            if line.showings or line.figures != Figures():
                lines.append(line)
            number += 1
            period = weekend_period(period.first + WEEK, self.trade)
        return tuple(lines)

    def running_totals(self) -> list[tuple[int, int]]:
        """Give (day of release, takings so far) of the days that have begun, from day 0."""
        points = [(0, 0)]
        for line in self.lines:
            if line.day.day > self.today:
                break
            number = line.day_of_release
            if number is None:
                number = (line.day.day - self.days[0].day).days + 1
            # What was taken before the release stands at its eve.
            points.append((max(number, 0), line.to_date.gross_minor))
        return _last_of_each(points)

    def shares(self) -> tuple[list[tuple[int, Fraction]], list[tuple[int, Fraction]]]:
        """
        Give shares of takings and of showings by day of release, of days that have begun.

        From the first day of release on: a preview's share says nothing of the run.
        """
        lines = [
            line
            for line in self.lines
            if line.day.day <= self.today and (line.day_of_release or 1) > 0
        ]
        numbered = [
            (line.day_of_release or place, line.day)
            for place, line in enumerate(lines, start=1)
        ]
        return (
            [(number, share) for number, day in numbered if (share := day.takings_share)],
            [(number, share) for number, day in numbered if (share := day.showings_share)],
        )

    def _weekend(
        self, number: int, period: Period, before: WeekendLine | None
    ) -> WeekendLine:
        days = [each for each in self.days if period.first <= each.day < period.past_end]
        figures = total(each.figures for each in days)
        # Only with the weekend just before it, and only whole with whole.
        follows = before is not None and before.number == number - 1
        has_ended = period.past_end <= self.today
        return WeekendLine(
            number=number,
            period=period,
            figures=figures,
            showings=sum(each.showings for each in days),
            capacity=sum(each.capacity for each in days),
            venues=max((each.venues for each in days), default=0),
            change=_change(figures, before.figures)
            if before is not None and follows and has_ended
            else None,
            to_date=total(each.figures for each in self.days if each.day < period.past_end),
        )

    def _day_of_release(self, day: date) -> int | None:
        if self.opened_on is None:
            return None
        return (day - self.opened_on).days + 1


def _change(now: Figures, then: Figures | None) -> Fraction | None:
    if then is None or then.gross_minor <= 0:
        return None
    return ratio(now.gross_minor - then.gross_minor, then.gross_minor)


def _last_of_each(points: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    return sorted(dict(points).items())


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Up to COMPARED_MAX films by day of release, at one moment of the register."""

    country: Country
    at: datetime
    as_of: int
    as_of_at: datetime
    films: tuple[FilmPage, ...]

    @cached_property
    def totals(self) -> tuple[dict[int, int], ...]:
        """Of each film, takings so far by day of release."""
        return tuple(dict(film.running_totals()) for film in self.films)

    @property
    def last_day(self) -> int:
        """The last day of release that any of the films has reached."""
        return max((max(each, default=0) for each in self.totals), default=0)

    def so_far(self, place: int, number: int) -> int | None:
        """Give a film's takings until a day of its release; None where it has not come to it."""
        known = self.totals[place]
        if number > max(known, default=0):
            return None
        return next((known[day] for day in range(number, -1, -1) if day in known), 0)
