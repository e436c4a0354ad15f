"""POST /v1/batches: the door of the register."""

import sys
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict
from time import perf_counter
from typing import Any

import msgspec
from starlette.datastructures import URL
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ekino.access.service import TEST_KEYS
from ekino.access.signature import SignedRequest, read_signature
from ekino.ingest.model import (
    BATCH_EVENTS_MAX,
    BODY_BYTES_MAX,
    DECODED_BYTES_MAX,
    Answer,
    Outcome,
    Refusal,
)
from ekino.ingest.service import Front
from ekino.ingest.wire import Batch
from ekino.kernel.errors import Malformed, Problem, TooLarge, WrongMediaType
from ekino.kernel.versions import HEADER, verify_version

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# Notes how a batch went: key, the program as it calls itself, seconds.
Seen = Callable[[str, str, float], None]
# Gives the signed receipt of (batch digest in hex, first position, count, time).
Seal = Callable[[str, int, int, str], str]
PATH = "/v1/batches"
# Where the door leaves a request's body in its ASGI scope, and whoever reads its signature that.
BODY = "ekino.body"
CLAIM = "ekino.claim"
MEDIA_TYPE = "application/json"
_VERSION = HEADER.lower()
_ENCODER = msgspec.json.Encoder()
_GZIP_WINDOW = 31


async def read_body(receive: Receive, *, bytes_max: int) -> bytes:
    """
    Read a body of at most `bytes_max` bytes; one byte more is `TooLarge`.

    Raises `Malformed` when the sender hangs up before the end.
    """
    chunks: list[bytes] = []
    size = 0
    is_more = True
    while is_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Malformed("the body ends too early", code="body_is_malformed")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > bytes_max:
            detail = f"the body has more than {bytes_max} bytes"
            problem = Problem(
                pointer="",
                code="body_bytes_max",
                detail=detail,
                fix="Send less at once.",
            )
            raise TooLarge(detail, problems=[problem], code="body_too_large")
        chunks.append(chunk)
        is_more = message.get("more_body", False)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def decode_body(body: bytes, encoding: str) -> bytes:
    """
    Undo a content encoding (identity, gzip or zstd), to at most DECODED_BYTES_MAX bytes.

    Raises `WrongMediaType` for another encoding, `Malformed` for broken bytes and `TooLarge`
    before more than the limit is unpacked.
    """
    if encoding in ("", "identity"):
        return body
    try:
        if encoding == "gzip":
            unpacker = zlib.decompressobj(_GZIP_WINDOW)
            plain = unpacker.decompress(body, DECODED_BYTES_MAX + 1)
            is_whole = unpacker.eof
        elif encoding == "zstd":
            reader = zstd.ZstdDecompressor()
            plain = reader.decompress(body, DECODED_BYTES_MAX + 1)
            is_whole = reader.eof
        else:
            detail = f"Content-Encoding {encoding!r} is not read; send gzip, zstd or none"
            raise WrongMediaType(detail, code="content_encoding_unknown")
    except (zlib.error, zstd.ZstdError) as error:
        detail = f"the body is not {encoding}: {error}"
        raise Malformed(detail, code="body_is_malformed") from error
    if len(plain) > DECODED_BYTES_MAX:
        detail = f"the body unpacks to more than {DECODED_BYTES_MAX} bytes"
        raise TooLarge(detail, code="body_too_large")
    if not is_whole:
        detail = f"the {encoding} body ends too early"
        raise Malformed(detail, code="body_is_malformed")
    return plain


def verify_media_type(headers: Mapping[str, str]) -> None:
    """Raise `WrongMediaType` unless the request's Content-Type is JSON."""
    content_type = headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() != MEDIA_TYPE:
        detail = f"Content-Type {content_type!r} is not read here; send {MEDIA_TYPE}"
        raise WrongMediaType(detail, code="content_type_unknown")


def target_uri(scope: Scope, public_url: str) -> str:
    """Give the address that the sender must have signed."""
    if not public_url:
        return str(URL(scope=scope))
    query = scope["query_string"].decode("latin-1")
    return f"{public_url.rstrip('/')}{scope['path']}{'?' if query else ''}{query}"


def signed(
    scope: Scope, headers: Mapping[str, str], body: bytes | None, public_url: str
) -> SignedRequest:
    """
    Read the signature of a request whose body is `body`, or None while it is to come.

    It is left in the scope for whoever keeps requests; nobody has verified it yet.
    """
    claim = scope[CLAIM] = read_signature(
        method=scope["method"],
        target_uri=target_uri(scope, public_url),
        content_type=headers.get("content-type", ""),
        digest_header=headers.get("content-digest", ""),
        input_header=headers.get("signature-input", ""),
        signature_header=headers.get("signature", ""),
        body=body,
        client=(scope.get("client") or ("",))[0],
    )
    return claim


def _nobody_looks(_key_id: str, _agent: str, _seconds: float) -> None:
    """Note nothing."""


