"""The live page's figures, as they stand in PostgreSQL."""

from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row

from ekino.db.queries import load_queries
from ekino.totals.model.board import ON_LINE_WITHIN, WEEK, Board
from ekino.totals.model.day import (
    Country,
    Coverage,
    Figures,
    FilmDay,
    Quarter,
    RegionDay,
)
from ekino.totals.store import groups

_QUERIES = load_queries("ekino.totals")


class _FilmRow(NamedTuple):
    film_id: int
    titles: dict[str, str]
    original_language: str | None
    countries: list[str]
    admissions: int
    gross_minor: int
    fees_minor: int
    showings: int
    capacity: int
    code: str


class _RegionRow(NamedTuple):
    code: str
    names: dict[str, str]
    is_city: bool
    admissions: int
    gross_minor: int
    fees_minor: int
    domestic_minor: int
    venues: int


class _QuarterRow(NamedTuple):
    begins_at: datetime
    admissions: int
    gross_minor: int
    fees_minor: int
    domestic_minor: int


def read_board(tx: Connection[Any], country: Country, *, at: datetime) -> Board:
    """
    Read a country's business day as it stands at one moment of the register.

    Wants a transaction in which nothing has been asked yet; everything in the answer
    belongs to the same position.
    """
    groups.take_snapshot(tx)
    as_of, folded_at, size = groups.read_as_of(tx)
    today = country.today(at)
    return Board(
        country=country,
        business_date=today,
        at=at,
        as_of=as_of,
        # Everything there is has been counted: the figures are of this very moment. Else
        # they are as old as the last fold, and say so.
        as_of_at=at if as_of >= size else folded_at,
        films=_read_films(tx, country, today),
        regions=_read_regions(tx, country, today),
        today=_read_quarters(tx, country, today),
        last_week=_read_quarters(tx, country, today - WEEK),
        coverage=_read_coverage(tx, country, at),
    )


def _read_films(tx: Connection[Any], country: Country, day: date) -> tuple[FilmDay, ...]:
    with tx.cursor(row_factory=class_row(_FilmRow)) as cursor:
        rows = cursor.execute(_QUERIES.read_board_films, _day_of(country, day))
        return tuple(
            FilmDay(
                film_id=row.film_id,
                titles=row.titles,
                original_language=row.original_language,
                countries=tuple(row.countries),
                figures=Figures(row.admissions, row.gross_minor, row.fees_minor),
                showings=row.showings,
                capacity=row.capacity,
                code=row.code,
            )
            for row in rows
        )


def _read_regions(
    tx: Connection[Any], country: Country, day: date
) -> tuple[RegionDay, ...]:
    with tx.cursor(row_factory=class_row(_RegionRow)) as cursor:
        rows = cursor.execute(_QUERIES.read_board_regions, _day_of(country, day))
        return tuple(
            RegionDay(
                code=row.code,
                names=row.names,
                is_city=row.is_city,
                figures=Figures(row.admissions, row.gross_minor, row.fees_minor),
                domestic_minor=row.domestic_minor,
                venues=row.venues,
            )
            for row in rows
        )


def _read_quarters(tx: Connection[Any], country: Country, day: date) -> tuple[Quarter, ...]:
    with tx.cursor(row_factory=class_row(_QuarterRow)) as cursor:
        rows = cursor.execute(_QUERIES.read_board_quarters, _day_of(country, day))
        return tuple(
            Quarter(
                begins_at=row.begins_at,
                figures=Figures(row.admissions, row.gross_minor, row.fees_minor),
                domestic_minor=row.domestic_minor,
            )
            for row in rows
        )


def _read_coverage(tx: Connection[Any], country: Country, at: datetime) -> Coverage:
    asked = {
        "country": country.code,
        "currency": country.currency,
        "at": at,
        "on_line_since": at - ON_LINE_WITHIN,
    }
    with tx.cursor(row_factory=class_row(Coverage)) as cursor:
        coverage = cursor.execute(_QUERIES.read_board_coverage, asked).fetchone()
    return coverage or Coverage(0, 0, 0, None)


def _day_of(country: Country, day: date) -> dict[str, object]:
    return {
        "country": country.code,
        "currency": country.currency,
        "business_date": day,
    }
