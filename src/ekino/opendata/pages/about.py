"""What every figure means, by which rule it is public, and how far the register reaches."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.opendata import service
from ekino.opendata.model.limits import NAMES
from ekino.opendata.pages.words import Site
from ekino.totals.model.day import ratio
from ekino.ui.navigation import Step
from ekino.ui.tables import SUFFIXES, Column, Kind, Table, Value

# What the page about the data explains, in this order; each has a title and a text.
TERMS = (
    "takings",
    "admissions",
    "average",
    "domestic",
    "showings",
    "occupancy",
    "business_day",
    "comparison",
    "as_of",
    "provisional",
    "coverage",
    "corrections",
    "connect",
    "map",
)

COVERAGE_COLUMNS = (
    Column("day", "places.day", Kind.DATE, is_head=True),
    Column("known", "coverage.known", Kind.COUNT),
    Column("connected", "coverage.connected", Kind.COUNT),
    Column("reporting", "coverage.reporting", Kind.COUNT),
    Column("reporting_share", "coverage.share", Kind.SHARE),
    Column("entries", "coverage.entries", Kind.COUNT),
    Column("corrected", "coverage.corrected", Kind.COUNT),
    Column("late", "coverage.late", Kind.COUNT),
    Column("returned_after", "coverage.returned_after", Kind.COUNT),
)


def routes(site: Site) -> list[BaseRoute]:
    """Give the pages `/about/data` and `/about/coverage`, with its table as files; public."""

    def about(request: Request) -> Response:
        """Say what every figure means, where it comes from and what it leaves out."""
        today = site.country.today(site.clock())
        limits = service.limits_on(today)
        return site.templates.respond(
            request,
            "opendata/about.html",
            trail=(Step("/", key="nav.today"),),
            terms=TERMS,
            limits=[
                (name, getattr(limits, name), service.read_limit(name)) for name in NAMES
            ],
            embed_url=f"{site.templates.origin(request)}/embed",
        )

    def coverage(request: Request) -> Response:
        """Show how far the register reached, and what was put right, day by day."""
        return _coverage(site, request, None)

    def coverage_file(request: Request) -> Response:
        """Give the history of coverage as a file."""
        return _coverage(site, request, request.path_params["suffix"])

    return [
        Route("/about/data", about, name="about"),
        Route("/about/coverage", coverage, name="coverage"),
        Route("/about/coverage.{suffix}", coverage_file, name="coverage_file"),
    ]


def _coverage(site: Site, request: Request, suffix: str | None) -> Response:
    table = coverage_table(site)
    if suffix in SUFFIXES:
        title = site.templates.text(request, "coverage.title")
        return site.templates.respond_table(request, table, suffix or "", title=title)
    newest = table.rows[0] if table.rows else None
    return site.templates.respond(
        request,
        "opendata/coverage.html",
        trail=(Step("/", key="nav.today"), Step("/about/data", key="about.title")),
        table=table.sorted_by(
            request.query_params.get("sort"), site.templates.language(request)
        ),
        newest=newest,
    )


def coverage_table(site: Site) -> Table:
    """Give coverage and what was put right, by day, newest first."""
    rows: list[dict[str, Value]] = []
    for day in service.read_coverage(site.db):
        share = None
        if day.connected and day.reporting is not None:
            share = ratio(day.reporting, day.connected)
        rows.append(
            {
                "day": day.day,
                "known": day.known,
                "connected": day.connected,
                "reporting": day.reporting,
                "reporting_share": share,
                "entries": day.entries,
                "corrected": day.corrected,
                "late": day.late,
                "returned_after": day.returned_after,
            }
        )
    return Table(
        name="coverage",
        columns=COVERAGE_COLUMNS,
        rows=tuple(rows),
        timezone=site.country.timezone,
    )
