"""The live board for a wall, and a small frame of it for other people's pages."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.opendata.pages.words import Site, chosen
from ekino.totals.model.board import Board
from ekino.ui.reader import Theme
from ekino.ui.security import FRAMED_HEADERS

FIRST_FILMS = 5


def routes(site: Site, read_board: Callable[[], Board]) -> list[BaseRoute]:
    """Give the pages `/tv` and `/embed`; public, and the second may stand in a frame."""

    def wall(request: Request) -> Response:
        """Show the live board without controls, as large as the screen; `?look=dark`."""
        return site.templates.respond(
            request,
            "opendata/tv.html",
            board=read_board(),
            look=chosen(request, "look", Theme, Theme.AUTO),
        )

    def frame(request: Request) -> Response:
        """Show today's takings and the first five films, in a frame of somebody else's page."""
        response = site.templates.respond(
            request,
            "opendata/embed.html",
            board=read_board(),
            look=chosen(request, "look", Theme, Theme.AUTO),
            first=FIRST_FILMS,
        )
        response.headers.update(FRAMED_HEADERS)
        return response

    return [Route("/tv", wall, name="wall"), Route("/embed", frame, name="frame")]
