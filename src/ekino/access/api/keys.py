"""Keys over HTTP: a new one by a code, or in the place of the one that signs."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ekino.access.api.sources import MEDIA_TYPE, KeyId
from ekino.access.service import Key
from ekino.access.service.enrolment import (
    OVERLAP_MAX_S,
    OVERLAP_S,
    Enrolled,
    Tell,
    enrol,
    rotate,
)
from ekino.access.signature import SignedRequest
from ekino.db.database import Database
from ekino.kernel.errors import Malformed, NotAuthenticated, Problem
from ekino.kernel.moments import now, to_text

# A request for a key: two names, 32 bytes and a signature, several times over.
KEY_BYTES_MAX = 4_096
# Reads a body and the signature it came with, whoever made that.
ClaimedBody = Callable[[Request, int], Awaitable[tuple[SignedRequest, bytes]]]
# Gives the key that made a signature; `NotAuthenticated` when it did not.
Verify = Callable[[SignedRequest], Key]

_Base64Key = Annotated[str, Meta(min_length=44, max_length=44)]


class KeyRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """A new key: with the code that lets it in, or with the key it replaces."""

    key_id: KeyId
    # The base64 of its 32 bytes.
    public_key: _Base64Key
    # From /dev/keys; good once, for ten minutes. The new key signs the request.
    code: Annotated[str, Meta(min_length=1, max_length=40)] | None = None
    # The name of the old key, which signs the request.
    replaces: KeyId | None = None
    # The new key's signature over "ekino-key-v1\n{key_id}\n{public_key}\n", in base64.
    signature: Annotated[str, Meta(min_length=88, max_length=88)] | None = None
    # How long both are taken.
    overlap_s: Annotated[int, Meta(ge=0, le=OVERLAP_MAX_S)] = OVERLAP_S


_DECODER = msgspec.json.Decoder(KeyRequest)


def read_request(body: bytes) -> KeyRequest:
    """Read the body; `Malformed` names what is wrong with it."""
    try:
        wanted = _DECODER.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        detail, _, path = str(error).partition(" - at `")
        problem = Problem(
            pointer=path.rstrip("`").removeprefix("$"),
            code="document_is_malformed",
            detail=detail,
            fix="Correct the named place as /openapi.json describes it.",
        )
        raise Malformed(detail, problems=[problem], code="document_is_malformed") from error
    if (wanted.code is None) == (wanted.replaces is None) or (
        (wanted.replaces is None) != (wanted.signature is None)
    ):
        detail = "give a code, or replaces and signature: one of the two ways, whole"
        raise Malformed(detail, code="document_is_malformed")
    return wanted


def routes(
    db: Database, claimed_body: ClaimedBody, verify: Verify, tell: Tell
) -> list[Route]:
    """Give the one route; `tell` says to whom it concerns that a key came."""

    def register(claim: SignedRequest, body: bytes) -> Enrolled:
        wanted = read_request(body)
        if wanted.code is not None:
            return enrol(
                db,
                key_id=wanted.key_id,
                public_key=wanted.public_key,
                code=wanted.code,
                claim=claim,
                at=now(),
                tell=tell,
            )
        if claim.key_id != wanted.replaces:
            detail = f"keyid={claim.key_id!r} signs, and {wanted.replaces!r} is replaced"
            raise NotAuthenticated(detail, code="key_id_differs")
        key = verify(claim)
        return rotate(
            db,
            old_key_id=key.key_id,
            key_id=wanted.key_id,
            public_key=wanted.public_key,
            signature=wanted.signature or "",
            overlap_s=wanted.overlap_s,
            at=now(),
            tell=tell,
        )

    async def post_key(request: Request) -> Response:
        """Register a key by a code, or in the place of the one that signs."""
        claim, body = await claimed_body(request, KEY_BYTES_MAX)
        enrolled = await run_in_threadpool(register, claim, body)
        return Response(
            msgspec.json.encode(_describe(enrolled)),
            status_code=201,
            media_type=MEDIA_TYPE,
        )

    return [Route("/v1/keys", post_key, methods=["POST"])]


def _describe(enrolled: Enrolled) -> dict[str, Any]:
    def instant(at: datetime | None) -> str | None:
        return None if at is None else to_text(at)

    return {
        "key_id": enrolled.key_id,
        "environment": enrolled.environment,
        "source": enrolled.source.code,
        "source_name": enrolled.source.name,
        "may_announce": enrolled.source.may_announce,
        "halls": [{"venue": venue, "hall": hall} for venue, hall in enrolled.halls],
        "valid_until": instant(enrolled.valid_until),
        "replaces": enrolled.replaces,
        "overlap_until": instant(enrolled.overlap_until),
        "server_time": to_text(now()),
    }


_TEXT = {"type": "string"}
_INSTANT = {"type": "string", "format": "date-time"}


def openapi() -> dict[str, Any]:
    """Give the route's part of the OpenAPI document."""
    (wanted,), schemas = msgspec.json.schema_components(
        [KeyRequest], ref_template="#/components/schemas/{name}"
    )
    answer = {
        "type": "object",
        "required": ["key_id", "environment", "source", "halls", "valid_until"],
        "properties": {
            "key_id": _TEXT,
            "environment": {"type": "string", "enum": ["live", "test"]},
            "source": _TEXT,
            "source_name": _TEXT,
            "may_announce": {"type": "boolean"},
            "halls": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["venue", "hall"],
                    "properties": {"venue": _TEXT, "hall": _TEXT},
                },
            },
            "valid_until": _INSTANT,
            "replaces": {"type": ["string", "null"]},
            "overlap_until": {"type": ["string", "null"], "format": "date-time"},
            "server_time": _INSTANT,
        },
    }
    return {
        "schemas": schemas,
        "paths": {
            "/v1/keys": {
                "post": {
                    "operationId": "postKey",
                    "summary": "Register a key by a one-time code, or in the place of the key "
                    "that signs",
                    "signed": True,
                    "requestBody": {
                        "required": True,
                        "content": {MEDIA_TYPE: {"schema": wanted}},
                    },
                    "responses": {
                        "201": {
                            "description": "What the key may do, and until when",
                            "content": {MEDIA_TYPE: {"schema": answer}},
                        }
                    },
                    "refusals": [400, 401, 403, 413, 415, 503],
                }
            }
        },
    }
