"""The analysts' pages: the brief, the explorer, the tickets behind a figure, saved questions."""

from starlette.routing import BaseRoute

from ekino.archive.pages import brief, explore, saved, tickets
from ekino.archive.pages.office import Form, Office

__all__ = ["Office", "routes"]


def routes(office: Office, form: Form) -> list[BaseRoute]:
    """Give every page of the office."""
    return [
        *brief.routes(office),
        *explore.routes(office),
        *tickets.routes(office),
        *saved.routes(office, form),
    ]
