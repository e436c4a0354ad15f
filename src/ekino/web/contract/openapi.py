"""/openapi.json: the rooms' parts put together, with every answer the API can give."""

from typing import Any

from ekino.access import api as access_api
from ekino.catalog import api as catalog_api
from ekino.certification import api as certification_api
from ekino.feeds import api as feeds_api
from ekino.ingest import api as ingest_api
from ekino.intake import api as intake_api
from ekino.intake.connectors import hooks
from ekino.kernel.versions import HEADER, VERSIONED, VERSIONS
from ekino.proofs import api as proofs_api
from ekino.totals import api as totals_api
from ekino.verify import api as verify_api
from ekino.web import entries, problems, webhooks
from ekino.web.contract.sent_examples import ANSWERED, SENT

_WORDS = {
    400: "It cannot be read, or is refused as a whole",
    401: "The signature is missing, malformed or wrong",
    403: "The signer may not do this",
    404: "There is no such thing",
    405: "The address takes other methods",
    413: "It is over a named limit",
    415: "It is in a form that is not read here",
    429: "It is more than is taken within a time: come back after Retry-After seconds",
    503: "Come back after Retry-After seconds",
}
_JSON = "application/json"
_MALFORMED = 400
_VERSION = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "The version of the contract that is wanted; the newest when none is named",
    "schema": {"type": "string", "enum": list(VERSIONS)},
}
_SIGNED = [
    {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
    for name in ("Content-Digest", "Signature-Input", "Signature")
]


def document(version: str) -> dict[str, Any]:
    """Give the OpenAPI 3.1 document of everything under /v1, /health and /openapi.json."""
    parts = [
        ingest_api.openapi(),
        catalog_api.openapi(),
        access_api.openapi(),
        totals_api.openapi(),
        certification_api.openapi(),
        proofs_api.openapi(),
        verify_api.openapi(),
        feeds_api.openapi(),
        entries.openapi(),
        intake_api.openapi(),
        hooks.openapi(),
        _own(),
    ]
    schemas: dict[str, Any] = {"Problem": problems.SCHEMA}
    paths: dict[str, Any] = {}
    for part in parts:
        schemas |= part["schemas"]
        for path, operations in part["paths"].items():
            paths[path] = {
                method: _finish(path, operation) for method, operation in operations.items()
            }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "e-Kino",
            "version": version,
            "description": "The register of cinema, concert and theatre ticket sales.",
        },
        "paths": paths,
        "webhooks": webhooks.openapi(),
        "components": {"schemas": schemas | webhooks.components()},
    }


def _finish(path: str, operation: dict[str, Any]) -> dict[str, Any]:
    """Turn a part's `refusals` and `signed` into responses and parameters; add examples."""
    refusals = operation.pop("refusals", [])
    if operation.pop("signed", False):
        operation["parameters"] = [*operation.get("parameters", []), *_SIGNED]
    if (sent := SENT.get(operation["operationId"])) is not None:
        operation["requestBody"]["content"][_JSON]["example"] = sent
    if (answered := ANSWERED.get(operation["operationId"])) is not None:
        _, answer = next(iter(operation["responses"].items()))
        answer["content"][_JSON]["example"] = answered
    if path.startswith(VERSIONED):
        operation["parameters"] = [*operation.get("parameters", []), _VERSION]
        refusals = [400, *(each for each in refusals if each != _MALFORMED)]
    for number in (*refusals, 405):
        operation["responses"][str(number)] = {
            "description": _WORDS[number],
            "content": {
                problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}
            },
        }
    return operation


def _own() -> dict[str, Any]:
    anything = {"type": "object"}
    return {
        "schemas": {
            "Health": {
                "type": "object",
                "required": ["state", "register_size", "totals_as_of", "lag_entries"],
                "properties": {
                    "state": {"type": "string"},
                    "register_size": {"type": "integer"},
                    "totals_as_of": {"type": "integer"},
                    "lag_entries": {"type": "integer"},
                },
            }
        },
        "paths": {
            "/health": {
                "get": {
                    "operationId": "getHealth",
                    "summary": "Whether the register takes events, and how far totals are",
                    "responses": {
                        "200": {
                            "description": "It does",
                            "content": {
                                "application/json": {
                                    "schema": {"$ref": "#/components/schemas/Health"}
                                }
                            },
                        }
                    },
                    "refusals": [503],
                }
            },
            "/openapi.json": {
                "get": {
                    "operationId": "getOpenapi",
                    "summary": "This document",
                    "responses": {
                        "200": {
                            "description": "OpenAPI 3.1",
                            "content": {"application/json": {"schema": anything}},
                        }
                    },
                }
            },
        },
    }
