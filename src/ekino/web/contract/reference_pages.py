"""/api: the OpenAPI document as pages, without a foreign host and without JavaScript."""

from functools import cache
from importlib.metadata import version

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.kernel.errors import NotFound
from ekino.ui.navigation import Step
from ekino.ui.templates import Templates
from ekino.web.contract import openapi
from ekino.web.contract.collection import BRUNO, POSTMAN
from ekino.web.contract.described import Operation, Shape, operations, shapes
from ekino.web.contract.files import vectors
from ekino.web.contract.schemas import schemas
from ekino.web.webhooks import KINDS

# From here on answers are refusals, whose body is always the same.
REFUSED_FROM = 400


@cache
def described() -> dict[str, tuple[Operation, list[Shape]]]:
    """Give every operation by its name, with the shapes that it is made of."""
    document = openapi.document(version("ekino"))
    return {
        each.name: (each, shapes(document, each.shapes)) for each in operations(document)
    }


def routes(templates: Templates) -> list[BaseRoute]:
    """Give the list of operations and a page of each; public."""

    def index(request: Request) -> Response:
        """List every operation, and the files for programs."""
        found = [operation for operation, _ in described().values()]
        return templates.respond(
            request,
            "ui/api_index.html",
            signed=[each for each in found if each.is_signed],
            public=[each for each in found if not each.is_signed],
            notices=[(kind, each.summary) for kind, each in sorted(KINDS.items())],
            schemas=sorted(name for name in schemas() if not name.startswith("webhook-")),
            vectors=list(vectors()),
            collections=(POSTMAN, BRUNO),
        )

    def page(request: Request) -> Response:
        """Describe one operation."""
        known = described().get(request.path_params["name"])
        if known is None:
            raise NotFound("there is no such operation")
        operation, made_of = known
        return templates.respond(
            request,
            "ui/api.html",
            trail=(Step("/", key="nav.today"), Step("/api", key="api.title")),
            each=operation,
            shapes=made_of,
            names={shape.name for shape in made_of},
            refused_from=REFUSED_FROM,
        )

    return [Route("/api", index), Route("/api/{name}", page)]
