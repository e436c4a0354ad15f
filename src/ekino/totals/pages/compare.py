"""`/compare`: up to five films by day of release, in one drawing and two tables."""

from dataclasses import replace
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.db.database import Database
from ekino.kernel.errors import NotFound, Refused
from ekino.kernel.moments import Clock, now
from ekino.kernel.money import minor_digits
from ekino.totals import service
from ekino.totals.model.day import Country, ratio
from ekino.totals.model.film import COMPARED_MAX, Comparison, FilmPage
from ekino.totals.model.films import SEARCH_CHARACTERS_MAX, ListedFilm, Wish
from ekino.totals.pages.film_tables import name_film
from ekino.ui.languages import Language
from ekino.ui.lines import draw_lines
from ekino.ui.navigation import Step
from ekino.ui.tables import Column, Kind, Row, Table, split_suffix
from ekino.ui.templates import Templates

# So many films are offered to a reader who adds one.
OFFERED_MAX = 12
FILM_COLUMNS = (
    Column("number", "films.rank", Kind.COUNT),
    Column("film", "boxoffice.film", Kind.TEXT, is_head=True),
    Column("film_code", "boxoffice.film_code", Kind.TEXT),
    Column("release_date", "boxoffice.release_date", Kind.DATE),
    Column("takings", "boxoffice.takings", Kind.MONEY),
    Column("opening_weekend", "film.opening_weekend", Kind.MONEY),
    Column("multiplier", "film.multiplier", Kind.DECIMAL),
    Column("admissions", "boxoffice.admissions", Kind.COUNT),
    Column("average_ticket", "boxoffice.average_ticket", Kind.MONEY),
    Column("showings", "boxoffice.showings", Kind.COUNT),
    Column("takings_per_showing", "boxoffice.takings_per_showing", Kind.MONEY),
    Column("widest", "film.widest", Kind.COUNT),
)
# Films are numbered as in the drawing.
DAY_COLUMNS = (
    Column("day_of_release", "boxoffice.day_of_release", Kind.COUNT, is_head=True),
    Column("takings_1", "compare.film_1", Kind.MONEY),
    Column("takings_2", "compare.film_2", Kind.MONEY),
    Column("takings_3", "compare.film_3", Kind.MONEY),
    Column("takings_4", "compare.film_4", Kind.MONEY),
    Column("takings_5", "compare.film_5", Kind.MONEY),
)
PARTS = ("films", "days")


def routes(
    db: Database, country: Country, templates: Templates, *, clock: Clock = now
) -> list[BaseRoute]:
    """Give the public page of the comparison; it answers `.csv`, `.xlsx` and `.json` too."""
    pages = _Pages(db, country, templates, clock)
    return [
        Route("/compare", pages.show, name="compare"),
        Route("/compare.{suffix}", pages.show, name="compare_file"),
    ]


