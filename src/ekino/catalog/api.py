"""The catalog over HTTP: load a document, list what is there."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ekino.catalog import service
from ekino.catalog.document import DOCUMENT_BYTES_MAX, ROWS_MAX, Document, read_document
from ekino.db.database import Database
from ekino.kernel.errors import Problem, Refused

MEDIA_TYPE = "application/json"
# Reads a request's body within a bound, proves that an operator signed it, and gives the
# operator's name and the bytes.
OperatorBody = Callable[[Request, int], Awaitable[tuple[str, bytes]]]
_PAGE_ROWS = 500


def routes(db: Database, operator_body: OperatorBody) -> list[Route]:
    """Give the room's routes."""

    async def post_catalog(request: Request) -> Response:
        """Enter a catalog document, all or none."""
        _, body = await operator_body(request, DOCUMENT_BYTES_MAX)
        report = await run_in_threadpool(lambda: service.load(db, read_document(body)))
        return Response(msgspec.json.encode(report), media_type=MEDIA_TYPE)

    def get_rows(request: Request) -> Response:
        """List rows of a kind, by code."""
        limit = _limit(request.query_params.get("limit", str(_PAGE_ROWS)))
        after = request.query_params.get("after", "")
        if not after.isprintable():
            raise _refused("after", "`after` holds a character that cannot be printed")
        rows = service.list_rows(db, request.path_params["kind"], after=after, limit=limit)
        following = rows[-1]["code"] if len(rows) == limit else None
        return Response(
            msgspec.json.encode({"rows": rows, "next": following}), media_type=MEDIA_TYPE
        )

    return [
        Route("/v1/catalog", post_catalog, methods=["POST"]),
        Route("/v1/catalog/{kind}", get_rows, methods=["GET"]),
    ]


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:9]) <= ROWS_MAX:
        raise _refused("limit", f"limit={text!r} is not a number from 1 to {ROWS_MAX}")
    return int(text)


def _refused(name: str, detail: str) -> Refused:
    problem = Problem(
        pointer=name,
        code="parameter_malformed",
        detail=detail,
        fix=f"limit is 1 … {ROWS_MAX}; `after` is the `next` of the answer before.",
    )
    return Refused(detail, problems=[problem], code="parameter_malformed")


def openapi() -> dict[str, Any]:
    """Give the room's part of the OpenAPI document."""
    (document,), schemas = msgspec.json.schema_components(
        [Document], ref_template="#/components/schemas/{name}"
    )
    rows = {
        "type": "object",
        "required": ["rows", "next"],
        "properties": {
            "rows": {"type": "array", "items": {"type": "object"}},
            "next": {"type": ["string", "null"]},
        },
    }
    return {
        "schemas": {**schemas, "CatalogRows": rows},
        "paths": {
            "/v1/catalog": {
                "post": {
                    "operationId": "postCatalog",
                    "summary": "Enter a catalog document, all or none",
                    "signed": True,
                    "requestBody": {
                        "required": True,
                        "content": {MEDIA_TYPE: {"schema": document}},
                    },
                    "responses": _answers(
                        "What became of each list",
                        {"type": "object", "additionalProperties": {"type": "object"}},
                    ),
                    "refusals": [400, 401, 403, 413, 415, 503],
                }
            },
            "/v1/catalog/{kind}": {
                "get": {
                    "operationId": "listCatalog",
                    "summary": "List the catalog's rows of a kind, by code",
                    "parameters": [
                        {
                            "name": "kind",
                            "in": "path",
                            "required": True,
                            "schema": {"type": "string", "enum": list(service.KINDS)},
                        },
                        {
                            "name": "limit",
                            "in": "query",
                            "schema": {
                                "type": "integer",
                                "minimum": 1,
                                "maximum": ROWS_MAX,
                            },
                        },
                        {"name": "after", "in": "query", "schema": {"type": "string"}},
                    ],
                    "responses": _answers(
                        "A page of rows", {"$ref": "#/components/schemas/CatalogRows"}
                    ),
                    "refusals": [400, 404, 503],
                }
            },
        },
    }


def _answers(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "200": {"description": description, "content": {MEDIA_TYPE: {"schema": schema}}}
    }
