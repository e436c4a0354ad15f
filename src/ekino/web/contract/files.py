"""The contract's files: served as they are, and kept beside the documents for comparison."""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import version

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.kernel.errors import NotFound
from ekino.web import openapi
from ekino.web.contract import asyncapi
from ekino.web.contract.schemas import schemas

MEDIA_TYPE = "application/json"
SCHEMA_MEDIA_TYPE = "application/schema+json"


@cache
def files() -> Mapping[str, str]:
    """Give the text of every file by its path: `openapi.json`, `schemas/event-sold.json`."""
    own = version("ekino")
    return {
        "openapi.json": _text(openapi.document(own)),
        "asyncapi.json": _text(asyncapi.document(own)),
        **{f"schemas/{name}.json": _text(each) for name, each in schemas().items()},
    }


def _text(document: object) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=1).decode() + "\n"


def routes() -> list[BaseRoute]:
    """Give the files' addresses; public."""

    def served(name: str, media_type: str) -> Response:
        text = files().get(name)
        if text is None:
            raise NotFound(f"the contract has no file {name!r}")
        return Response(text, media_type=media_type)

    def get_openapi(_request: Request) -> Response:
        """Give the OpenAPI document."""
        return served("openapi.json", MEDIA_TYPE)

    def get_asyncapi(_request: Request) -> Response:
        """Give the AsyncAPI document."""
        return served("asyncapi.json", MEDIA_TYPE)

    def get_schema(request: Request) -> Response:
        """Give one JSON Schema."""
        return served(f"schemas/{request.path_params['name']}", SCHEMA_MEDIA_TYPE)

    return [
        Route("/openapi.json", get_openapi, methods=["GET"]),
        Route("/asyncapi.json", get_asyncapi, methods=["GET"]),
        Route("/schemas/{name}", get_schema, methods=["GET"]),
    ]
