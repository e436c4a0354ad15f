"""The pages of the integrators' workbench: /dev."""

from starlette.routing import BaseRoute

from ekino.workbench.pages import keys, looking, webhooks
from ekino.workbench.pages.bench import Bench, Form

__all__ = ["Bench", "routes"]


def routes(bench: Bench, form: Form) -> list[BaseRoute]:
    """Give every address under /dev; `form` reads a page's own form before it is answered."""
    return [
        *looking.routes(bench),
        *keys.routes(bench, form),
        *webhooks.routes(bench, form),
    ]
