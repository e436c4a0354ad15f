"""The live page."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.totals.model.board import Board
from ekino.ui.templates import Templates

# How the regions may be shown; `auto` leaves it to the width of the screen.
VIEWS = ("auto", "map", "tiles", "table")


def routes(read_board: Callable[[], Board], templates: Templates) -> list[BaseRoute]:
    """Give the public page `/`, in the reader's language."""

    def board(request: Request) -> Response:
        """Show the country's business day, complete without a script."""
        asked = request.query_params.get("regions", "")
        view = asked if asked in VIEWS else VIEWS[0]
        return templates.respond(
            request, "totals/board.html", board=read_board(), view=view
        )

    return [Route("/", board, name="board")]
