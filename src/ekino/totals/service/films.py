"""What others may ask of films: the list, one film's run, several beside one another."""

from datetime import datetime

from ekino.db.database import Database, Role
from ekino.kernel.errors import NotFound, Problem, Refused
from ekino.totals.model.day import Country
from ekino.totals.model.film import COMPARED_MAX, Comparison, FilmPage
from ekino.totals.model.films import FilmList
from ekino.totals.service.trade import trade_of
from ekino.totals.store import films as films_store
from ekino.totals.store import groups as groups_store
from ekino.totals.store.periods import read_moment


def read_films(db: Database, country: Country, *, at: datetime) -> FilmList:
    """Give every film of the catalog with all that it took so far, from one snapshot."""
    with db.transaction(Role.READER) as tx:
        groups_store.take_snapshot(tx)
        as_of, as_of_at = read_moment(tx, at)
        films = films_store.list_films(tx, country)
    return FilmList(as_of=as_of, as_of_at=as_of_at, films=films)


def read_film(db: Database, country: Country, code: str, *, at: datetime) -> FilmPage:
    """Give a film and its whole run, from one snapshot; `NotFound` when the catalog has none."""
    with db.transaction(Role.READER) as tx:
        groups_store.take_snapshot(tx)
        moment = read_moment(tx, at)
        found = films_store.list_films(tx, country, [code])
        if not found:
            raise _unknown(code)
        return films_store.read_film(
            tx, country, trade_of(country.code), found[0], moment=moment, at=at
        )


def compare_films(
    db: Database, country: Country, codes: list[str], *, at: datetime
) -> Comparison:
    """
    Give up to COMPARED_MAX films day by day of their release, from one snapshot.

    `NotFound` names a code that the catalog has not; `Refused` when there are too many.
    """
    wanted = list(dict.fromkeys(codes))
    if len(wanted) > COMPARED_MAX:
        detail = f"{len(wanted)} films are more than the {COMPARED_MAX} compared at once"
        problem = Problem(
            pointer="film",
            code="too_many_films",
            detail=detail,
            fix=f"Leave at most {COMPARED_MAX} of film=… in the address.",
        )
        raise Refused(detail, problems=[problem], code="too_many_films")
    with db.transaction(Role.READER) as tx:
        groups_store.take_snapshot(tx)
        moment = read_moment(tx, at)
        found = {each.code: each for each in films_store.list_films(tx, country, wanted)}
        for code in wanted:
            if code not in found:
                raise _unknown(code)
        films = tuple(
            films_store.read_film(
                tx,
                country,
                trade_of(country.code),
                found[code],
                moment=moment,
                at=at,
                is_whole=False,
            )
            for code in wanted
        )
    return Comparison(
        country=country, at=at, as_of=moment[0], as_of_at=moment[1], films=films
    )


def _unknown(code: str) -> NotFound:
    detail = f"the catalog has no film {code[:100]!r}"
    problem = Problem(
        pointer="film",
        code="film_unknown",
        detail=detail,
        fix="Look for the film at /films and take its code from there.",
    )
    return NotFound(detail, problems=[problem], code="film_unknown")
