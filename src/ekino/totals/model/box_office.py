"""The table of a period: films by takings in the trade's columns, worked out from film days."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from functools import cached_property

from ekino.totals.model.day import Country, Figures, FilmDay, Origin, ratio, total
from ekino.totals.model.periods import (
    Period,
    PeriodKind,
    PeriodState,
    Trade,
    basis,
    year_before,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmRun:
    """One film in a period: what it took and was given, and what it has taken altogether."""

    # Figures, showings and places of the period.
    film: FilmDay
    code: str
    age_mark: str | None
    certificate: str | None
    distributor: str | None
    release_date: date | None
    # The most venues that announced it on one day of the period.
    venues: int
    # From its first ticket to the end of the period.
    to_date: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """How far the register reaches back and forward, in business dates with any figures."""

    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the table: a film's, or the total's."""

    rank: int | None
    rank_before: int | None
    run: FilmRun | None
    origin: Origin | None
    # Days since release, the first is 1; 0 and below before it. None when no date is known.
    day_of_release: int | None
    takings_minor: int
    # Relative, of the days that have ended, on the same days of the basis.
    change: Fraction | None
    takings_share: Fraction | None
    showings: int
    showings_share: Fraction | None
    admissions: int
    average_minor: Fraction | None
    per_showing_minor: Fraction | None
    admissions_per_showing: Fraction | None
    venues: int | None
    per_venue_minor: Fraction | None
    occupancy: Fraction | None
    takings_to_date_minor: int | None
    admissions_to_date: int | None

    @property
    def week_of_release(self) -> int | None:
        """Weeks since release, the first is 1; None before it or when no date is known."""
        if self.day_of_release is None or self.day_of_release < 1:
            return None
        return (self.day_of_release - 1) // 7 + 1


Sums = Mapping[int, Figures]


