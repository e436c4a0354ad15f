"""/docs: the documentation, to read and to look things up in."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.manual.model import WORDS_CHARACTERS_MAX
from ekino.manual.service import Manual
from ekino.ui.navigation import Step
from ekino.ui.templates import Templates

# The wheel brings the documents along; in a checkout they stand at its root.
_PACKAGED = Path(__file__).parent / "documents"
_CHECKOUT = Path(__file__).parents[3]


def routes(templates: Templates) -> list[BaseRoute]:
    """Give the pages; public."""
    manual = Manual(_PACKAGED if _PACKAGED.is_dir() else _CHECKOUT)

    def index(request: Request) -> Response:
        """List what there is to read, or what holds some words."""
        language = templates.language(request).value
        asked = request.query_params.get("q", "")[:WORDS_CHARACTERS_MAX].strip()
        return templates.respond(
            request,
            "manual/index.html",
            sections=manual.list_documents(language),
            asked=asked,
            found=manual.search(asked, language) if asked else [],
        )

    def document(request: Request) -> Response:
        """Show one document."""
        at = request.path_params
        found = manual.find(at["section"], at["name"], templates.language(request).value)
        return templates.respond(
            request,
            "manual/document.html",
            document=found,
            page=manual.page(found),
            trail=(Step("/docs", key="manual.title"),),
        )

    return [
        Route("/docs", index, methods=["GET"]),
        Route("/docs/{section}/{name:path}", document, methods=["GET"]),
    ]
