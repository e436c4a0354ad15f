"""Links that are good once: an invitation to choose how to sign in, or a way in."""

from collections.abc import Mapping

import segno
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.access.model.ways import Obstacle
from ekino.access.pages.lobby import Form, Lobby, visitor_of
from ekino.access.service import invitations, passwords, sign_in
from ekino.access.service.invitations import Choice
from ekino.access.service.passkeys import Party
from ekino.access.service.sign_in import Link, digest_of
from ekino.kernel.moments import now

_WRONG = frozenset({Obstacle.PASSKEY_WRONG, Obstacle.FORM_TOO_OLD})
# What stands in the way is shown at the field that can mend it.
_FIELD_OF = {Obstacle.PASSWORDS_DIFFER: "again", Obstacle.CODE_WRONG: "code"}


def routes(lobby: Lobby, form: Form) -> list[BaseRoute]:
    """Give the routes of links."""
    pages = _Pages(lobby)
    return [
        Route("/invitation/{secret}", pages.show, methods=["GET"]),
        Route("/invitation/{secret}", form(pages.accept), methods=["POST"]),
    ]


class _Pages:
    def __init__(self, lobby: Lobby) -> None:
        self._lobby = lobby

    def show(self, request: Request) -> Response:
        """Show what the link is for; a link that is merely previewed is not used up."""
        secret = request.path_params["secret"]
        link = sign_in.find_link(self._lobby.db, secret, at=now())
        if link is None:
            return self._over(request)
        if link.kind == "sign_in":
            return self._lobby.respond(request, "access/link.html", link=link)
        wrong = request.query_params.get("wrong", "")
        problems = [("passkey", Obstacle(wrong))] if wrong in _WRONG else []
        return self._choose(request, link, problems)

    def accept(self, request: Request, fields: Mapping[str, str]) -> Response:
        """Choose a password with codes, or enter."""
        lobby, secret = self._lobby, request.path_params["secret"]
        link = sign_in.find_link(lobby.db, secret, at=now())
        if link is None:
            return self._over(request)
        if link.kind == "sign_in":
            cookie = sign_in.enter_by_link(
                lobby.db, secret, visitor=visitor_of(request), at=now()
            )
            if cookie is None:
                return self._over(request)
            return lobby.signed_in(request, cookie, "")
        given = invitations.accept_with_password(
            lobby.db,
            secret,
            Choice(
                password=fields.get("password", ""),
                again=fields.get("again", ""),
                code=fields.get("code", ""),
                totp_secret=self._totp_secret(secret),
            ),
            seal=lobby.seal,
            visitor=visitor_of(request),
            at=now(),
        )
        if given is Obstacle.FORM_TOO_OLD:
            return self._over(request)
        if isinstance(given, Obstacle):
            return self._choose(request, link, [(_FIELD_OF.get(given, "password"), given)])
        return lobby.signed_in(request, given, "/account?done=new")

    def _choose(
        self, request: Request, link: Link, problems: list[tuple[str, Obstacle]]
    ) -> Response:
        codes = self._totp_secret(request.path_params["secret"])
        return self._lobby.respond(
            request,
            "access/invitation.html",
            status_code=400 if problems else 200,
            link=link,
            secret=request.path_params["secret"],
            totp_secret=codes,
            picture=draw_code(passwords.otpauth(codes, link.email)),
            problems=problems,
            has_passkeys=Party(self._lobby.origin(request)).may_have_passkeys,
        )

    def _over(self, request: Request) -> Response:
        return self._lobby.respond(request, "access/link.html", status_code=404, link=None)

    def _totp_secret(self, secret: str) -> str:
        return invitations.secret_for(self._lobby.seal.key(), digest_of(secret).hex())


def draw_code(text: str) -> Markup:
    """Draw a QR code as SVG; the page's words say the same to whoever cannot see it."""
    drawing = segno.make(text, error="m").svg_inline(
        scale=4,
        border=2,
        dark="#000",
        light="#fff",
        omitsize=True,
        svgclass=None,
        lineclass=None,
    )
    return Markup(drawing.replace("<svg ", '<svg aria-hidden="true" ', 1))  # noqa: S704 - our own drawing