@dataclass(frozen=True, kw_only=True)
class BoxOffice:
    """A period's films, and the figures they are compared with, at one moment of the register."""

    country: Country
    trade: Trade
    period: Period
    # The present instant as the reader was told it.
    at: datetime
    as_of: int
    as_of_at: datetime
    runs: tuple[FilmRun, ...]
    # Venues with figures in the period, and venues that the catalog knows.
    venues_reporting: int
    venues_known: int
    span: Span
    # By film: the days of the period that have ended, and the same days of what is compared.
    ended: Sums = field(default_factory=dict)
    basis: Sums = field(default_factory=dict)
    year_before: Sums = field(default_factory=dict)
    # The basis as a whole, which ranks are of.
    basis_whole: Sums = field(default_factory=dict)
    with_fees: bool = False

    @property
    def today(self) -> date:
        """The business date of the present instant."""
        return self.country.today(self.at)

    @property
    def state(self) -> PeriodState:
        """How far the figures may still change."""
        return self.period.state(self.today, self.trade)

    @property
    def closes_on(self) -> date:
        """With which morning the figures are called closed."""
        return self.period.closes_on(self.trade)

    @property
    def basis_period(self) -> Period:
        """What changes are measured on."""
        return basis(self.period, self.trade)

    @property
    def year_before_period(self) -> Period | None:
        """The comparable period a year before."""
        return year_before(self.period, self.trade)

    @property
    def ended_days(self) -> int:
        """How many days of the period have ended: changes are of these."""
        return self.period.ended_days(self.today)

    @property
    def is_empty(self) -> bool:
        """Say whether nothing was announced and nothing sold."""
        return not self.runs

    @cached_property
    def figures(self) -> Figures:
        """The period's sums."""
        return total(run.film.figures for run in self.runs)

    def takings(self, figures: Figures) -> int:
        """Give takings as the table counts them: with service fees or without."""
        return figures.gross_with_fees_minor if self.with_fees else figures.gross_minor

    @property
    def takings_minor(self) -> int:
        """The period's takings."""
        return self.takings(self.figures)

    @property
    def showings(self) -> int:
        """Announced showings."""
        return sum(run.film.showings for run in self.runs)

    @property
    def average_minor(self) -> Fraction | None:
        """The average ticket."""
        return ratio(self.takings_minor, self.figures.admissions)

    @property
    def occupancy(self) -> Fraction | None:
        """The share of places that are taken."""
        capacity = sum(run.film.capacity for run in self.runs)
        return ratio(self.figures.admissions, capacity)

    @property
    def domestic_share(self) -> Fraction | None:
        """The domestic films' share of takings."""
        home = sum(
            self.takings(run.film.figures)
            for run in self.runs
            if run.film.origin(self.country.code) is Origin.DOMESTIC
        )
        return ratio(home, self.takings_minor)

    def change_on(self, sums: Sums) -> Fraction | None:
        """Give the relative change of takings on the same days of another period."""
        return _change(self._sum(self.ended), self._sum(sums))

    def admissions_change_on(self, sums: Sums) -> Fraction | None:
        """Give the relative change of admissions on the same days of another period."""
        return _change(
            total(self.ended.values()).admissions, total(sums.values()).admissions
        )

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The films by takings; ties by admissions, then by the older one."""
        ranked = sorted(
            self.runs,
            key=lambda run: (
                -self.takings(run.film.figures),
                -run.film.figures.admissions,
                run.film.film_id,
            ),
        )
        ranks_before = self._ranks(self.basis_whole)
        return tuple(
            self._film_line(run, rank, ranks_before.get(run.film.film_id))
            for rank, run in enumerate(ranked, start=1)
        )

    @property
    def total_line(self) -> Line:
        """The line of all films, to which the others add up."""
        return self._line(self.runs, change=self.change_on(self.basis))

    def _film_line(self, run: FilmRun, rank: int, rank_before: int | None) -> Line:
        film_id = run.film.film_id
        change = _change(
            self.takings(self.ended.get(film_id, Figures())),
            self.takings(self.basis.get(film_id, Figures())),
        )
        return self._line([run], rank=rank, rank_before=rank_before, change=change)

    def _line(
        self,
        runs: Iterable[FilmRun],
        *,
        change: Fraction | None,
        rank: int | None = None,
        rank_before: int | None = None,
    ) -> Line:
        runs = tuple(runs)
        run = runs[0] if rank is not None else None
        figures = total(each.film.figures for each in runs)
        takings = self.takings(figures)
        showings = sum(each.film.showings for each in runs)
        capacity = sum(each.film.capacity for each in runs)
        return Line(
            rank=rank,
            rank_before=rank_before,
            run=run,
            origin=run.film.origin(self.country.code) if run else None,
            day_of_release=self._day_of_release(run) if run else None,
            takings_minor=takings,
            change=change,
            takings_share=ratio(takings, self.takings_minor),
            showings=showings,
            showings_share=ratio(showings, self.showings),
            admissions=figures.admissions,
            average_minor=ratio(takings, figures.admissions),
            per_showing_minor=ratio(takings, showings),
            admissions_per_showing=ratio(figures.admissions, showings),
            venues=run.venues if run else None,
            per_venue_minor=ratio(takings, run.venues) if run else None,
            occupancy=ratio(figures.admissions, capacity),
            takings_to_date_minor=self.takings(run.to_date) if run else None,
            admissions_to_date=run.to_date.admissions if run else None,
        )

    def _day_of_release(self, run: FilmRun) -> int | None:
        if run.release_date is None:
            return None
        # Of a weekend or a month, the day it ended on; a running one, today.
        last = min(self.period.last, max(self.today, self.period.first))
        return (last - run.release_date).days + 1

    def _ranks(self, sums: Sums) -> dict[int, int]:
        ranked = sorted(
            (film_id for film_id in sums if self.takings(sums[film_id]) > 0),
            key=lambda film_id: (
                -self.takings(sums[film_id]),
                -sums[film_id].admissions,
                film_id,
            ),
        )
        return {film_id: rank for rank, film_id in enumerate(ranked, start=1)}

    def _sum(self, sums: Sums) -> int:
        return self.takings(total(sums.values()))

    @property
    def counts_weeks(self) -> bool:
        """Say whether the table counts weeks of release, where days would say too much."""
        return self.period.kind is not PeriodKind.DAY


def _change(now: int, then: int) -> Fraction | None:
    return ratio(now - then, then) if then > 0 else None
