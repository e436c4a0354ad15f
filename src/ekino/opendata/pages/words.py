"""What pages of places have in common: films' titles, choices of an address, dates asked for."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from starlette.requests import Request

from ekino.db.database import Database
from ekino.kernel.bounds import is_day_of_ours
from ekino.kernel.moments import Clock
from ekino.totals.model.day import Country, Figures, FilmDay
from ekino.ui.languages import Language
from ekino.ui.tables import Cell
from ekino.ui.templates import Templates

# Gives the address of a film's page by the film's code.
FilmAddress = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What every page of this room is made with."""

    db: Database
    country: Country
    templates: Templates
    clock: Clock


def chosen(request: Request, name: str, among: Iterable[str], default: str) -> str:
    """Read a choice of the address; anything that is not among them is the default."""
    asked = request.query_params.get(name, "")
    return asked if asked in set(among) else default


def date_asked(request: Request, name: str = "date") -> date | None:
    """Read a date of the address; None when there is none, or none that is one."""
    try:
        asked = date.fromisoformat(request.query_params.get(name, ""))
    except ValueError:
        return None
    # A day near the ends of the calendar has no week before it, or none after.
    return asked if is_day_of_ours(asked) else None


def film_cell(
    code: str,
    titles: dict[str, str],
    original_language: str | None,
    language: Language,
    *,
    badge: tuple[str, str] | None = None,
) -> Cell:
    """Give a film's title for a reader, with its language where it is not the reader's."""
    film = FilmDay(
        film_id=0,
        titles=titles,
        original_language=original_language,
        countries=(),
        figures=Figures(),
        showings=0,
        capacity=0,
    )
    words, foreign = film.title(language)
    return Cell(
        words, href=f"/film/{quote(code, safe='')}", lang=foreign or "", badge=badge
    )
