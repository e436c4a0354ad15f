"""/v1/certification: begin, look, try again, end; signed with the test key that is judged."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ekino.access.service import Key
from ekino.certification import service
from ekino.certification.model.plan import PRESETS, Level, Preset, State, Test
from ekino.certification.model.run import NAME_CHARACTERS_MAX, Run, RunState, Step
from ekino.certification.model.tasks import actions_of
from ekino.certification.model.tokens import make_examples
from ekino.certification.service import (
    ANSWER_CHARACTERS_MAX,
    ANSWERS_MAX,
    Issuer,
)
from ekino.db.database import Database
from ekino.kernel.errors import Malformed, NotFound, Problem, Refused
from ekino.kernel.moments import now, to_text

MEDIA_TYPE = "application/json"
PATH = "/v1/certification"
# A product's name and version, or a few tokens.
REQUEST_BYTES_MAX = 8_192
# Reads a body that a source signed, and gives its key.
SourceBody = Callable[[Request, int], Awaitable[tuple[Key, bytes]]]
_Name = Annotated[str, Meta(min_length=1, max_length=NAME_CHARACTERS_MAX)]
_Answer = Annotated[str, Meta(max_length=ANSWER_CHARACTERS_MAX)]


class Beginning(Struct, forbid_unknown_fields=True, frozen=True):
    """What is to be certified: a product of a version, for a preset or for levels."""

    product: _Name
    version: _Name
    preset: Preset | None = None
    levels: Annotated[list[Level], Meta(max_length=len(Level))] = []


class Taking(Struct, forbid_unknown_fields=True, frozen=True):
    """What to do about a test: try it again, leave it out, or answer it by hand."""

    do: Literal["again", "skip", "answer"]
    answers: Annotated[list[_Answer], Meta(max_length=ANSWERS_MAX)] = []


_BEGINNING = msgspec.json.Decoder(Beginning)
_TAKING = msgspec.json.Decoder(Taking)


def routes(
    db: Database, source_body: SourceBody, issuer: Issuer, *, is_test: bool
) -> list[Route]:
    """Give the addresses; in a live register they say that a test key is wanted."""
    door = _Door(db, source_body, issuer, is_test=is_test)
    run = f"{PATH}/{{reference}}"
    return [
        Route(PATH, door.begin, methods=["POST"]),
        Route(run, door.look, methods=["GET"]),
        Route(f"{run}/steps/{{test}}", door.take, methods=["POST"]),
        Route(f"{run}/end", door.end, methods=["POST"]),
    ]


class _Door:
    """What whoever signs with a test key may ask of its own certifications."""

    def __init__(
        self, db: Database, source_body: SourceBody, issuer: Issuer, *, is_test: bool
    ) -> None:
        self._db, self._issuer, self._is_test = db, issuer, is_test
        self._source_body = source_body

    async def _read(self, request: Request, bytes_max: int) -> tuple[Key, bytes]:
        key, body = await self._source_body(request, bytes_max)
        if not self._is_test:
            detail = "a certification is gone through in the test register, with a test key"
            raise Refused(detail, code="test_key_needed")
        return key, body

    def _own(self, request: Request, key: Key) -> Run:
        run = service.find_run(self._db, request.path_params["reference"])
        if run.source_id != key.source_id:
            detail = f"there is no certification {run.reference!r} of yours"
            raise NotFound(detail, code="certification_not_found")
        return run

    async def begin(self, request: Request) -> Response:
        """Begin a certification of what speaks with the signing key."""
        key, body = await self._read(request, REQUEST_BYTES_MAX)
        wanted: Beginning = _decoded(_BEGINNING, body)
        levels = PRESETS[wanted.preset] if wanted.preset else tuple(wanted.levels)
        run = await run_in_threadpool(
            lambda: service.begin(
                self._db,
                key,
                product=wanted.product,
                version=wanted.version,
                levels=levels,
                at=now(),
            )
        )
        return _response(describe(run), number=201)

    async def look(self, request: Request) -> Response:
        """Judge what has come since, and give the certification as it stands."""
        key, _ = await self._read(request, 0)
        run = await run_in_threadpool(self._own, request, key)
        run = await run_in_threadpool(
            lambda: service.look(self._db, run.reference, self._issuer, at=now())
        )
        return _response(describe(run))

    async def take(self, request: Request) -> Response:
        """Try a test again, leave it out, or answer it by hand."""
        key, body = await self._read(request, REQUEST_BYTES_MAX)
        wanted: Taking = _decoded(_TAKING, body)
        run = await run_in_threadpool(self._own, request, key)
        run = await run_in_threadpool(
            lambda: service.take_step(
                self._db,
                run.reference,
                request.path_params["test"],
                wanted.do,
                answers=wanted.answers,
                at=now(),
            )
        )
        return _response(describe(run))

    async def end(self, request: Request) -> Response:
        """End a certification as it stands."""
        key, _ = await self._read(request, REQUEST_BYTES_MAX)
        run = await run_in_threadpool(self._own, request, key)
        run = await run_in_threadpool(
            lambda: service.end(self._db, run.reference, at=now())
        )
        return _response(describe(run))


def _decoded(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        detail, _, path = str(error).partition(" - at `")
        problem = Problem(
            pointer=path.rstrip("`").removeprefix("$").replace(".", "/"),
            code="document_is_malformed",
            detail=detail,
            fix="Correct the named place as /openapi.json describes it.",
        )
        raise Malformed(detail, problems=[problem], code="document_is_malformed") from error


def describe(run: Run) -> dict[str, Any]:
    """Give a certification as programs read it."""
    current = run.current if run.state is RunState.RUNNING else None
    return {
        "reference": run.reference,
        "state": run.state.value,
        "vendor": run.vendor,
        "product": run.product,
        "version": run.version,
        "levels": [each.value for each in run.levels],
        "earned": [each.value for each in run.earned],
        "started_at": to_text(run.started_at),
        "current": None if current is None else _task(run, current),
        "steps": [
            {
                "test": each.test.value,
                "level": each.level.value,
                "state": each.state.value,
                "detail": each.detail,
                "request_id": each.request_id,
                "request": each.shown if each.state is State.FAIL else "",
            }
            for each in run.steps
        ],
        "certificate": run.certificate,
    }


def _task(run: Run, step: Step) -> dict[str, Any]:
    """Give what is to be done at the till now."""
    task: dict[str, Any] = {
        "test": step.test.value,
        "actions": [dict(each) for each in actions_of(step.test, run.stage)],
    }
    if step.test is Test.TOKENS:
        task["tokens"] = [asdict(each) for each in make_examples(run.stage.venue)]
    return task


def _response(body: object, *, number: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status_code=number, media_type=MEDIA_TYPE)


_STEP_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["test", "level", "state", "detail", "request_id", "request"],
    "properties": {
        "test": {"type": "string", "enum": [each.value for each in Test]},
        "level": {"type": "string", "enum": [each.value for each in Level]},
        "state": {"type": "string", "enum": [each.value for each in State]},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "request": {"type": "string"},
    },
}
_RUN_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": [
        "reference", "state", "vendor", "product", "version", "levels", "earned",
        "started_at", "current", "steps", "certificate",
    ],
    "properties": {
        "reference": {"type": "string"},
        "state": {"type": "string", "enum": [each.value for each in RunState]},
        "vendor": {"type": "string"},
        "product": {"type": "string"},
        "version": {"type": "string"},
        "levels": {"type": "array", "items": {"type": "string"}},
        "earned": {"type": "array", "items": {"type": "string"}},
        "started_at": {"type": "string", "format": "date-time"},
        "current": {"type": ["object", "null"]},
        "steps": {"type": "array", "items": _STEP_SCHEMA},
        "certificate": {"type": ["object", "null"]},
    },
}  # fmt: skip


def openapi() -> dict[str, Any]:
    """Give the room's part of the OpenAPI document: paths and schemas."""
    (beginning, taking), schemas = msgspec.json.schema_components(
        [Beginning, Taking], ref_template="#/components/schemas/{name}"
    )
    run = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Certification"}}}

    def parameter(name: str) -> dict[str, Any]:
        return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}

    def operation(
        name: str,
        summary: str,
        *,
        body: Any = None,
        number: str = "200",
        steps: bool = False,
    ) -> dict[str, Any]:
        described: dict[str, Any] = {
            "operationId": name,
            "summary": summary,
            "signed": True,
            "responses": {number: {"description": "As it stands", "content": run}},
            "refusals": [400, 401, 403, 404, 413, 415, 503],
        }
        if name != "beginCertification":
            described["parameters"] = [parameter("reference")]
        if steps:
            described["parameters"].append(parameter("test"))
        if body is not None:
            content = {MEDIA_TYPE: {"schema": body}}
            described["requestBody"] = {"required": True, "content": content}
        return described

    return {
        "schemas": {**schemas, "Certification": _RUN_SCHEMA},
        "paths": {
            PATH: {
                "post": operation(
                    "beginCertification",
                    "Begin a certification of what speaks with the signing test key",
                    body=beginning,
                    number="201",
                )
            },
            f"{PATH}/{{reference}}": {
                "get": operation(
                    "getCertification", "Judge what has come since, and say how it stands"
                )
            },
            f"{PATH}/{{reference}}/steps/{{test}}": {
                "post": operation(
                    "takeCertificationStep",
                    "Try a test again, leave it out, or answer it by hand",
                    body=taking,
                    steps=True,
                )
            },
            f"{PATH}/{{reference}}/end": {
                "post": operation("endCertification", "End a certification as it stands")
            },
        },
    }
