"""A year of a country, day by day."""

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row

from ekino.db.queries import load_queries
from ekino.totals.model.calendar import CalendarDay, CalendarYear, Measure
from ekino.totals.model.day import Country, Figures
from ekino.totals.model.periods import WEEK
from ekino.totals.store import groups
from ekino.totals.store.periods import read_moment, read_span

_QUERIES = load_queries("ekino.totals")


class _DayRow(NamedTuple):
    day: date
    admissions: int
    gross_minor: int
    fees_minor: int
    domestic_minor: int
    showings: int
    films: int


def read_calendar(
    tx: Connection[Any],
    country: Country,
    year: int,
    *,
    measure: Measure,
    at: datetime,
    holidays: dict[date, dict[str, str]],
) -> CalendarYear:
    """
    Read a year's days, and the week before it, as of one moment of the register.

    Wants a transaction in which nothing has been asked yet.
    """
    groups.take_snapshot(tx)
    as_of, as_of_at = read_moment(tx, at)
    asked = {
        "country": country.code,
        "currency": country.currency,
        "first": date(year, 1, 1) - WEEK,
        "past_end": date(year, 12, 31) + timedelta(days=1),
    }
    with tx.cursor(row_factory=class_row(_DayRow)) as cursor:
        rows = cursor.execute(_QUERIES.read_calendar_days, asked).fetchall()
    return CalendarYear(
        country=country,
        year=year,
        measure=measure,
        at=at,
        as_of=as_of,
        as_of_at=as_of_at,
        days={
            row.day: CalendarDay(
                day=row.day,
                figures=Figures(row.admissions, row.gross_minor, row.fees_minor),
                domestic_minor=row.domestic_minor,
                showings=row.showings,
                films=row.films,
            )
            for row in rows
        },
        span=read_span(tx, country),
        holidays=holidays,
    )
