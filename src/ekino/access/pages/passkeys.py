"""Signing in with a passkey; adding and removing one's passkeys."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.access.model.ways import Obstacle
from ekino.access.pages.lobby import Form, Lobby, own, see, visitor_of
from ekino.access.pages.people import read_number
from ekino.access.service import invitations, passkeys, sign_in
from ekino.access.service.passkeys import Party
from ekino.kernel.errors import NotFound
from ekino.kernel.moments import now


def routes(lobby: Lobby, form: Form) -> list[BaseRoute]:
    """Give the routes of passkeys."""
    pages = _Pages(lobby)
    return [
        Route("/sign-in/passkey/offer", form(pages.offer), methods=["POST"]),
        Route("/sign-in/passkey", form(pages.enter), methods=["POST"]),
        Route("/account/passkeys/offer", form(pages.offer_new), methods=["POST"]),
        Route("/account/passkeys", form(pages.add), methods=["POST"]),
        Route(
            "/account/passkeys/{passkey_id}/remove",
            form(pages.remove),
            methods=["POST"],
        ),
        Route(
            "/invitation/{secret}/passkey/offer",
            form(pages.offer_invited),
            methods=["POST"],
        ),
        Route("/invitation/{secret}/passkey", form(pages.accept), methods=["POST"]),
    ]


class _Pages:
    def __init__(self, lobby: Lobby) -> None:
        self._lobby = lobby

    def _party(self, request: Request) -> Party:
        return Party(self._lobby.origin(request))

    def offer(self, request: Request, _fields: Mapping[str, str]) -> Response:
        """Give the browser a challenge."""
        lobby = self._lobby
        options = passkeys.offer(
            lobby.db, lobby.cookies.step(request), self._party(request), at=now()
        )
        return _json(options)

    def enter(self, request: Request, fields: Mapping[str, str]) -> Response:
        """Take what the authenticator signed, and sign in."""
        lobby, asked = self._lobby, fields.get("next", "")
        given = passkeys.enter(
            lobby.db,
            lobby.cookies.step(request),
            fields.get("credential", ""),
            self._party(request),
            visitor=visitor_of(request),
            at=now(),
        )
        if isinstance(given, Obstacle):
            return lobby.ask(request, asked, problems=[("email", given)], status_code=401)
        return lobby.signed_in(request, given, asked)

    def offer_new(self, request: Request, _fields: Mapping[str, str]) -> Response:
        """Give the browser what it needs to make a passkey."""
        person = own(request)
        options = passkeys.offer_new(
            self._lobby.db,
            _step(person.form_token),
            person.person_id,
            self._party(request),
            at=now(),
        )
        return _json(options)

    def add(self, request: Request, fields: Mapping[str, str]) -> Response:
        """Add the passkey that the browser made."""
        person = own(request)
        stops = passkeys.add(
            self._lobby.db,
            _step(person.form_token),
            person.person_id,
            fields.get("credential", ""),
            self._party(request),
            name=fields.get("name", ""),
            at=now(),
        )
        return see(f"/account?wrong={stops}" if stops else "/account?done=passkey")

    def remove(self, request: Request, _fields: Mapping[str, str]) -> Response:
        """Take a passkey away."""
        # What no column holds is nobody's passkey.
        number = read_number(request.path_params["passkey_id"]) or 0
        stops = passkeys.remove(self._lobby.db, own(request), number)
        return see(f"/account?wrong={stops}" if stops else "/account?done=removed")

    def offer_invited(self, request: Request, _fields: Mapping[str, str]) -> Response:
        """Give the browser of somebody who was invited what it needs to make a passkey."""
        secret = request.path_params["secret"]
        link = sign_in.find_link(self._lobby.db, secret, at=now())
        if link is None or link.kind != "invitation":
            raise NotFound("this link is no longer good", code="link_over")
        options = passkeys.offer_new(
            self._lobby.db, _step(secret), link.person_id, self._party(request), at=now()
        )
        return _json(options)

    def accept(self, request: Request, fields: Mapping[str, str]) -> Response:
        """Use an invitation up with a passkey."""
        lobby, secret = self._lobby, request.path_params["secret"]
        given = invitations.accept_with_passkey(
            lobby.db,
            secret,
            _step(secret),
            fields.get("credential", ""),
            self._party(request),
            visitor=visitor_of(request),
            at=now(),
        )
        if isinstance(given, Obstacle):
            return see(f"/invitation/{secret}?wrong={given}")
        return lobby.signed_in(request, given, "/account?done=new")


def _step(secret: str) -> str:
    """Give the name under which a challenge waits that no cookie of a step holds."""
    return f"passkey of {secret}"


def _json(text: str) -> Response:
    return Response(
        text, media_type="application/json", headers={"Cache-Control": "no-store"}
    )
