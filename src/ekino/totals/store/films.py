"""The list of films and one film's run, as they stand in PostgreSQL."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row

from ekino.db.queries import load_queries
from ekino.totals.model.day import Country, Figures, FilmDay
from ekino.totals.model.film import FilmPage, LanguageRun, RunDay, StartHour
from ekino.totals.model.films import ListedFilm
from ekino.totals.model.periods import Trade

_QUERIES = load_queries("ekino.totals")


class _ListedRow(NamedTuple):
    film_id: int
    code: str
    titles: dict[str, str]
    original_language: str | None
    countries: list[str]
    genres: list[str]
    running_time_min: int | None
    age_mark: str | None
    certificate: str | None
    distributor: str | None
    release_date: date | None
    admissions: int
    gross_minor: int
    fees_minor: int
    showings: int
    capacity: int
    first_day: date | None
    last_day: date | None


class _DayRow(NamedTuple):
    day: date
    admissions: int
    gross_minor: int
    fees_minor: int
    showings: int
    capacity: int
    venues: int
    market_gross_minor: int
    market_showings: int


class _LanguageRow(NamedTuple):
    language: str
    admissions: int
    gross_minor: int
    fees_minor: int
    showings: int
    capacity: int


def list_films(
    tx: Connection[Any], country: Country, codes: Sequence[str] | None = None
) -> tuple[ListedFilm, ...]:
    """Give every film of the catalog, or those with these codes."""
    asked = {
        "country": country.code,
        "currency": country.currency,
        "codes": None if codes is None else list(codes),
    }
    with tx.cursor(row_factory=class_row(_ListedRow)) as cursor:
        return tuple(_listed(row) for row in cursor.execute(_QUERIES.list_films, asked))


def read_film(
    tx: Connection[Any],
    country: Country,
    trade: Trade,
    listed: ListedFilm,
    *,
    moment: tuple[int, datetime],
    at: datetime,
    is_whole: bool = True,
) -> FilmPage:
    """Read a film's run; without languages and hours where only its days are wanted."""
    film_id = listed.film.film_id
    return FilmPage(
        country=country,
        trade=trade,
        at=at,
        as_of=moment[0],
        as_of_at=moment[1],
        listed=listed,
        days=_read_days(tx, country, film_id),
        languages=_read_languages(tx, country, film_id) if is_whole else (),
        hours=_read_hours(tx, country, film_id) if is_whole else (),
    )


def _read_days(tx: Connection[Any], country: Country, film_id: int) -> tuple[RunDay, ...]:
    with tx.cursor(row_factory=class_row(_DayRow)) as cursor:
        rows = cursor.execute(_QUERIES.read_run_days, _film_of(country, film_id))
        return tuple(
            RunDay(
                day=row.day,
                figures=Figures(row.admissions, row.gross_minor, row.fees_minor),
                showings=row.showings,
                capacity=row.capacity,
                venues=row.venues,
                market_gross_minor=row.market_gross_minor,
                market_showings=row.market_showings,
            )
            for row in rows
        )


def _read_languages(
    tx: Connection[Any], country: Country, film_id: int
) -> tuple[LanguageRun, ...]:
    with tx.cursor(row_factory=class_row(_LanguageRow)) as cursor:
        rows = cursor.execute(_QUERIES.read_run_languages, _film_of(country, film_id))
        return tuple(
            LanguageRun(
                language=row.language,
                figures=Figures(row.admissions, row.gross_minor, row.fees_minor),
                showings=row.showings,
                capacity=row.capacity,
            )
            for row in rows
        )


def _read_hours(
    tx: Connection[Any], country: Country, film_id: int
) -> tuple[StartHour, ...]:
    rows = tx.execute(_QUERIES.read_run_hours, _film_of(country, film_id)).fetchall()
    return tuple(
        StartHour(hour=hour, showings=showings, capacity=capacity)
        for hour, showings, capacity in rows
    )


def _film_of(country: Country, film_id: int) -> dict[str, object]:
    return {
        "country": country.code,
        "currency": country.currency,
        "film_id": film_id,
    }


def _listed(row: _ListedRow) -> ListedFilm:
    return ListedFilm(
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
        genres=tuple(row.genres),
        running_time_min=row.running_time_min,
        age_mark=row.age_mark,
        certificate=row.certificate,
        distributor=row.distributor,
        release_date=row.release_date,
        first_day=row.first_day,
        last_day=row.last_day,
    )