class _Pages:
    def __init__(
        self, db: Database, country: Country, templates: Templates, clock: Clock
    ) -> None:
        self._db, self._country = db, country
        self._templates, self._clock = templates, clock

    def show(self, request: Request) -> Response:
        """Show the films that the address names beside one another."""
        suffix = request.path_params.get("suffix")
        if suffix is not None and split_suffix(f"compare.{suffix}")[1] is None:
            raise NotFound(f"there is no {suffix!r} of a comparison", code="not_found")
        codes = [code for code in request.query_params.getlist("film") if code]
        at = self._clock()
        try:
            comparison = service.compare_films(self._db, self._country, codes, at=at)
        except Refused as error:
            if suffix or "text/html" not in request.headers.get("accept", "text/html"):
                raise
            return self._refused(request, codes, error)
        language = self._templates.language(request)
        tables = make_tables(comparison, language)
        if suffix:
            part = request.query_params.get("table", "films")
            if part not in tables:
                detail = f"a comparison has no table {part[:40]!r}"
                raise NotFound(detail, code="not_found")
            title = self._templates.text(request, "compare.title")
            return self._templates.respond_table(request, tables[part], suffix, title=title)
        return self._page(request, comparison, tables, language)

    def _page(
        self,
        request: Request,
        comparison: Comparison,
        tables: dict[str, Table],
        language: Language,
    ) -> Response:
        codes = [film.listed.code for film in comparison.films]
        text = request.query_params.get("q", "")[:SEARCH_CHARACTERS_MAX]
        return self._templates.respond(
            request,
            "totals/films/compare.html",
            trail=(Step("/films", key="nav.films"),),
            comparison=comparison,
            codes=codes,
            asked=text,
            names=[film.listed.film.title(language) for film in comparison.films],
            tables={
                part: _on_page(table).sorted_by(
                    request.query_params.get(f"sort-{part}"), language
                )
                for part, table in tables.items()
            },
            drawing=draw_lines(
                [film.running_totals() for film in comparison.films],
                unit=10 ** minor_digits(self._country.currency),
            ),
            compared_max=COMPARED_MAX,
            offered=self._offer(codes, text, language),
            path_of=path_of,
        )

    def _offer(
        self, codes: list[str], text: str, language: Language
    ) -> list[tuple[str, str, str | None]]:
        """Give films that may be added, as (code, title, its language): those searched for."""
        if len(codes) >= COMPARED_MAX:
            return []
        films = service.read_films(self._db, self._country, at=self._clock())
        wish = Wish(text=text)
        fitting = [
            each
            for each in films.films
            if each.code not in codes
            and wish.grants(each, country=self._country.code, language=language)
        ]
        fitting.sort(key=_newest_first)
        return [(each.code, *each.film.title(language)) for each in fitting[:OFFERED_MAX]]

    def _refused(self, request: Request, codes: list[str], error: Refused) -> Response:
        is_unknown = isinstance(error, NotFound)
        return self._templates.respond(
            request,
            "totals/films/refused.html",
            status_code=404 if is_unknown else 400,
            trail=(Step("/films", key="nav.films"),),
            is_unknown=is_unknown,
            asked=len(set(codes)),
            compared_max=COMPARED_MAX,
            path=path_of([*dict.fromkeys(codes)][:COMPARED_MAX]),
        )


def path_of(codes: list[str]) -> str:
    """Give the address of a comparison of these films."""
    query = urlencode([("film", code) for code in codes])
    return f"/compare?{query}" if query else "/compare"


def make_tables(comparison: Comparison, language: Language) -> dict[str, Table]:
    """Give the films one by one, and their takings so far by day of release."""
    films = comparison.films
    day_columns = DAY_COLUMNS[: len(films) + 1]
    rows: tuple[Row, ...] = tuple(
        {
            "day_of_release": number,
            **{
                f"takings_{place + 1}": comparison.so_far(place, number)
                for place in range(len(films))
            },
        }
        for number in range(1, comparison.last_day + 1)
    )
    return {
        "films": _table(
            comparison,
            "films",
            FILM_COLUMNS,
            tuple(
                _film_row(place, film, language)
                for place, film in enumerate(films, start=1)
            ),
        ),
        "days": _table(comparison, "days", day_columns, rows if films else ()),
    }


def _table(
    comparison: Comparison, part: str, columns: tuple[Column, ...], rows: tuple[Row, ...]
) -> Table:
    return Table(
        name=f"compare-{part}",
        part=part,
        columns=columns,
        rows=rows,
        currency=comparison.country.currency,
        timezone=comparison.country.timezone,
        as_of=comparison.as_of,
        at=comparison.as_of_at,
    )


def _on_page(table: Table) -> Table:
    shown = tuple(column for column in table.columns if column.name != "film_code")
    return replace(table, columns=shown)


def _film_row(number: int, page: FilmPage, language: Language) -> Row:
    figures = page.figures
    return {
        "number": number,
        "film": name_film(page.listed, page.country, language),
        "film_code": page.listed.code,
        "release_date": page.listed.release_date,
        "takings": figures.gross_minor,
        "opening_weekend": page.opening.figures.gross_minor if page.opening else None,
        "multiplier": page.multiplier,
        "admissions": figures.admissions,
        "average_ticket": figures.average_minor,
        "showings": page.showings,
        "takings_per_showing": ratio(figures.gross_minor, page.showings),
        "widest": page.widest,
    }


def _newest_first(listed: ListedFilm) -> tuple[int, int]:
    last = listed.last_day.toordinal() if listed.last_day else 0
    # Of a week, the larger first.
    return -(last // 7), -listed.figures.gross_minor
