"""What the register holds of what a file sums up itself."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from psycopg import Connection

from ekino.db.queries import load_queries
from ekino.intake.model.upload import Source

_QUERIES = load_queries("ekino.intake")


class Scope(NamedTuple):
    """What a sum is of, in our codes; "" and None for what it does not name."""

    venue: str
    hall: str
    showing: str
    # Any version of the film.
    version: str
    day: date | None


class FilmDay(NamedTuple):
    """A film version's day at all halls of a source."""

    version: str
    day: date
    currency: str


class Held(NamedTuple):
    """What the register holds of a scope."""

    tickets: int
    gross_minor: int
    # Some of it is not told apart from what the sum is not of: a showing of another day, a hall
    # for which other sources speak too, a venue of another currency.
    is_mixed: bool


def find_comparable(tx: Connection[Any], source: Source, venues: Iterable[str]) -> set[str]:
    """Give those venues of which the source may learn every sum: its owner's, or its alone."""
    rows = tx.execute(
        _QUERIES.find_comparable,
        {
            "venues": sorted(set(venues)),
            "organisation": source.organisation,
            "source_id": source.source_id,
        },
    ).fetchall()
    return {str(row[0]) for row in rows}


def sum_scopes(tx: Connection[Any], scopes: Sequence[Scope]) -> tuple[int, dict[int, Held]]:
    """Give (register size that is summed up, what is held by place in `scopes`), of one moment."""
    rows = tx.execute(
        _QUERIES.sum_scopes,
        {
            "places": list(range(len(scopes))),
            "venues": [each.venue for each in scopes],
            "halls": [each.hall for each in scopes],
            "showings": [each.showing for each in scopes],
            "versions": [each.version for each in scopes],
            "days": [each.day for each in scopes],
        },
    ).fetchall()
    return _held(rows)


def sum_film_days(
    tx: Connection[Any], source: Source, film_days: Sequence[FilmDay]
) -> tuple[int, dict[int, Held]]:
    """Give the same of film versions' days at the source's halls, by place in `film_days`."""
    rows = tx.execute(
        _QUERIES.sum_film_days,
        {
            "source_id": source.source_id,
            "places": list(range(len(film_days))),
            "versions": [each.version for each in film_days],
            "days": [each.day for each in film_days],
            "currencies": [each.currency for each in film_days],
        },
    ).fetchall()
    return _held(rows)


def _held(rows: Sequence[tuple[Any, ...]]) -> tuple[int, dict[int, Held]]:
    as_of = int(rows[0][0]) if rows else 0
    return as_of, {
        int(place): Held(int(tickets), int(gross_minor), bool(is_mixed))
        for _, place, tickets, gross_minor, is_mixed in rows
        if place is not None
    }