class Door:
    """
    The route of batches as a plain ASGI application.

    A framework's request and response cost a single sale more than everything we do with it.
    Errors are left to the application around it, like those of any other route.
    """

    def __init__(
        self,
        front: Front,
        public_url: str,
        seal: Seal | None,
        *,
        of_test: ASGIApp | None = None,
        seen: Seen = _nobody_looks,
    ) -> None:
        """
        Take what batches are handed to, the address they are signed for, and the seal.

        `of_test` answers the batches of test keys: they are another register's.
        """
        self._front = front
        self._public_url = public_url
        self._seal = seal
        self._of_test = of_test
        self._seen = seen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a signed batch of ticket events."""
        began_at = perf_counter()
        headers = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        verify_version(headers.get(_VERSION, ""))
        verify_media_type(headers)
        body = await read_body(receive, bytes_max=BODY_BYTES_MAX)
        # For whoever keeps what failed.
        scope[BODY] = body
        claim = signed(scope, headers, body, self._public_url)
        if self._of_test is not None and claim.key_id.startswith(TEST_KEYS):
            # Its register reads the body that stands in the scope.
            await self._of_test(scope, receive, send)
            return
        plain = decode_body(body, headers.get("content-encoding", "").lower())
        answer = _encode(await self._front.submit(claim, plain), self._seal)
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-type", MEDIA_TYPE.encode()),
                    (b"content-length", str(len(answer)).encode()),
                ],
            }
        )
        await send({"type": "http.response.body", "body": answer})
        agent = headers.get("user-agent", "")
        self._seen(claim.key_id, agent, perf_counter() - began_at)


def routes(door: Door) -> list[Route]:
    """Give the room's routes."""
    return [Route(PATH, door, methods=["POST"])]


def _receipt(answer: Answer, seal: Seal | None) -> str:
    """
    Sign what the register holds of a batch.

    That is the run of positions entered just now, or, when nothing was new, the run that its
    events have had since they were.
    """
    if seal is None:
        return ""
    if entered := answer.outcomes.count(Outcome.ENTERED):
        # One batch's entries are neighbours, in its order.
        first = answer.positions[answer.outcomes.index(Outcome.ENTERED)]
        return seal(answer.batch_sha256, first or 0, entered, answer.received_at)
    held = {position for position in answer.positions if position is not None}
    if held and max(held) - min(held) + 1 == len(held):
        return seal(answer.batch_sha256, min(held), len(held), answer.received_at)
    return seal(answer.batch_sha256, answer.register_size, 0, answer.received_at)


def problem_of_refusal(refusal: Refusal) -> dict[str, Any]:
    """Give what the answer says of an event that was refused."""
    return {
        # The page that helps, like the `type` of any problem (RFC 9457).
        "type": f"/problems/{refusal.outcome}",
        "index": refusal.index,
        "outcome": refusal.outcome,
        "field": refusal.field,
        "detail": refusal.detail,
        "fix": refusal.fix,
        "differs": [asdict(each) for each in refusal.differs],
    }


def _encode(answer: Answer, seal: Seal | None) -> bytes:
    counts = {
        "entered": answer.outcomes.count(Outcome.ENTERED),
        "already_entered": answer.outcomes.count(Outcome.ALREADY_ENTERED),
    }
    return _ENCODER.encode(
        {
            "batch_sha256": answer.batch_sha256,
            "received_at": answer.received_at,
            "register_size": answer.register_size,
            **counts,
            "refused": len(answer.outcomes) - sum(counts.values()),
            "late": answer.late,
            "outcomes": answer.outcomes,
            "positions": answer.positions,
            "receipt": _receipt(answer, seal),
            "problems": [problem_of_refusal(each) for each in answer.problems],
        }
    )


_COUNT = {"type": "integer", "minimum": 0}
ANSWER_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": [
        "batch_sha256", "received_at", "register_size", "entered", "already_entered",
        "refused", "late", "outcomes", "positions", "receipt", "problems",
    ],
    "properties": {
        "batch_sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "received_at": {"type": "string", "format": "date-time"},
        "register_size": _COUNT,
        "entered": _COUNT,
        "already_entered": _COUNT,
        "refused": _COUNT,
        "late": _COUNT,
        "outcomes": {
            "type": "array",
            "maxItems": BATCH_EVENTS_MAX,
            "items": {"type": "string", "enum": [outcome.value for outcome in Outcome]},
        },
        "positions": {"type": "array", "items": {"type": ["integer", "null"]}},
        "receipt": {"type": "string"},
        "problems": {
            "type": "array",
            "items": {
                "type": "object",
                "required": [
                    "type", "index", "outcome", "field", "detail", "fix", "differs",
                ],
                "properties": {
                    "type": {"type": "string"},
                    "index": _COUNT,
                    "outcome": {"type": "string"},
                    "field": {"type": "string"},
                    "detail": {"type": "string"},
                    "fix": {"type": "string"},
                    "differs": {"type": "array", "items": {"type": "object"}},
                },
            },
        },
    },
}  # fmt: skip


def openapi() -> dict[str, Any]:
    """Give the room's part of the OpenAPI document: paths and schemas."""
    (batch,), schemas = msgspec.json.schema_components(
        [Batch], ref_template="#/components/schemas/{name}"
    )
    return {
        "schemas": {**schemas, "BatchAnswer": ANSWER_SCHEMA},
        "paths": {
            PATH: {
                "post": {
                    "operationId": "postBatch",
                    "summary": "Enter a signed batch of ticket events",
                    "signed": True,
                    "requestBody": {
                        "required": True,
                        "content": {MEDIA_TYPE: {"schema": batch}},
                    },
                    "responses": {
                        "200": {
                            "description": "Every event's own outcome, after the commit",
                            "content": {
                                MEDIA_TYPE: {
                                    "schema": {"$ref": "#/components/schemas/BatchAnswer"}
                                }
                            },
                        }
                    },
                    "refusals": [400, 401, 413, 415, 503],
                }
            }
        },
    }
