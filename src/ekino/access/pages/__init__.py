"""The pages of people: signing in, one's own account, the operator's overview."""

from starlette.routing import BaseRoute

from ekino.access.pages import account, invitation, passkeys, sign_in
from ekino.access.pages.lobby import Form, Lobby

__all__ = ["Form", "Lobby", "routes"]


def routes(lobby: Lobby, form: Form) -> list[BaseRoute]:
    """Give the routes of the room's pages; `form` reads a page's own form."""
    return [
        *sign_in.routes(lobby, form),
        *passkeys.routes(lobby, form),
        *invitation.routes(lobby, form),
        *account.routes(lobby, form),
    ]
