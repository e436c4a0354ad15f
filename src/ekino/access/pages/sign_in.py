"""Signing in with a password and a code; signing out."""

from collections.abc import Mapping
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.access.model.ways import Obstacle, is_own_path, next_place
from ekino.access.pages.lobby import Form, Lobby, own, see, visitor_of
from ekino.access.service import passwords, person_of, sign_in
from ekino.kernel.errors import TooOften
from ekino.kernel.moments import now
from ekino.ui.limits import wait_headers


def routes(lobby: Lobby, form: Form) -> list[BaseRoute]:
    """Give the routes of signing in and out."""
    pages = _Pages(lobby)
    return [
        Route("/sign-in", pages.ask, methods=["GET"]),
        Route("/sign-in", form(pages.give_password), methods=["POST"]),
        Route("/sign-in/code", pages.ask_code, methods=["GET"]),
        Route("/sign-in/code", form(pages.give_code), methods=["POST"]),
        Route("/sign-out", form(pages.sign_out), methods=["POST"]),
    ]


class _Pages:
    def __init__(self, lobby: Lobby) -> None:
        self._lobby = lobby

    def ask(self, request: Request) -> Response:
        """Ask for e-mail and password, or offer the other ways."""
        asked = _next(request.query_params.get("next", ""))
        person = person_of(request.scope)
        if person is not None:
            return see(next_place(asked, person, self._lobby.known))
        return self._lobby.ask(request, asked)

    def give_password(self, request: Request, fields: Mapping[str, str]) -> Response:
        """Take e-mail and password; then the code is asked for."""
        lobby = self._lobby
        asked, email = _next(fields.get("next", "")), fields.get("email", "")
        try:
            begun = passwords.give_password(
                lobby.db,
                email,
                fields.get("password", ""),
                visitor=visitor_of(request),
                at=now(),
            )
        except TooOften as error:
            answer = lobby.ask(
                request,
                asked,
                email=email,
                problems=[("email", Obstacle.TOO_OFTEN)],
                status_code=429,
            )
            return _wait(answer, error)
        if begun is None:
            return lobby.ask(
                request,
                asked,
                email=email,
                problems=[("email", Obstacle.CREDENTIALS_WRONG)],
                status_code=401,
            )
        answer = see(f"/sign-in/code{_query(asked)}")
        lobby.cookies.set_step(request, answer, begun.step)
        return answer

    def ask_code(self, request: Request) -> Response:
        """Ask for the code, when a password was right just before."""
        asked = _next(request.query_params.get("next", ""))
        step = self._lobby.cookies.step(request)
        if not step or not passwords.is_code_awaited(self._lobby.db, step, at=now()):
            return see(f"/sign-in{_query(asked)}")
        return self._lobby.respond(request, "access/code.html", next=asked, problems=[])

    def give_code(self, request: Request, fields: Mapping[str, str]) -> Response:
        """Take the code, and sign in."""
        lobby, asked = self._lobby, _next(fields.get("next", ""))
        try:
            given = passwords.give_code(
                lobby.db,
                lobby.cookies.step(request),
                fields.get("code", ""),
                seal=lobby.seal,
                visitor=visitor_of(request),
                at=now(),
            )
        except TooOften as error:
            return _wait(self._code(request, asked, Obstacle.TOO_OFTEN, 429), error)
        if given is Obstacle.FORM_TOO_OLD:
            return lobby.ask(
                request, asked, problems=[("email", Obstacle.FORM_TOO_OLD)], status_code=401
            )
        if isinstance(given, Obstacle):
            return self._code(request, asked, given, 401)
        return lobby.signed_in(request, given, asked)

    def _code(
        self, request: Request, asked: str, stops: Obstacle, status_code: int
    ) -> Response:
        return self._lobby.respond(
            request,
            "access/code.html",
            status_code=status_code,
            next=asked,
            problems=[("code", stops)],
        )

    def sign_out(self, request: Request, _fields: Mapping[str, str]) -> Response:
        """End this sign-in."""
        sign_in.end(self._lobby.db, own(request), at=now())
        answer = see("/")
        self._lobby.cookies.drop_sign_in(request, answer)
        return answer


def _wait(answer: Response, error: TooOften) -> Response:
    answer.headers.update(wait_headers(error))
    return answer


def _next(text: str) -> str:
    """Give where the reader wants to go; "" when that is no path of ours."""
    return text if is_own_path(text) else ""


def _query(asked: str) -> str:
    return f"?next={quote(asked, safe='')}" if asked else ""
