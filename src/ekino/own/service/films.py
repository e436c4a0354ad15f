"""Films and their runs, for people of their distributors and producers."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from ekino.db.database import Database, Role
from ekino.kernel.errors import NotFound
from ekino.own.model.cinema import WEEK, last_quarter
from ekino.own.model.films import (
    QUIET_AFTER,
    Film,
    FilmShowing,
    Nation,
    QuietVenue,
    Run,
    Span,
    dates,
    run_of,
)
from ekino.own.store import cinema as cinema_store
from ekino.own.store import films as store
from ekino.totals.model.day import Country
from ekino.totals.service.trade import trade_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Slate:
    """An organisation's films over a span, beside the country."""

    films: tuple[tuple[Film, Run], ...]
    nation: Nation
    first: date
    past_end: date
    # None: nothing is compared over this span.
    until: datetime | None
    as_of: int
    as_of_at: datetime

    @property
    def last(self) -> date:
        """The last business date of it."""
        return self.past_end - timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """One film over a span, showing by showing."""

    film: Film
    showings: tuple[FilmShowing, ...]
    run: Run
    nation: Nation
    quiet: tuple[QuietVenue, ...]
    first: date
    past_end: date
    as_of: int
    as_of_at: datetime

    @property
    def last(self) -> date:
        """The last business date of it."""
        return self.past_end - timedelta(days=1)


def list_films(
    db: Database, organisation_ids: Iterable[int], country: Country
) -> list[Film]:
    """Give the films of these organisations; a film of two of them is given once."""
    films: dict[str, Film] = {}
    for organisation_id in dict.fromkeys(organisation_ids):
        with db.transaction(Role.DISTRIBUTOR, organisation_id=organisation_id) as tx:
            for film in store.list_films(tx, organisation_id, country):
                films.setdefault(film.code, film)
    return list(films.values())


def choose(films: list[Film], code: str) -> Film:
    """Give the film of this code; `NotFound` for any that is not among them."""
    for film in films:
        if film.code == code:
            return film
    # Another's film and one that does not exist are the same to whoever asks.
    raise NotFound("there is no such film of yours", code="film_not_found")


def read_slate(
    db: Database, films: list[Film], country: Country, span: Span, *, at: datetime
) -> Slate:
    """Give what films took and were given over a span, each read as its organisation."""
    today = country.today(at)
    first, past_end = dates(span, today, trade_of(country.code))
    until = last_quarter(at, country.timezone) if span is Span.TODAY else None
    runs: dict[int, Run] = {}
    as_of, as_of_at = 0, at
    for organisation_id in dict.fromkeys(film.organisation_id for film in films):
        with db.transaction(Role.DISTRIBUTOR, organisation_id=organisation_id) as tx:
            as_of, folded_at, size = cinema_store.read_as_of(tx)
            as_of_at = at if as_of >= size else folded_at
            found = store.read_runs(tx, country, first, past_end)
            if until is not None:
                now = store.read_pace(tx, country, today, until)
                before = store.read_pace(tx, country, today - WEEK, until - WEEK)
                found = {
                    film_id: replace(
                        found.get(film_id, Run()),
                        before_minor=before.get(film_id, 0),
                        by_now_minor=now.get(film_id, 0),
                    )
                    # What ended since last week counts too.
                    for film_id in found.keys() | before.keys() | now.keys()
                }
        runs |= found
    return Slate(
        films=tuple((film, runs.get(film.film_id, Run())) for film in films),
        nation=_nation(db, country, first, past_end),
        first=first,
        past_end=past_end,
        until=until,
        as_of=as_of,
        as_of_at=as_of_at,
    )


def read_screening(
    db: Database, film: Film, country: Country, span: Span, *, at: datetime
) -> Screening:
    """Give a film's showings over a span, read as its organisation."""
    today = country.today(at)
    first, past_end = dates(span, today, trade_of(country.code))
    with db.transaction(Role.DISTRIBUTOR, organisation_id=film.organisation_id) as tx:
        as_of, folded_at, size = cinema_store.read_as_of(tx)
        showings = store.read_showings(tx, country, film.film_id, first, past_end)
        quiet = store.list_quiet(tx, film.film_id, today, at - QUIET_AFTER)
    return Screening(
        film=film,
        showings=tuple(showings),
        run=run_of(showings),
        nation=_nation(db, country, first, past_end),
        quiet=tuple(quiet),
        first=first,
        past_end=past_end,
        as_of=as_of,
        as_of_at=at if as_of >= size else folded_at,
    )


def _nation(db: Database, country: Country, first: date, past_end: date) -> Nation:
    with db.transaction(Role.READER) as tx:
        return store.read_nation(tx, country, first, past_end)
