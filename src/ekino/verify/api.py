"""What programs may ask of the room over HTTP."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ekino.access.service import Key
from ekino.db.database import Database
from ekino.kernel.errors import Malformed
from ekino.kernel.moments import now, to_text
from ekino.verify.model.claim import WORDS_CHARACTERS_MAX, Claim, Party, State
from ekino.verify.model.verdict import Because, Verdict
from ekino.verify.service import claims

MEDIA_TYPE = "application/json"
# An answer's words at four bytes a letter, each perhaps escaped.
ANSWER_BYTES_MAX = 32 * 1024
SourceBody = Callable[[Request, int], Awaitable[tuple[Key, bytes]]]


class Answer(Struct, forbid_unknown_fields=True, frozen=True):
    """What a seller says about a claim."""

    words: Annotated[str, Meta(min_length=1, max_length=WORDS_CHARACTERS_MAX)]


_ANSWER = msgspec.json.Decoder(Answer)


def routes(db: Database, source_body: SourceBody) -> list[Route]:
    """Give what a seller may ask and say, signed with the key of its batches."""

    async def list_claims(request: Request) -> Response:
        """List the claims about this source's tickets, the newest first."""
        key, _ = await source_body(request, 0)
        found = await run_in_threadpool(claims.list_claims, db, source_id=key.source_id)
        return _response({"claims": [_describe(claim) for claim in found]})

    async def answer(request: Request) -> Response:
        """Answer a claim in the seller's name."""
        key, body = await source_body(request, ANSWER_BYTES_MAX)
        try:
            words = _ANSWER.decode(body).words
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Malformed(f"no answer: {error}", code="answer_is_malformed") from error
        if not words.replace("\n", "").isprintable():
            detail = "the words hold a character that cannot be printed"
            raise Malformed(detail, code="answer_is_malformed")
        claim = await run_in_threadpool(
            lambda: claims.take_step(
                db,
                request.path_params["reference"],
                to=State.ANSWERED,
                by=Party.SELLER,
                actor=f"source:{key.source_code}",
                words=words,
                at=now(),
                source_id=key.source_id,
            )
        )
        return _response(_describe(claim))

    return [
        Route("/v1/claims", list_claims, methods=["GET"]),
        Route("/v1/claims/{reference}/answer", answer, methods=["POST"]),
    ]


def _response(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type=MEDIA_TYPE)


def _describe(claim: Claim) -> dict[str, Any]:
    return {
        "reference": claim.reference,
        "state": claim.state,
        "verdict": claim.verdict,
        "token_sha256": claim.token_sha256.hex(),
        "statement_position": claim.statement_position,
        "opened_at": to_text(claim.opened_at),
        "answer_due_at": to_text(claim.answer_due_at),
        "sale_position": claim.sale_position,
        "penalty_minor": claim.penalty_minor,
    }


def openapi() -> dict[str, Any]:
    """Give the room's part of the OpenAPI document."""
    return {"schemas": _schemas(), "paths": {**_check_paths(), **_claim_paths()}}


def _schemas() -> dict[str, Any]:
    text, whole = {"type": "string"}, {"type": "integer"}
    maybe = {"type": ["object", "null"]}
    return {
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
        "Claim": {
            "type": "object",
            "required": ["reference", "state", "verdict", "opened_at", "answer_due_at"],
            "properties": {
                "reference": text,
                "state": {"type": "string", "enum": list(State)},
                "verdict": text,
                "token_sha256": text,
                "statement_position": {"type": ["integer", "null"]},
                "opened_at": {"type": "string", "format": "date-time"},
                "answer_due_at": {"type": "string", "format": "date-time"},
                "sale_position": {"type": ["integer", "null"]},
                "penalty_minor": {"type": ["integer", "null"]},
            },
        },
        "CheckById": {
            "type": "object",
            "required": ["registered", "place"],
            "properties": {"registered": {"type": "boolean"}, "place": maybe},
        },
    }


def _check_paths() -> dict[str, Any]:
    text = {"type": "string"}
    return {
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
    }


def _claim_paths() -> dict[str, Any]:
    text = {"type": "string"}
    claim = {"$ref": "#/components/schemas/Claim"}
    many = {
        "type": "object",
        "required": ["claims"],
        "properties": {"claims": {"type": "array", "items": claim}},
    }
    words = {"type": "string", "minLength": 1, "maxLength": WORDS_CHARACTERS_MAX}
    return {
        "/v1/claims": {
            "get": {
                "operationId": "listClaims",
                "summary": "List the claims about the signing source's tickets",
                "signed": True,
                "responses": {
                    "200": {
                        "description": "The claims, the newest first",
                        "content": {MEDIA_TYPE: {"schema": many}},
                    }
                },
                "refusals": [401, 403, 413, 503],
            }
        },
        "/v1/claims/{reference}/answer": {
            "post": {
                "operationId": "answerClaim",
                "summary": "Answer a claim in the seller's name",
                "signed": True,
                "parameters": [
                    {"name": "reference", "in": "path", "required": True, "schema": text}
                ],
                "requestBody": {
                    "required": True,
                    "content": {
                        MEDIA_TYPE: {
                            "schema": {
                                "type": "object",
                                "required": ["words"],
                                "additionalProperties": False,
                                "properties": {"words": words},
                            }
                        }
                    },
                },
                "responses": {
                    "200": {
                        "description": "The claim, answered",
                        "content": {MEDIA_TYPE: {"schema": claim}},
                    }
                },
                "refusals": [400, 401, 403, 404, 413, 415, 503],
            }
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
