"""Permanent tables: `/day/…`, `/weekend/…`, `/month/…`, `/year/…`, each with its files."""

from datetime import date
from functools import partial

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ekino.db.database import Database
from ekino.kernel.errors import NotFound
from ekino.kernel.moments import Clock, now
from ekino.totals import service
from ekino.totals.model.box_office import BoxOffice
from ekino.totals.model.day import Country
from ekino.totals.model.periods import (
    Period,
    PeriodKind,
    after,
    before,
    period_of,
    read_period,
)
from ekino.totals.pages.period_table import file_table, page_table
from ekino.totals.pages.words import name_period
from ekino.ui.navigation import Step
from ekino.ui.tables import split_suffix
from ekino.ui.templates import Templates


def routes(
    db: Database, country: Country, templates: Templates, *, clock: Clock = now
) -> list[BaseRoute]:
    """Give the public pages of periods; each answers `.csv`, `.xlsx` and `.json` too."""
    pages = _Pages(db, country, templates, clock)
    return [
        Route(f"/{kind}/{{name}}", partial(pages.show, kind), name=f"period_{kind}")
        for kind in PeriodKind
    ]


class _Pages:
    def __init__(
        self, db: Database, country: Country, templates: Templates, clock: Clock
    ) -> None:
        self._db, self._country = db, country
        self._templates, self._clock = templates, clock
        self._trade = service.trade_of(country.code)

    def show(self, kind: PeriodKind, request: Request) -> Response:
        """Show a period's table, or give it as a file."""
        name, suffix = split_suffix(request.path_params["name"])
        try:
            period = read_period(kind, name, self._trade)
        except NotFound as error:
            if suffix or "text/html" not in request.headers.get("accept", "text/html"):
                raise
            return self._missing(request, kind, name, error)
        if period.name != name:
            return self._to_its_own_address(request, period, suffix)
        box_office = service.read_box_office(
            self._db,
            self._country,
            period,
            at=self._clock(),
            with_fees=request.query_params.get("fees") == "1",
        )
        if suffix:
            language = self._templates.language(request)
            return self._templates.respond_table(
                request,
                file_table(box_office, language, total=self._total(request)),
                suffix,
                title=self._title(request, box_office),
            )
        return self._page(request, box_office)

    def _page(self, request: Request, box_office: BoxOffice) -> Response:
        language = self._templates.language(request)
        table = page_table(box_office, language, total=self._total(request))
        period, trade = box_office.period, self._trade
        return self._templates.respond(
            request,
            "totals/tables/period.html",
            trail=(Step("/calendar", key="nav.box_office"),),
            title=self._title(request, box_office),
            box_office=box_office,
            table=table.sorted_by(request.query_params.get("sort"), language),
            before=before(period, trade),
            after=after(period, trade),
            kinds=[
                (each, period_of(each, _shown_day(box_office), trade))
                for each in PeriodKind
            ],
            name_period=partial(name_period, language=language),
        )

    def _total(self, request: Request) -> str:
        return self._templates.text(request, "boxoffice.total")

    def _title(self, request: Request, box_office: BoxOffice) -> str:
        language = self._templates.language(request)
        words = name_period(box_office.period, language)
        return self._templates.text(request, "boxoffice.title", period=words)

    def _to_its_own_address(
        self, request: Request, period: Period, suffix: str | None
    ) -> Response:
        """Send a reader who named a day of a weekend to the weekend: it has one address."""
        query = f"?{request.url.query}" if request.url.query else ""
        ending = f".{suffix}" if suffix else ""
        return RedirectResponse(f"{period.path}{ending}{query}", status_code=307)

    def _missing(
        self, request: Request, kind: PeriodKind, name: str, error: NotFound
    ) -> Response:
        today = self._country.today(self._clock())
        return self._templates.respond(
            request,
            "totals/tables/missing.html",
            status_code=404,
            trail=(Step("/calendar", key="nav.box_office"),),
            kind=kind,
            asked=name[:40],
            problem=error.problems[0],
            example=period_of(kind, today, self._trade),
        )


def _shown_day(box_office: BoxOffice) -> date:
    """Give the day that another kind of period should hold: today within, else the last one."""
    period, today = box_office.period, box_office.today
    return min(max(today, period.first), period.last)
