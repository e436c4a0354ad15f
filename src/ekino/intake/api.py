"""POST /v1/files: a file handed in by a program, signed like a batch; judged as on the page."""

from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import msgspec
from anyio import from_thread
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ekino.access.service import Key
from ekino.access.signature import SignedRequest
from ekino.db.database import Database
from ekino.ingest.formats.facts import FILE_BYTES_MAX
from ekino.ingest.formats.facts_json import OF_DOCUMENT
from ekino.ingest.formats.table import FORMATS
from ekino.ingest.model import Answer
from ekino.intake import service
from ekino.intake.model.comparison import comparison_of
from ekino.intake.model.upload import State
from ekino.intake.service import Handed, Keys, Source, Upload
from ekino.kernel.errors import Malformed, NotAllowed, Pushback, TooLarge
from ekino.kernel.moments import now, to_text

PATH = "/v1/files"
# Sent before the answer; the follower sends the rest, and the answer says how far it is.
BATCHES_AT_ONCE = 50
# Rows and names in one answer.
FINDINGS_ANSWERED_MAX = 1_000
NAMES_ANSWERED_MAX = 200
_TEXT_CHARACTERS_MAX = 200

SignedFile = Callable[[Request, int], Awaitable[tuple[Key, bytes]]]
SubmitLater = Callable[[SignedRequest, bytes], Coroutine[Any, Any, Answer]]


def routes(
    db: Database, keys: Keys, signed_file: SignedFile, submit: SubmitLater
) -> list[Route]:
    """Give the room's routes; `submit` is the register's door of this process."""

    def submit_now(request: SignedRequest, body: bytes) -> Answer:
        """Wait for the door's answer, in a thread of the web's own."""
        return from_thread.run(submit, request, body)

    async def post_file(request: Request) -> Response:
        """Take a file of the source that signed it, and say what became of each row."""
        _verify_length(request)
        key, body = await signed_file(request, FILE_BYTES_MAX)
        source = await run_in_threadpool(_source_of, db, key)
        asked = _asked(request)
        is_dry_run = asked.pop("dry_run", "") in ("1", "true")
        handed = Handed(content=body, **asked)
        if is_dry_run:
            return await run_in_threadpool(_judge_only, db, source, handed)
        return await run_in_threadpool(_take, db, keys, source, handed, key, submit_now)

    async def get_file(request: Request) -> Response:
        """Say what became of a file of one's own."""
        key, _ = await signed_file(request, 0)
        source = await run_in_threadpool(_source_of, db, key)
        return await run_in_threadpool(
            _answer_again, db, source, request.path_params["reference"]
        )

    return [
        Route(PATH, post_file, methods=["POST"]),
        Route(PATH + "/{reference}", get_file, methods=["GET"]),
    ]


def _verify_length(request: Request) -> None:
    """Refuse a file that says it is too large before its first byte is read."""
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:18]) > FILE_BYTES_MAX:
        detail = f"the file has {length} bytes; at most {FILE_BYTES_MAX} are taken"
        raise TooLarge(detail, code="body_too_large")


def _asked(request: Request) -> dict[str, str]:
    """Read what is asked of the file: its name, format, currency and zone."""
    names = {"name": "file_name", "format": "format", "currency": "currency",
             "timezone": "timezone", "dry_run": "dry_run"}  # fmt: skip
    asked = {}
    for name, value in request.query_params.items():
        is_wrong = len(value) > _TEXT_CHARACTERS_MAX or "|" in value or value == OF_DOCUMENT
        if name not in names or is_wrong:
            detail = f"{name!r} is none of {', '.join(names)}, or is too long"
            raise Malformed(detail, code="parameter_malformed")
        asked[names[name]] = value
    return asked


def _source_of(db: Database, key: Key) -> Source:
    if key.source_code is None:
        detail = "this is no source's key; a file is of the source that signs it"
        raise NotAllowed(detail, code="source_only")
    return service.find_source(db, key.source_code)


def _take(
    db: Database,
    keys: Keys,
    source: Source,
    handed: Handed,
    key: Key,
    submit: service.Submit,
) -> Response:
    upload = service.hand_in(db, keys, source, handed, handed_by=key.key_id, at=now())
    # Put off, it is judged and written down: whoever asks again learns how far it is.
    with suppress(Pushback):
        service.send(db, keys, upload.upload_no, submit, batches_max=BATCHES_AT_ONCE)
    return _answer(db, service.read_upload(db, upload.reference))


def _answer_again(db: Database, source: Source, reference: str) -> Response:
    upload = service.read_upload(db, reference.upper(), source_code=source.code)
    return _answer(db, upload)


