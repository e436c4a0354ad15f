"""Signing in at an identity provider."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.access.model.ways import Obstacle, is_own_path
from ekino.access.pages.lobby import Lobby, see, visitor_of
from ekino.access.service.sign_in import new_secret
from ekino.kernel.errors import NotFound, TooOften
from ekino.kernel.moments import now
from ekino.ui.limits import wait_headers

_BACK = "/sign-in/provider/back"


def routes(lobby: Lobby) -> list[BaseRoute]:
    """Give the routes of the identity provider; without one they answer 404."""
    pages = _Pages(lobby)
    return [
        Route("/sign-in/provider", pages.go, methods=["GET"]),
        Route(_BACK, pages.come_back, methods=["GET"]),
    ]


class _Pages:
    def __init__(self, lobby: Lobby) -> None:
        self._lobby = lobby

    def go(self, request: Request) -> Response:
        """Send the reader to the provider; a link, because no form may end on another host."""
        lobby = self._lobby
        if lobby.provider is None:
            raise NotFound("no identity provider is set", code="provider_missing")
        asked = request.query_params.get("next", "")
        step = new_secret()
        address = lobby.provider.begin(
            lobby.db,
            step,
            back=lobby.origin(request) + _BACK,
            asked=asked if is_own_path(asked) else "",
            at=now(),
        )
        if isinstance(address, Obstacle):
            return lobby.ask(request, asked, problems=[("email", address)], status_code=503)
        answer = see(address)
        lobby.cookies.set_step(request, answer, step)
        return answer

    def come_back(self, request: Request) -> Response:
        """Take what the reader brought back from the provider, and sign in."""
        lobby = self._lobby
        if lobby.provider is None:
            raise NotFound("no identity provider is set", code="provider_missing")
        try:
            given = lobby.provider.finish(
                lobby.db,
                lobby.cookies.step(request),
                dict(request.query_params),
                back=lobby.origin(request) + _BACK,
                visitor=visitor_of(request),
                at=now(),
            )
        except TooOften as error:
            answer = lobby.ask(
                request, "", problems=[("email", Obstacle.TOO_OFTEN)], status_code=429
            )
            answer.headers.update(wait_headers(error))
            return answer
        if isinstance(given, Obstacle):
            return lobby.ask(request, "", problems=[("email", given)], status_code=401)
        cookie, asked = given
        return lobby.signed_in(request, cookie, asked)
