"""The contract's files: served as they are, and kept beside the documents for comparison."""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.kernel.errors import NotFound
from ekino.ui.exports import attachment
from ekino.web.contract import asyncapi, openapi
from ekino.web.contract.collection import BRUNO, POSTMAN, collections, zipped
from ekino.web.contract.schemas import schemas

MEDIA_TYPE = "application/json"
SCHEMA_MEDIA_TYPE = "application/schema+json"
# Known answers, equal to those of tests/vectors; what is published never changes.
_VECTORS = Path(__file__).parent / "vectors"


@cache
def files() -> Mapping[str, str]:
    """Give the text of every file by its path: `openapi.json`, `schemas/event-sold.json`."""
    own = version("ekino")
    described = _text(openapi.document(own))
    return {
        "openapi.json": described,
        **collections(described),
        "asyncapi.json": _text(asyncapi.document(own)),
        **{f"schemas/{name}.json": _text(each) for name, each in schemas().items()},
    }


@cache
def vectors() -> Mapping[str, str]:
    """Give the text of every file of known answers by its name, such as `kit.json`."""
    return {path.name: path.read_text("utf-8") for path in sorted(_VECTORS.iterdir())}


def _text(document: object) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=1).decode() + "\n"


def _get_collection(request: Request) -> Response:
    """Give a collection of requests, as a file to import."""
    name = request.path_params["name"]
    if name not in (POSTMAN, BRUNO):
        raise NotFound("there is no such collection")
    headers = {"Content-Disposition": attachment(name)}
    if name == BRUNO:
        return Response(zipped(files()), headers=headers, media_type="application/zip")
    text = files()[f"collection/{POSTMAN}"]
    return Response(text, headers=headers, media_type=MEDIA_TYPE)


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

    def get_vectors(request: Request) -> Response:
        """Give one file of known answers."""
        text = vectors().get(request.path_params["name"])
        if text is None:
            raise NotFound("there are no such vectors")
        return Response(text, media_type=MEDIA_TYPE)

    return [
        Route("/openapi.json", get_openapi, methods=["GET"]),
        Route("/asyncapi.json", get_asyncapi, methods=["GET"]),
        Route("/schemas/{name}", get_schema, methods=["GET"]),
        Route("/vectors/{name}", get_vectors, methods=["GET"]),
        Route("/collection/{name}", _get_collection, methods=["GET"]),
    ]
