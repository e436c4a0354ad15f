"""The pages of distributors and producers: their films, and one film showing by showing."""

from dataclasses import dataclass, replace
from fractions import Fraction

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.access.model.permissions import Permission
from ekino.kernel.money import minor_digits
from ekino.own.model.films import BreakEven, Film, Span, add
from ekino.own.pages import film_tables as tables
from ekino.own.pages.counter import Counter, organisation_ids, title_cell
from ekino.own.service import films as service
from ekino.ui.navigation import Step
from ekino.ui.tables import Table, split_suffix

# Showings drawn on a page; its files hold them all.
SHOWINGS_SHOWN_MAX = 40
# A budget that a page takes, in whole units of money: no film cost more.
BUDGET_MAX = 1_000_000_000_000
SHARE_DEFAULT_PERCENT = 50
_PERCENT = 100


@dataclass(frozen=True, slots=True)
class House:
    """Whose pages they are."""

    path: str
    permission: Permission
    # Key of the message that names the section.
    title: str
    # Whether the page works out when costs are earned.
    has_break_even: bool


DISTRIBUTOR = House(
    "/distributor", Permission.SEE_OWN_FILMS, "own.distributor", has_break_even=False
)
PRODUCER = House(
    "/producer", Permission.SEE_PRODUCED_FILMS, "own.producer", has_break_even=True
)


def routes(counter: Counter) -> list[BaseRoute]:
    """Give the addresses of distributors and producers."""
    distributor, producer = _Films(counter, DISTRIBUTOR), _Films(counter, PRODUCER)
    return [
        Route("/distributor", distributor.show, methods=["GET"]),
        Route("/distributor.{suffix}", distributor.show_file, methods=["GET"]),
        Route("/distributor/film/{code:path}", distributor.film, methods=["GET"]),
        Route("/producer", producer.show, methods=["GET"]),
        Route("/producer.{suffix}", producer.show_file, methods=["GET"]),
        Route("/producer/film/{code:path}", producer.film, methods=["GET"]),
    ]


class _Films:
    """Pages for whoever has films."""

    def __init__(self, counter: Counter, house: House) -> None:
        self._counter = counter
        self._house = house

    def _films(self, request: Request) -> list[Film]:
        """Give the films of the one who asks; the only way to a film here."""
        _, grants = self._counter.grants(request, self._house.permission)
        return service.list_films(
            self._counter.db, organisation_ids(grants), self._counter.country
        )

    def _slate(self, request: Request) -> tuple[Span, service.Slate, Table]:
        span = _span(request)
        counter = self._counter
        slate = service.read_slate(
            counter.db, self._films(request), counter.country, span, at=counter.clock()
        )
        language = counter.templates.language(request)
        name = f"films-{span}-{counter.country.today(counter.clock())}"
        table = tables.films(
            slate,
            counter.country,
            language,
            path=self._house.path,
            name=name,
            whole=counter.templates.text(request, "own.total"),
        )
        return span, slate, table

    def show(self, request: Request) -> Response:
        """Show the organisation's films over a span, beside the country."""
        span, slate, table = self._slate(request)
        widest = max(
            (
                share
                for _, run in slate.films
                for share in (
                    run.share_of_showings(slate.nation),
                    run.share_of_takings(slate.nation),
                )
                if share
            ),
            default=Fraction(1),
        )
        return self._counter.respond(
            request,
            "own/films.html",
            house=self._house,
            span=span,
            spans=list(Span),
            slate=slate,
            table=self._counter.sorted(request, table),
            fairness=[
                (self._title(request, film), run)
                for film, run in sorted(
                    slate.films, key=lambda each: -each[1].figures.gross_minor
                )
                if run.showings or run.figures.gross_minor
            ],
            whole=add([run for _, run in slate.films]),
            widest=widest,
            country=self._counter.country,
        )

    def show_file(self, request: Request) -> Response:
        """Give the films as a file."""
        _, _, table = self._slate(request)
        return self._counter.respond_file(
            request,
            (table,),
            request.path_params["suffix"],
            title=self._counter.templates.text(request, self._house.title),
        )

    def film(self, request: Request) -> Response:
        """Show one film by cinema, region, language, hour and showing."""
        code, suffix = split_suffix(request.path_params["code"])
        film = service.choose(self._films(request), code)
        counter, span = self._counter, _span(request)
        screening = service.read_screening(
            counter.db, film, counter.country, span, at=counter.clock()
        )
        language = counter.templates.language(request)
        whole = counter.templates.text(request, "own.total")
        found = tables.of_film(screening, counter.country, language, whole=whole)
        title = self._title(request, film)
        if suffix:
            return counter.respond_file(request, found, suffix, title=title)
        by_part = {table.part: counter.sorted(request, table) for table in found}
        shown = by_part["showings"]
        return counter.respond(
            request,
            "own/film.html",
            trail=(Step(self._house.path, key=self._house.title),),
            house=self._house,
            film=film,
            title=title,
            span=span,
            spans=list(Span),
            screening=screening,
            tables=by_part,
            showings=replace(shown, rows=shown.rows[-SHOWINGS_SHOWN_MAX:]),
            country=counter.country,
            asked=_break_even(request, screening, counter.country.currency)
            if self._house.has_break_even
            else None,
        )

    def _title(self, request: Request, film: Film) -> str:
        language = self._counter.templates.language(request)
        return str(title_cell(film.titles, film.original_language, language).value)


def _span(request: Request) -> Span:
    """Read the span; a word that is none is today."""
    text = request.query_params.get("span", "")
    return Span(text) if text in list(Span) else Span.TODAY


def _break_even(
    request: Request, screening: service.Screening, currency: str
) -> tuple[dict[str, int], BreakEven | None]:
    """Read what the producer entered, and work out how much of it is earned."""
    budget = _whole(request, "budget", BUDGET_MAX)
    grant = _whole(request, "grant", BUDGET_MAX)
    share = _whole(request, "share", _PERCENT) or SHARE_DEFAULT_PERCENT
    asked = {"budget": budget, "grant": grant, "share": share}
    if not budget:
        return asked, None
    unit = 10 ** minor_digits(currency)
    return asked, BreakEven(
        budget * unit,
        grant * unit,
        Fraction(share, _PERCENT),
        screening.run.figures.gross_minor,
    )


def _whole(request: Request, name: str, most: int) -> int:
    """Read a whole number of the query, spaces and all; anything else is nothing."""
    text = "".join(request.query_params.get(name, "").split())
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(most)):
        return 0
    return min(int(text), most)
