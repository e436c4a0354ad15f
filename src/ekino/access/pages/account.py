"""One's own account: ways to sign in, sign-ins that live, and what one has seen and done."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.access.model.ways import Obstacle
from ekino.access.pages.lobby import Form, Lobby, own, see
from ekino.access.service import audit, passkeys, passwords, people, sign_in
from ekino.access.service.passkeys import Party
from ekino.kernel.errors import TooOften
from ekino.kernel.moments import now
from ekino.ui.limits import wait_headers

# Times of one's own sign-ins, as everybody here reads them.
ZONE = "Asia/Almaty"
_LINES_SHOWN = 20
_DONE = frozenset({"new", "password", "others", "passkey", "removed"})
_WRONG = frozenset({Obstacle.PASSKEY_WRONG, Obstacle.FORM_TOO_OLD, Obstacle.LAST_WAY})
_FIELD_OF = {Obstacle.PASSWORD_WRONG: "old", Obstacle.PASSWORDS_DIFFER: "again"}


def routes(lobby: Lobby, form: Form) -> list[BaseRoute]:
    """Give the routes of one's own account."""
    pages = _Pages(lobby)
    return [
        Route("/account", pages.show, methods=["GET"]),
        Route("/account/password", pages.ask_password, methods=["GET"]),
        Route("/account/password", form(pages.change_password), methods=["POST"]),
        Route("/account/others", form(pages.end_others), methods=["POST"]),
    ]


class _Pages:
    def __init__(self, lobby: Lobby) -> None:
        self._lobby = lobby

    def show(self, request: Request) -> Response:
        """Show one's own account."""
        person, db = own(request), self._lobby.db
        done = request.query_params.get("done", "")
        wrong = request.query_params.get("wrong", "")
        return self._lobby.respond(
            request,
            "access/account.html",
            person=person,
            listed=people.find_person(db, person.person_id),
            sign_ins=sign_in.list_own(db, person, at=now()),
            passkeys=passkeys.list_own(db, person),
            lines=audit.read_audit(db, lines=_LINES_SHOWN, person_id=person.person_id)[0],
            has_passkeys=Party(self._lobby.origin(request)).may_have_passkeys,
            done=done if done in _DONE else "",
            problems=[("ways", Obstacle(wrong))] if wrong in _WRONG else [],
            zone=ZONE,
        )

    def ask_password(self, request: Request) -> Response:
        """Ask for the old password and a new one."""
        return self._password(request, [])

    def change_password(self, request: Request, fields: Mapping[str, str]) -> Response:
        """Change the password; every other sign-in ends."""
        try:
            stops = passwords.change_password(
                self._lobby.db,
                own(request),
                old=fields.get("old", ""),
                new=fields.get("password", ""),
                again=fields.get("again", ""),
                at=now(),
            )
        except TooOften as error:
            answer = self._password(request, [("old", Obstacle.TOO_OFTEN)], code=429)
            answer.headers.update(wait_headers(error))
            return answer
        if stops is not None:
            field = _FIELD_OF.get(stops, "password")
            return self._password(request, [(field, stops)], code=400)
        return see("/account?done=password")

    def end_others(self, request: Request, _fields: Mapping[str, str]) -> Response:
        """End every other sign-in."""
        sign_in.end_others(self._lobby.db, own(request), at=now())
        return see("/account?done=others")

    def _password(
        self, request: Request, problems: list[tuple[str, Obstacle]], *, code: int = 200
    ) -> Response:
        listed = people.find_person(self._lobby.db, own(request).person_id)
        return self._lobby.respond(
            request,
            "access/password.html",
            status_code=code,
            email=listed.row.email,
            problems=problems,
        )
