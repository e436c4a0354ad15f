"""The analysts' pages: the explorer and the questions they keep."""

from starlette.routing import BaseRoute

from ekino.archive.pages import explore
from ekino.archive.pages.office import Form, Office

__all__ = ["Office", "routes"]


def routes(office: Office, form: Form) -> list[BaseRoute]:
    """Give every page of the office."""
    return [*explore.routes(office, form)]
