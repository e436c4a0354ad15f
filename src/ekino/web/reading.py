"""What everybody may read about us: manual, problems with their help, API, files for programs."""

from starlette.routing import BaseRoute

from ekino.manual import pages as manual
from ekino.ui.templates import Templates
from ekino.web import components
from ekino.web.contract import files, problem_pages, reference_pages


def routes(templates: Templates) -> list[BaseRoute]:
    """Give the addresses; public."""
    return [
        *components.routes(templates),
        *manual.routes(templates),
        *problem_pages.routes(templates),
        *reference_pages.routes(templates),
        *files.routes(),
    ]
