"""The live page and the page that says what its figures mean."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.totals.model.board import Board
from ekino.ui.navigation import Step
from ekino.ui.templates import Templates

# How the regions may be shown; `auto` leaves it to the width of the screen.
VIEWS = ("auto", "map", "tiles", "table")


def routes(read_board: Callable[[], Board], templates: Templates) -> list[BaseRoute]:
    """Give the public pages `/` and `/about/data`; both answer in the reader's language."""

    def board(request: Request) -> Response:
        """Show the country's business day, complete without a script."""
        asked = request.query_params.get("regions", "")
        view = asked if asked in VIEWS else VIEWS[0]
        return templates.respond(
            request, "totals/board.html", board=read_board(), view=view
        )

    def about(request: Request) -> Response:
        """Say what every figure means, where it comes from and what it leaves out."""
        return templates.respond(
            request, "totals/about.html", trail=(Step("/", key="nav.today"),), terms=TERMS
        )

    return [Route("/", board, name="board"), Route("/about/data", about, name="about")]


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
