"""An entry as it was received, with what opens the log's commitment to it; to whom it concerns."""

import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ekino.access.service import Key
from ekino.db.database import Database
from ekino.ingest.wire import raw_events
from ekino.kernel.errors import NotAllowed, NotFound
from ekino.kernel.moments import to_text
from ekino.proofs.service import open_entry
from ekino.register import service as register
from ekino.register.model import OWN_SOURCE, Entry

# Gives the key that signed a request, and the body of at most so many bytes.
SignedBody = Callable[[Request, int], Awaitable[tuple[Key, bytes]]]
# No register has a position of more digits.
POSITION_DIGITS_MAX = 18


def routes(db: Database, signed_body: SignedBody) -> list[Route]:
    """Give the one route."""

    async def get_entry(request: Request) -> Response:
        """Give an entry to an operator, or to the source that sent it."""
        key, _ = await signed_body(request, 0)
        position = _position(request.path_params["position"])
        shown = await run_in_threadpool(_shown, db, position, key)
        return Response(msgspec.json.encode(shown), media_type="application/json")

    return [Route("/v1/entries/{position}", get_entry, methods=["GET"])]


def _position(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= POSITION_DIGITS_MAX:
        return int(text)
    detail = f"the register has no entry at position {text[:40]!r}"
    raise NotFound(detail, code="position_not_found")


def _shown(db: Database, position: int, key: Key) -> dict[str, Any]:
    entry, body = register.read_event(db, position)
    _verify_may_open(key, entry)
    # What the register states itself is a body of one text, not a batch of events.
    is_own = entry.source_id == OWN_SOURCE
    raw = body if is_own else raw_events(body)[entry.ordinal]
    _, opening = open_entry(db, position)
    # Never the batch's salt, which opens every entry beside this one.
    return {
        **asdict(entry),
        "happened_at": to_text(entry.happened_at),
        "recorded_at": to_text(entry.recorded_at),
        "received_base64": _base64(raw),
        "opening": {
            "entry_base64": _base64(opening.entry(entry.kind)),
            "public_base64": _base64(opening.public),
            "detail_base64": _base64(opening.detail),
            "salt_base64": _base64(bytes.fromhex(json.loads(opening.detail)["_salt"])),
        },
    }


def _verify_may_open(key: Key, entry: Entry) -> None:
    """Let operators open every entry, and a source's key those of its source."""
    if key.kind == "operator" or key.source_id == entry.source_id:
        return
    detail = (
        f"entry {entry.position} is another source's; only that and an operator open it"
    )
    raise NotAllowed(detail, code="entry_of_another")


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


_BASE64 = {"type": "string", "contentEncoding": "base64"}
_OPENING = {
    "type": "object",
    "description": "What the log's 66 bytes are made of (docs/reference/log-entries.md)",
    "required": ["entry_base64", "public_base64", "detail_base64", "salt_base64"],
    "properties": {
        "entry_base64": {**_BASE64, "description": "The 66 bytes"},
        "public_base64": {**_BASE64, "description": "P"},
        "detail_base64": {**_BASE64, "description": "D, to the byte"},
        "salt_base64": {**_BASE64, "description": "D's salt, as D has it in hex"},
    },
}


def openapi() -> dict[str, Any]:
    """Give the route's part of the OpenAPI document."""
    schema = {
        "type": "object",
        "required": ["position", "kind", "received_base64", "opening"],
        "properties": {
            "position": {"type": "integer", "minimum": 0},
            "kind": {"type": "string"},
            "received_base64": _BASE64,
            "opening": _OPENING,
        },
    }
    position = {
        "name": "position",
        "in": "path",
        "required": True,
        "schema": {"type": "integer", "minimum": 0},
    }
    return {
        "schemas": {},
        "paths": {
            "/v1/entries/{position}": {
                "get": {
                    "operationId": "getEntry",
                    "summary": "An entry with the exact bytes in which it was received and "
                    "what opens its place in the log, for operators and the source that sent it",
                    "signed": True,
                    "parameters": [position],
                    "responses": {
                        "200": {
                            "description": "The entry",
                            "content": {"application/json": {"schema": schema}},
                        }
                    },
                    "refusals": [400, 401, 403, 404, 503],
                }
            }
        },
    }
