"""Regions: the map of a period, and one region's days, films and venues."""

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.opendata import service
from ekino.opendata.model.figures import Published
from ekino.opendata.model.shading import Shading, Value, shade
from ekino.opendata.pages.region_tables import (
    days_table,
    films_table,
    on_page,
    regions_table,
    venues_table,
)
from ekino.opendata.pages.words import Site, chosen, date_asked
from ekino.opendata.service import RegionsView
from ekino.totals.model.periods import (
    Period,
    PeriodKind,
    Trade,
    after,
    before,
    day_period,
    period_of,
)
from ekino.totals.service import trade_of
from ekino.ui import formats
from ekino.ui.languages import Language
from ekino.ui.navigation import Step
from ekino.ui.tables import SUFFIXES, split_suffix

# The running day, and the periods of the trade.
TODAY = "today"
SPANS = (TODAY, *(kind.value for kind in PeriodKind))
MEASURES = ("takings", "admissions", "per_hall", "domestic", "venues")
VIEWS = ("auto", "map", "tiles")


@dataclass(frozen=True, slots=True)
class Span:
    """The days that the map is of."""

    choice: str
    period: Period
    # Its days that are published, or today; none of them may be.
    first: date
    past_end: date
    earlier: Period | None = None
    later: Period | None = None

    @property
    def is_live(self) -> bool:
        """Say whether it is the running day."""
        return self.choice == TODAY

    @property
    def is_partial(self) -> bool:
        """Say whether only some of the period's days are published."""
        return not self.is_live and self.past_end < self.period.past_end


def span_of(
    choice: str, asked: date | None, *, today: date, until: date | None, trade: Trade
) -> Span:
    """Give the days a reader means: those asked for, else the last that are published."""
    if choice == TODAY or until is None:
        period = day_period(today)
        return Span(TODAY, period, period.first, period.past_end)
    last = until - timedelta(days=1)
    period = period_of(PeriodKind(choice), min(asked or last, last), trade)
    past_end = max(period.first, min(period.past_end, until))
    later = after(period, trade)
    return Span(
        choice,
        period,
        period.first,
        past_end,
        before(period, trade),
        later if later.first < until else None,
    )


def measured(view: RegionsView, measure: str) -> dict[str, Value | None]:
    """Give each region's value of a measure; None where there is none to tell."""
    values: dict[str, Value | None] = {}
    for place in view.regions:
        told = view.figures.get(place.code)
        if measure == "venues":
            values[place.code] = place.on_line
        elif told is None:
            values[place.code] = None
        else:
            values[place.code] = _value(told, measure, place.halls)
    return values


def _value(told: Published, measure: str, halls: int) -> Value | None:
    match measure:
        case "admissions":
            return told.admissions
        case "per_hall":
            return Fraction(told.gross_minor, halls) if halls else None
        case "domestic":
            return told.domestic_share
        case _:
            return told.gross_minor


def name_span(span: Span, language: Language) -> str:
    """Name the days of a span for its heading."""
    match span.period.kind:
        case PeriodKind.WEEKEND:
            return formats.days_between(span.period.first, span.period.last, language)
        case PeriodKind.MONTH:
            return formats.month_and_year(span.period.first, language)
        case PeriodKind.YEAR:
            return str(span.period.first.year)
        case PeriodKind.DAY:
            return formats.day_full(span.period.first, language)


def routes(site: Site) -> list[BaseRoute]:
    """Give the pages `/regions` and `/region/{code}`, and their tables as files; public."""

    def regions(request: Request) -> Response:
        """Show a measure of every region over a period."""
        return _regions(site, request, None)

    def regions_file(request: Request) -> Response:
        """Give the table of regions as a file."""
        return _regions(site, request, request.path_params["suffix"])

    def region(request: Request) -> Response:
        """Show one region."""
        return _region(site, request)

    return [
        Route("/regions", regions, name="regions"),
        Route("/regions.{suffix}", regions_file, name="regions_file"),
        Route("/region/{code}", region, name="region"),
    ]


def _regions(site: Site, request: Request, suffix: str | None) -> Response:
    at = site.clock()
    until = service.read_published_until(site.db)
    span = span_of(
        chosen(request, "period", SPANS, TODAY),
        date_asked(request),
        today=site.country.today(at),
        until=until,
        trade=trade_of(site.country.code),
    )
    view = service.read_regions_view(
        site.db, site.country, span.first, max(span.past_end, span.first), at=at
    )
    measure = chosen(request, "measure", MEASURES, MEASURES[0])
    values = measured(view, measure)
    language = site.templates.language(request)
    table = regions_table(
        view,
        site.country,
        span.first,
        span.past_end,
        language,
        whole=site.templates.text(request, "places.whole"),
        at=at,
    )
    if suffix in SUFFIXES:
        title = site.templates.text(request, "places.regions.title")
        return site.templates.respond_table(request, table, suffix or "", title=title)
    shading: Shading = shade({c: v for c, v in values.items() if v is not None})
    return site.templates.respond(
        request,
        "opendata/regions.html",
        trail=(Step("/", key="nav.today"),),
        country=site.country,
        span=span,
        span_name=name_span(span, language),
        spans=SPANS,
        view=view,
        values=values,
        shading=shading,
        measure=measure,
        measures=MEASURES,
        look=chosen(request, "show", VIEWS, VIEWS[0]),
        table=on_page(table.sorted_by(request.query_params.get("sort"), language)),
    )


def _region(site: Site, request: Request) -> Response:
    code, suffix = split_suffix(request.path_params["code"])
    at = site.clock()
    view = service.read_region_view(site.db, site.country, code, at=at)
    language = site.templates.language(request)
    name = view.region.name(language)
    tables = {
        each.part: each.sorted_by(request.query_params.get(f"sort-{each.part}"), language)
        for each in (
            days_table(view, site.country),
            films_table(view, site.country, language, at=at),
            venues_table(view.venues, at=at, part="venues", country=site.country),
        )
    }
    if suffix:
        table = tables.get(request.query_params.get("table", ""), tables["days"])
        return site.templates.respond_table(request, table, suffix, title=name)
    return site.templates.respond(
        request,
        "opendata/region.html",
        trail=(Step("/", key="nav.today"), Step("/regions", key="nav.regions")),
        country=site.country,
        view=view,
        region_name=name,
        tables={part: on_page(each) for part, each in tables.items()},
        today=site.country.today(at),
    )
