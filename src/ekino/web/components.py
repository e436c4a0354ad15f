"""The components page: what pages are put together from, in the reader's language and theme."""

from fractions import Fraction

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ekino.ui.tables import SUPPRESSED, Cell, Column, Kind, Row, Table
from ekino.ui.templates import Templates

_COLUMNS = (
    Column("film", "films.film", Kind.TEXT, is_head=True),
    Column("takings", "films.takings", Kind.MONEY),
    Column("admissions", "films.admissions", Kind.COUNT),
    Column("share", "films.share.takings", Kind.SHARE),
)
# Invented: each row shows another thing that a cell can be.
_ROWS: tuple[Row, ...] = (
    {
        "film": Cell(
            "Дала үні", href="/films", lang="kk", badge=("domestic", "origin.domestic")
        ),
        "takings": 304_125_000,
        "admissions": 2_031,
        "share": Fraction(1, 3),
    },
    {
        "film": "Neon Harbour",
        "takings": SUPPRESSED,
        "admissions": None,
        "share": SUPPRESSED,
    },
)


def routes(templates: Templates) -> list[Route]:
    """Give the page; for whoever builds pages, so for people who are signed in."""

    def components(request: Request) -> Response:
        """Show every component once."""
        table = Table(
            name="components",
            columns=_COLUMNS,
            rows=_ROWS,
            currency="KZT",
        ).sorted_by(request.query_params.get("sort"), templates.language(request))
        return templates.respond(request, "ui/components.html", table=table)

    return [Route("/components", components, methods=["GET"])]
