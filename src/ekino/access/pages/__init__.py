"""The pages of people: signing in, one's own account, the operator's overview."""

from collections.abc import Callable

from starlette.routing import BaseRoute

from ekino.access.pages import (
    account,
    admin,
    invitation,
    passkeys,
    people,
    provider,
    sign_in,
)
from ekino.access.pages.admin import Installed
from ekino.access.pages.lobby import Form, Lobby

__all__ = ["Form", "Installed", "Lobby", "routes"]


def routes(lobby: Lobby, form: Form, installed: Callable[[], Installed]) -> list[BaseRoute]:
    """Give the routes of the room's pages; `form` reads a page's own form."""
    return [
        *sign_in.routes(lobby, form),
        *passkeys.routes(lobby, form),
        *invitation.routes(lobby, form),
        *provider.routes(lobby),
        *account.routes(lobby, form),
        *people.routes(lobby, form),
        *admin.routes(lobby, installed),
    ]
