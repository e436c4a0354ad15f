"""What programs may ask of the room over HTTP."""

from typing import Any

from ekino.verify.model.verdict import Because, Verdict

MEDIA_TYPE = "application/json"


def openapi() -> dict[str, Any]:
    """Give the room's part of the OpenAPI document."""
    text, whole = {"type": "string"}, {"type": "integer"}
    maybe = {"type": ["object", "null"]}
    return {
        "schemas": {
            "Check": {
                "type": "object",
                "required": [
                    "verdict",
                    "until",
                    "because",
                    "differs",
                    "at",
                    "register_size",
                ],
                "properties": {
                    "verdict": {"type": "string", "enum": list(Verdict)},
                    "until": {"type": ["string", "null"], "format": "date-time"},
                    "because": {"type": ["string", "null"], "enum": [*Because, None]},
                    "differs": {"type": "array", "items": text},
                    "at": {"type": "string", "format": "date-time"},
                    "register_size": whole,
                    "checks": whole,
                    "ticket": maybe,
                    "sale": maybe,
                    "statement": maybe,
                },
            },
            "CheckById": {
                "type": "object",
                "required": ["registered", "place"],
                "properties": {"registered": {"type": "boolean"}, "place": maybe},
            },
        },
        "paths": {
            "/t/{token}": {
                "get": {
                    "operationId": "checkTicket",
                    "summary": "Say what the ticket with this code is",
                    "description": "A page for people; JSON when `Accept` names it and no HTML. "
                    "A ticket that is not there is stated in the register at once.",
                    "parameters": [
                        {"name": "token", "in": "path", "required": True, "schema": text}
                    ],
                    "responses": _answer("The verdict and what it rests on", "Check"),
                    "refusals": [503],
                }
            },
            "/check": {
                "get": {
                    "operationId": "checkById",
                    "summary": "Say whether a ticket with this printed id is registered",
                    "parameters": [{"name": "id", "in": "query", "schema": text}],
                    "responses": {
                        **_answer("Registered or not, and the place", "CheckById"),
                        **_too_often(),
                    },
                    "refusals": [503],
                }
            },
        },
    }


def _answer(words: str, schema: str) -> dict[str, Any]:
    reference = {"schema": {"$ref": f"#/components/schemas/{schema}"}}
    page = {"schema": {"type": "string"}}
    return {
        "200": {"description": words, "content": {MEDIA_TYPE: reference, "text/html": page}}
    }


def _too_often() -> dict[str, Any]:
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    page = {"schema": {"type": "string"}}
    content = {"application/problem+json": problem, "text/html": page}
    words = "Asked too often: ask again after Retry-After seconds"
    return {"429": {"description": words, "content": content}}
