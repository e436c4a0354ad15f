"""The pages of organisations: cinemas, distributors, producers, vendors."""

from starlette.routing import BaseRoute

from ekino.own.pages import cinema, corrections, films, sources
from ekino.own.pages.counter import Counter, Form

__all__ = ["Counter", "routes"]


def routes(counter: Counter, form: Form) -> list[BaseRoute]:
    """Give every route of the room; `form` reads a page's own form before it is answered."""
    return [
        *cinema.routes(counter),
        *films.routes(counter),
        *sources.routes(counter),
        *corrections.routes(counter, form),
    ]
