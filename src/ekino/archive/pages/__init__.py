"""The analysts' pages: operations, brief, explorer, tickets behind a figure."""

from starlette.routing import BaseRoute

from ekino.archive.pages import brief, explore, operations, saved, tickets
from ekino.archive.pages.office import Form, Office
from ekino.archive.pages.operations import FeedsNow, Told, Waiting

__all__ = ["FeedsNow", "Office", "Told", "Waiting", "routes"]


def routes(office: Office, form: Form, told: Told) -> list[BaseRoute]:
    """Give every page of the office."""
    return [
        *operations.routes(office, told),
        *brief.routes(office),
        *explore.routes(office),
        *tickets.routes(office),
        *saved.routes(office, form),
    ]
