"""Films as their distributor or producer may see them."""

from datetime import date, datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, kwargs_row

from ekino.db.queries import load_queries
from ekino.own.model.films import Film, FilmShowing, Nation, QuietVenue, Run
from ekino.totals.model.day import Country, Figures

_QUERIES = load_queries("ekino.own")


def list_films(tx: Connection[Any], organisation_id: int, country: Country) -> list[Film]:
    """Give the films of the organisation that the transaction reads for."""

    def film(**columns: Any) -> Film:
        return Film(**columns, organisation_id=organisation_id)

    with tx.cursor(row_factory=kwargs_row(film)) as cursor:
        return cursor.execute(_QUERIES.list_own_films, {"country": country.code}).fetchall()


def read_runs(
    tx: Connection[Any], country: Country, first: date, past_end: date
) -> dict[int, Run]:
    """Give what each own film took and was given over [first, past_end)."""
    rows = tx.execute(_QUERIES.read_own_films, _span(country, first, past_end))
    return {
        film_id: Run(Figures(admissions, gross, fees), showings, places, venues)
        for film_id, admissions, gross, fees, showings, places, venues in rows
    }


def read_pace(
    tx: Connection[Any], country: Country, day: date, until: datetime
) -> dict[int, int]:
    """Give what each own film had taken for a business date by an instant."""
    asked = {"country": country.code, "currency": country.currency}
    rows = tx.execute(
        _QUERIES.read_own_pace, asked | {"business_date": day, "until": until}
    )
    return {film_id: int(gross) for film_id, gross in rows}


def read_nation(
    tx: Connection[Any], country: Country, first: date, past_end: date
) -> Nation:
    """Give what the country took and showed; the transaction's role sees it."""
    row = tx.execute(_QUERIES.read_nation, _span(country, first, past_end)).fetchone()
    return Nation(*row) if row else Nation()


def read_showings(
    tx: Connection[Any], country: Country, film_id: int, first: date, past_end: date
) -> list[FilmShowing]:
    """Give every showing of an own film over [first, past_end)."""
    with tx.cursor(row_factory=class_row(FilmShowing)) as cursor:
        return cursor.execute(
            _QUERIES.read_film_showings,
            {**_span(country, first, past_end), "film_id": film_id},
        ).fetchall()


def list_quiet(
    tx: Connection[Any], film_id: int, day: date, since: datetime
) -> list[QuietVenue]:
    """Give cinemas that show the film on a day and of which nothing was heard since."""
    with tx.cursor(row_factory=class_row(QuietVenue)) as cursor:
        return cursor.execute(
            _QUERIES.list_quiet_venues,
            {"film_id": film_id, "business_date": day, "since": since},
        ).fetchall()


def _span(country: Country, first: date, past_end: date) -> dict[str, object]:
    return {
        "country": country.code,
        "currency": country.currency,
        "first": first,
        "past_end": past_end,
    }