def _judge_only(db: Database, source: Source, handed: Handed) -> Response:
    judged = service.judge_only(db, source, handed, at=now())
    return _json(
        {
            "reference": None,
            "state": "dry_run",
            "format": judged.format,
            "version": judged.version,
            "events": len(judged.events),
            "counts": judged.counts,
            "refusal": None,
            "rows": [_row(each) for each in judged.findings[:FINDINGS_ANSWERED_MAX]],
            "names": [
                {**asdict(name), "rows": rows}
                for name, rows in judged.unknown.most_common(NAMES_ANSWERED_MAX)
            ],
        },
        200,
    )


def _answer(db: Database, upload: Upload) -> Response:
    findings = service.list_findings(db, upload, limit=FINDINGS_ANSWERED_MAX)
    names = service.list_names(db, upload, limit=NAMES_ANSWERED_MAX)
    is_done = upload.state is not State.ENTERING
    return _json(
        {
            "reference": upload.reference,
            "state": upload.state,
            "format": upload.format,
            "version": upload.version,
            "sha256": upload.file_sha256,
            "bytes": upload.file_bytes,
            "handed_at": to_text(upload.handed_at),
            "batches": upload.batches,
            "batches_answered": upload.answered,
            "counts": upload.counts,
            "refusal": None if upload.refusal is None else asdict(upload.refusal),
            "rows": [_row(each) for each in findings],
            "names": [{**asdict(name), "rows": rows} for name, rows in names],
        },
        200 if is_done else 202,
    )


def _row(found: service.Finding) -> dict[str, Any]:
    """Give a finding; that of a sum with its comparison, which then is no raw text."""
    compared = comparison_of(found.code, found.raw)
    if compared is None:
        return asdict(found)
    tickets, gross_minor = compared.difference
    return {
        **asdict(found),
        "raw": "",
        "comparison": {
            "declared": {
                "tickets": compared.declared_tickets,
                "gross_minor": compared.declared_gross_minor,
            },
            "registered": {
                "tickets": compared.registered_tickets,
                "gross_minor": compared.registered_gross_minor,
                "as_of": compared.as_of,
            },
            "difference": {"tickets": tickets, "gross_minor": gross_minor},
            "currency": compared.currency,
        },
    }


def _json(value: dict[str, Any], number: int) -> Response:
    return Response(
        msgspec.json.encode(value), status_code=number, media_type="application/json"
    )


_STATES = ["refused", "waiting", "entering", "entered", "compared", "dry_run"]
_ROW = {
    "type": "object",
    "required": ["place", "field", "code", "words", "raw"],
    "properties": {
        name: {"type": "string"} for name in ("place", "field", "code", "words", "raw")
    }
    | {
        "comparison": {
            "type": "object",
            "description": "Of a sum that differs: declared, registered, difference",
        }
    },
}
_UPLOAD = {
    "type": "object",
    "description": "What became of a file (docs/reference/formats/files.md)",
    "required": ["reference", "state", "format", "counts", "refusal", "rows", "names"],
    "properties": {
        "reference": {"type": ["string", "null"]},
        "state": {"type": "string", "enum": _STATES},
        "format": {"type": "string"},
        "counts": {
            "type": "object",
            "additionalProperties": {"type": "integer", "minimum": 0},
        },
        "refusal": {"type": ["object", "null"]},
        "rows": {"type": "array", "items": _ROW},
        "names": {"type": "array", "items": {"type": "object"}},
    },
}
_ANSWER = {
    "description": "What became of the file and of each of its rows",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Upload"}}},
}


def openapi() -> dict[str, Any]:
    """Give the room's part of the OpenAPI document."""
    query = [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in (
            ("name", {"type": "string"}),
            ("format", {"type": "string", "enum": list(FORMATS)}),
            ("currency", {"type": "string", "pattern": "^[A-Z]{3}$"}),
            ("timezone", {"type": "string"}),
            ("dry_run", {"type": "string", "enum": ["1", "true"]}),
        )
    ]
    reference = {
        "name": "reference",
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
    }
    return {
        "schemas": {"Upload": _UPLOAD},
        "paths": {
            PATH: {
                "post": {
                    "operationId": "postFile",
                    "summary": "Hand a file in for the source that signs it",
                    "signed": True,
                    "parameters": query,
                    "requestBody": {
                        "required": True,
                        "content": {"application/octet-stream": {"schema": {}}},
                    },
                    "responses": {
                        "200": _ANSWER,
                        "202": {**_ANSWER, "description": "Judged, and being entered"},
                    },
                    "refusals": [400, 401, 403, 404, 413, 429, 503],
                }
            },
            PATH + "/{reference}": {
                "get": {
                    "operationId": "getFile",
                    "summary": "What became of a file of the source that asks",
                    "signed": True,
                    "parameters": [reference],
                    "responses": {"200": _ANSWER, "202": _ANSWER},
                    "refusals": [400, 401, 403, 404, 503],
                }
            },
        },
    }
