"""`/films` and `/film/…`: the list of films, and one film's run, each with files."""

from collections.abc import Callable
from dataclasses import replace
from math import ceil

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.db.database import Database
from ekino.kernel.errors import NotFound
from ekino.kernel.moments import Clock, now
from ekino.kernel.money import minor_digits
from ekino.totals import service
from ekino.totals.model.day import Country, Origin
from ekino.totals.model.film import FilmPage
from ekino.totals.model.films import PAGE_FILMS, SEARCH_CHARACTERS_MAX, Wish
from ekino.totals.pages.film_tables import film_tables, list_table, on_page
from ekino.ui.languages import Language
from ekino.ui.lines import draw_lines
from ekino.ui.navigation import Step
from ekino.ui.tables import Table, split_suffix
from ekino.ui.templates import Templates

# Gives what is published of a film in regions; the room that may say so is a floor above.
RegionsOf = Callable[[FilmPage, Language], Table | None]
# Shares are drawn in hundredths of a percent.
_SHARE_UNIT = 10_000
_DIGITS_MAX = 6
PARTS = ("days", "weekends", "languages", "hours", "regions")


def routes(
    db: Database,
    country: Country,
    templates: Templates,
    *,
    clock: Clock = now,
    regions_of: RegionsOf | None = None,
) -> list[BaseRoute]:
    """Give the public pages of films; each answers `.csv`, `.xlsx` and `.json` too."""
    pages = _Pages(db, country, templates, clock, regions_of)
    return [
        Route("/films", pages.show_list, name="films"),
        Route("/films.{suffix}", pages.show_list, name="films_file"),
        Route("/film/{code:path}", pages.show_film, name="film"),
    ]


class _Pages:
    def __init__(
        self,
        db: Database,
        country: Country,
        templates: Templates,
        clock: Clock,
        regions_of: RegionsOf | None,
    ) -> None:
        self._db, self._country = db, country
        self._templates, self._clock = templates, clock
        self._regions_of = regions_of

    def show_list(self, request: Request) -> Response:
        """Show the films that a reader asks for, a page of them at a time."""
        suffix = request.path_params.get("suffix")
        if suffix is not None and split_suffix(f"films.{suffix}")[1] is None:
            raise NotFound(f"there is no {suffix!r} of the films", code="not_found")
        language = self._templates.language(request)
        films = service.read_films(self._db, self._country, at=self._clock())
        wish = _read_wish(request)
        chosen = tuple(
            each
            for each in films.films
            if wish.grants(each, country=self._country.code, language=language)
        )
        table = list_table(films, chosen, self._country, language)
        title = self._templates.text(request, "nav.films")
        if suffix:
            return self._templates.respond_table(request, table, suffix, title=title)
        ordered = table.sorted_by(request.query_params.get("sort"), language)
        pages = max(ceil(len(chosen) / PAGE_FILMS), 1)
        page = min(_read_number(request.query_params.get("page")) or 1, pages)
        shown = ordered.rows[(page - 1) * PAGE_FILMS : page * PAGE_FILMS]
        return self._templates.respond(
            request,
            "totals/films/list.html",
            trail=(Step("/", key="nav.today"),),
            films=films,
            wish=wish,
            origins=list(Origin),
            letters=films.letters(language),
            found=len(chosen),
            page=page,
            pages=pages,
            search_characters_max=SEARCH_CHARACTERS_MAX,
            country=self._country,
            table=on_page(replace(ordered, rows=shown)),
        )

    def show_film(self, request: Request) -> Response:
        """Show a film's card and its run, or give one of its tables as a file."""
        code, suffix = split_suffix(request.path_params["code"])
        try:
            page = service.read_film(self._db, self._country, code, at=self._clock())
        except NotFound as error:
            if suffix or "text/html" not in request.headers.get("accept", "text/html"):
                raise
            return self._templates.respond(
                request,
                "totals/films/missing.html",
                status_code=404,
                trail=(Step("/films", key="nav.films"),),
                asked=code[:100],
                problem=error.problems[0],
            )
        language = self._templates.language(request)
        tables = film_tables(page, language)
        regions = self._regions_of(page, language) if self._regions_of else None
        if regions is not None:
            name = tables["days"].name.removesuffix("days") + "regions"
            tables["regions"] = replace(regions, part="regions", name=name)
        title, title_language = page.listed.film.title(language)
        if suffix:
            part = request.query_params.get("table", "days")
            if part not in tables:
                raise NotFound(f"the film has no table {part[:40]!r}", code="not_found")
            return self._templates.respond_table(request, tables[part], suffix, title=title)
        sorted_tables = {
            part: on_page(table).sorted_by(
                request.query_params.get(f"sort-{part}"), language
            )
            for part, table in tables.items()
        }
        return self._templates.respond(
            request,
            "totals/films/film.html",
            trail=(Step("/films", key="nav.films"),),
            page=page,
            title=title,
            title_language=title_language,
            tables=sorted_tables,
            curve=draw_lines(
                [page.running_totals()], unit=10 ** minor_digits(self._country.currency)
            ),
            shares=draw_lines(_share_lines(page), unit=_SHARE_UNIT // 100),
            share_unit=_SHARE_UNIT,
        )


def _share_lines(page: FilmPage) -> list[list[tuple[int, int]]]:
    """Give shares of takings and of showings by day, in hundredths of a percent."""
    return [
        [(number, round(share * _SHARE_UNIT)) for number, share in line]
        for line in page.shares()
    ]


def _read_wish(request: Request) -> Wish:
    asked = request.query_params
    origin = asked.get("origin", "")
    return Wish(
        text=asked.get("q", "")[:SEARCH_CHARACTERS_MAX],
        year=_read_number(asked.get("year")),
        letter=asked.get("letter", "")[:1].upper(),
        origin=Origin(origin) if origin in set(Origin) else None,
    )


def _read_number(text: str | None) -> int | None:
    """Read a number of at most _DIGITS_MAX digits; None for anything else."""
    if not text or len(text) > _DIGITS_MAX or not (text.isascii() and text.isdigit()):
        return None
    return int(text)
