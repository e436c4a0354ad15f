"""Periods of a country, as films' national days say."""

from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row

from ekino.db.queries import load_queries
from ekino.totals.model.box_office import BoxOffice, FilmRun, Span
from ekino.totals.model.day import Country, Figures, FilmDay
from ekino.totals.model.periods import Period, Trade, basis, year_before
from ekino.totals.store import groups

_QUERIES = load_queries("ekino.totals")


class _RunRow(NamedTuple):
    film_id: int
    code: str
    titles: dict[str, str]
    original_language: str | None
    countries: list[str]
    age_mark: str | None
    certificate: str | None
    distributor: str | None
    release_date: date | None
    admissions: int
    gross_minor: int
    fees_minor: int
    showings: int
    capacity: int
    venues: int
    admissions_to_date: int
    gross_to_date_minor: int
    fees_to_date_minor: int


def read_box_office(
    tx: Connection[Any], country: Country, trade: Trade, period: Period, *, at: datetime
) -> BoxOffice:
    """
    Read a period's table as it stands at one moment of the register.

    Wants a transaction in which nothing has been asked yet.
    """
    groups.take_snapshot(tx)
    as_of, as_of_at = read_moment(tx, at)
    ended = period.ended_days(country.today(at))
    compared, earlier = basis(period, trade), year_before(period, trade)
    reporting, known = _count_venues(tx, country, period)
    span = read_span(tx, country)

    def same_days(of: Period | None) -> dict[int, Figures]:
        # Before the register began there is nothing to compare with, and the days on which it
        # began are not the period's whole.
        if of is None or span.first is None or of.first < span.first:
            return {}
        # A whole period is compared with a whole one: a month of 30 days with one of 31.
        days = of if ended == period.days else of.first_days(ended)
        return sum_films(tx, country, days)

    return BoxOffice(
        country=country,
        trade=trade,
        period=period,
        at=at,
        as_of=as_of,
        as_of_at=as_of_at,
        runs=_read_runs(tx, country, period),
        venues_reporting=reporting,
        venues_known=known,
        span=span,
        ended=sum_films(tx, country, period.first_days(ended)),
        basis=same_days(compared),
        year_before=same_days(earlier),
        basis_whole=sum_films(tx, country, compared),
    )


def read_moment(tx: Connection[Any], at: datetime) -> tuple[int, datetime]:
    """Give the position that figures speak of, and the instant of which that was the whole."""
    as_of, folded_at, size = groups.read_as_of(tx)
    return as_of, at if as_of >= size else folded_at


def sum_films(tx: Connection[Any], country: Country, period: Period) -> dict[int, Figures]:
    """Give what each film took in a period, by its number."""
    rows = tx.execute(_QUERIES.sum_period_films, span_of(country, period)).fetchall()
    return {film_id: Figures(*figures) for film_id, *figures in rows}


def read_span(tx: Connection[Any], country: Country) -> Span:
    """Give the first and last business date with anything sold."""
    asked = {"country": country.code, "currency": country.currency}
    row = tx.execute(_QUERIES.read_days_span, asked).fetchone()
    first, last = row or (None, None)
    return Span(first=first, last=last)


def span_of(country: Country, period: Period) -> dict[str, object]:
    """Give what a query about a period of a country asks with."""
    return {
        "country": country.code,
        "currency": country.currency,
        "first": period.first,
        "past_end": period.past_end,
    }


def _read_runs(
    tx: Connection[Any], country: Country, period: Period
) -> tuple[FilmRun, ...]:
    with tx.cursor(row_factory=class_row(_RunRow)) as cursor:
        rows = cursor.execute(_QUERIES.read_period_films, span_of(country, period))
        return tuple(_run(row) for row in rows)


def _run(row: _RunRow) -> FilmRun:
    return FilmRun(
        film=FilmDay(
            film_id=row.film_id,
            titles=row.titles,
            original_language=row.original_language,
            countries=tuple(row.countries),
            figures=Figures(row.admissions, row.gross_minor, row.fees_minor),
            showings=row.showings,
            capacity=row.capacity,
        ),
        code=row.code,
        age_mark=row.age_mark,
        certificate=row.certificate,
        distributor=row.distributor,
        release_date=row.release_date,
        venues=row.venues,
        to_date=Figures(
            row.admissions_to_date, row.gross_to_date_minor, row.fees_to_date_minor
        ),
    )


def _count_venues(tx: Connection[Any], country: Country, period: Period) -> tuple[int, int]:
    row = tx.execute(_QUERIES.count_period_venues, span_of(country, period)).fetchone()
    return (row[0], row[1]) if row else (0, 0)
