"""The log over HTTP: tiles, checkpoint, proofs and the key directory, all public."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ekino.db.database import Database
from ekino.kernel.errors import NotFound
from ekino.proofs import service
from ekino.proofs.service import PublicLog

MEDIA_TYPE = "application/json"
_NOTE_TYPE = "text/plain; charset=utf-8"
_TILE_TYPE = "application/octet-stream"
# A tile never changes; a checkpoint is old after a second.
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_FOR_A_MOMENT = {"Cache-Control": "public, max-age=1"}
_POSITION_DIGITS_MAX = 18


def routes(db: Database, log: PublicLog) -> list[Route]:
    """Give the room's routes."""

    def get_checkpoint(_request: Request) -> Response:
        """Give the newest checkpoint: a signed note."""
        return Response(log.checkpoint(), media_type=_NOTE_TYPE, headers=_FOR_A_MOMENT)

    def get_tile(request: Request) -> Response:
        """Give a tile or a bundle of entries."""
        # By the bytes that were asked for: a path has one spelling, and no escapes.
        raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
        path = raw.decode("ascii", "replace").partition("?")[0].removeprefix("/log/")
        return Response(log.tile(path), media_type=_TILE_TYPE, headers=_FOR_EVER)

    def get_proof(request: Request) -> Response:
        """Give the proof that an entry is in the log."""
        text = request.path_params["position"]
        is_plain = text.isascii() and text.isdigit() and len(text) <= _POSITION_DIGITS_MAX
        if not is_plain or (text.startswith("0") and text != "0"):
            detail = f"the register has no entry at position {text[:40]!r}"
            raise NotFound(detail, code="position_not_found")
        name = f'attachment; filename="{text}.tlog-proof"'
        return Response(
            log.proof(db, int(text)),
            media_type=_NOTE_TYPE,
            headers={"Content-Disposition": name},
        )

    def get_keys(_request: Request) -> Response:
        """Give the key directory."""
        return Response(
            msgspec.json.encode({"keys": service.read_keys(db)}), media_type=MEDIA_TYPE
        )

    return [
        Route("/log/checkpoint", get_checkpoint, methods=["GET"]),
        Route("/log/tile/{path:path}", get_tile, methods=["GET"]),
        Route("/v1/proof/{position}", get_proof, methods=["GET"]),
        Route("/keys", get_keys, methods=["GET"]),
    ]


_TEXT = {"type": "string"}
_TEXT_OR_NOTHING = {"type": ["string", "null"]}
_INSTANT = {"type": "string", "format": "date-time"}
_POSITION = {"type": ["integer", "null"], "minimum": 0}
_KEY_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": [
        "key_id", "kind", "vkey", "source", "owner_bin", "valid_from", "valid_until",
        "revoked_at", "added_position", "revoked_position",
    ],
    "properties": {
        "key_id": _TEXT,
        "kind": {
            "type": "string",
            "enum": ["batch", "till", "operator", "register", "receipt", "log", "witness"],
        },
        "vkey": _TEXT,
        "source": _TEXT_OR_NOTHING,
        "owner_bin": _TEXT_OR_NOTHING,
        "valid_from": _INSTANT,
        "valid_until": _INSTANT,
        "revoked_at": {"type": ["string", "null"], "format": "date-time"},
        "added_position": _POSITION,
        "revoked_position": _POSITION,
    },
}  # fmt: skip


def _answer(description: str, media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "200": {"description": description, "content": {media_type: {"schema": schema}}}
    }


def openapi() -> dict[str, Any]:
    """Give the room's part of the OpenAPI document."""
    position = {
        "name": "position",
        "in": "path",
        "required": True,
        "schema": {"type": "integer", "minimum": 0},
    }
    path = {"name": "path", "in": "path", "required": True, "schema": _TEXT}
    keys = {
        "type": "object",
        "required": ["keys"],
        "properties": {"keys": {"type": "array", "items": _KEY_SCHEMA}},
    }
    return {
        "schemas": {},
        "paths": {
            "/log/checkpoint": {
                "get": {
                    "operationId": "getCheckpoint",
                    "summary": "The newest checkpoint: a signed note (C2SP tlog-checkpoint)",
                    "responses": _answer("The note", _NOTE_TYPE, _TEXT),
                    "refusals": [404],
                }
            },
            "/log/tile/{path}": {
                "get": {
                    "operationId": "getTile",
                    "summary": "A tile or a bundle of entries (C2SP tlog-tiles)",
                    "parameters": [path],
                    "responses": _answer("Its bytes", _TILE_TYPE, {}),
                    "refusals": [400, 404],
                }
            },
            "/v1/proof/{position}": {
                "get": {
                    "operationId": "getProof",
                    "summary": "The proof that an entry is in the log (C2SP tlog-proof)",
                    "parameters": [position],
                    "responses": _answer(
                        "The proof, with its checkpoint", _NOTE_TYPE, _TEXT
                    ),
                    "refusals": [404, 503],
                }
            },
            "/keys": {
                "get": {
                    "operationId": "getKeys",
                    "summary": "Every key, its kind and owner, and where the log states it",
                    "responses": _answer("The directory", MEDIA_TYPE, keys),
                    "refusals": [503],
                }
            },
        },
    }
