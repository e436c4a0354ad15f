"""The pages of feeds: the ministry's, and the mirrors of cinemas and vendors."""

from starlette.routing import BaseRoute

from ekino.feeds.pages import excuses, onboarding, watch
from ekino.feeds.pages.desk import Desk, Form, Side
from ekino.feeds.pages.excuses import Upload

__all__ = ["Desk", "routes"]


def routes(desk: Desk, form: Form, upload: Upload) -> list[BaseRoute]:
    """Give every route of the room; `upload` reads a form that carries a document."""
    found = onboarding.routes(desk)
    for side in Side:
        found += watch.routes(desk, form, side)
        found += excuses.routes(desk, form, upload, side)
        # After the others: a source's code may be any word.
        found += watch.source_routes(desk, side)
    return found
