"""Sources over HTTP: an operator registers who may speak to us."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ekino.access import service
from ekino.access.service import ALLOWED_DELAY_MAX_S, ALLOWED_DELAY_S
from ekino.db.database import Database
from ekino.kernel.bounds import CODE_CHARACTERS_MAX, TEXT_CHARACTERS_MAX
from ekino.kernel.errors import Malformed, Problem

MEDIA_TYPE = "application/json"
SOURCES_BYTES_MAX = 8 * 1024 * 1024
SOURCES_MAX = 2_000
HALLS_MAX = 20_000
# A source's tills have a key each; a vendor's largest chain has a few hundred.
KEYS_MAX = 1_000
OperatorBody = Callable[[Request, int], Awaitable[tuple[str, bytes]]]

Code = Annotated[
    str, Meta(min_length=1, max_length=CODE_CHARACTERS_MAX, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Text = Annotated[
    str, Meta(min_length=1, max_length=TEXT_CHARACTERS_MAX, pattern=r"^[^\x00-\x1f\x7f]+$")
]
KeyId = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[!#-\[\]-~]+$")]


class HallRow(Struct, forbid_unknown_fields=True, frozen=True):
    """A hall that a source may speak for; without `hall` all halls of the venue."""

    venue: Code
    hall: Code | None = None


class KeyRow(Struct, forbid_unknown_fields=True, frozen=True):
    """A public key of a source."""

    key_id: KeyId
    public_key: Annotated[str, Meta(min_length=44, max_length=44)]
    valid_from: Annotated[datetime, Meta(tz=True)] | None = None
    valid_until: Annotated[datetime, Meta(tz=True)] | None = None
    # What it signs: batches, or the tickets of one till.
    kind: Literal["batch", "till"] = "batch"


class SourceRow(Struct, forbid_unknown_fields=True, frozen=True):
    """An installation that may speak to us."""

    code: Code
    name: Text
    vendor: Text | None = None
    organisation: Code | None = None
    # The vendor as an organisation of the catalog, whose people may then see how it is doing.
    vendor_code: Code | None = None
    may_announce: bool = False
    state: Literal["active", "suspended"] = "active"
    # How long after a ticket is issued its sale may reach us; published.
    allowed_delay_s: Annotated[int, Meta(ge=0, le=ALLOWED_DELAY_MAX_S)] = ALLOWED_DELAY_S
    halls: Annotated[list[HallRow], Meta(max_length=HALLS_MAX)] = []
    # False: the halls named are added to those the source has.
    halls_are_whole: bool = True
    keys: Annotated[list[KeyRow], Meta(max_length=KEYS_MAX)] = []


class Sources(Struct, forbid_unknown_fields=True, frozen=True):
    """What an operator registers at once."""

    sources: Annotated[list[SourceRow], Meta(max_length=SOURCES_MAX)]


_DECODER = msgspec.json.Decoder(Sources)


def read_sources(body: bytes) -> list[dict[str, Any]]:
    """Read the document; `Malformed` names the place that cannot be read."""
    try:
        sources = _DECODER.decode(body).sources
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        detail, _, path = str(error).partition(" - at `")
        problem = Problem(
            pointer=path.rstrip("`").removeprefix("$"),
            code="document_is_malformed",
            detail=detail,
            fix="Correct the named place as docs/reference/catalog.md describes it.",
        )
        raise Malformed(
            f"the document cannot be read: {error}",
            problems=[problem],
            code="document_is_malformed",
        ) from error
    return [
        {
            "code": source.code,
            "name": source.name,
            "vendor": source.vendor,
            "vendor_code": source.vendor_code,
            "organisation": source.organisation,
            "may_announce": source.may_announce,
            "state": source.state,
            "allowed_delay_s": source.allowed_delay_s,
            "halls_are_whole": source.halls_are_whole,
            "halls": [(row.venue, row.hall) for row in source.halls],
            "keys": [msgspec.structs.asdict(key) for key in source.keys],
        }
        for source in sources
    ]


def routes(db: Database, operator_body: OperatorBody) -> list[Route]:
    """Give the room's routes."""

    async def post_sources(request: Request) -> Response:
        """Register sources with their keys and halls, all or none."""
        actor, body = await operator_body(request, SOURCES_BYTES_MAX)
        codes = await run_in_threadpool(
            lambda: service.load_sources(db, read_sources(body), actor=actor)
        )
        return Response(msgspec.json.encode({"sources": codes}), media_type=MEDIA_TYPE)

    return [Route("/v1/sources", post_sources, methods=["POST"])]


def openapi() -> dict[str, Any]:
    """Give the room's part of the OpenAPI document."""
    (sources,), schemas = msgspec.json.schema_components(
        [Sources], ref_template="#/components/schemas/{name}"
    )
    return {
        "schemas": schemas,
        "paths": {
            "/v1/sources": {
                "post": {
                    "operationId": "postSources",
                    "summary": "Register sources with their keys and halls, all or none",
                    "signed": True,
                    "requestBody": {
                        "required": True,
                        "content": {MEDIA_TYPE: {"schema": sources}},
                    },
                    "responses": {
                        "200": {
                            "description": "The codes of what was registered",
                            "content": {
                                MEDIA_TYPE: {
                                    "schema": {
                                        "type": "object",
                                        "required": ["sources"],
                                        "properties": {
                                            "sources": {
                                                "type": "array",
                                                "items": {"type": "string"},
                                            }
                                        },
                                    }
                                }
                            },
                        }
                    },
                    "refusals": [400, 401, 403, 413, 415, 503],
                }
            }
        },
    }
