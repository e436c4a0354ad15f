"""People over HTTP: an operator adds them, and makes links that let them in."""

from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ekino.access.api.sources import MEDIA_TYPE, Code, OperatorBody
from ekino.access.model.permissions import RoleName
from ekino.access.model.ways import EMAIL_CHARACTERS_MAX, NAME_CHARACTERS_MAX
from ekino.access.service import people as service
from ekino.access.service.people import Actor, Wanted
from ekino.db.database import Database
from ekino.kernel.errors import Malformed
from ekino.kernel.moments import now

# A thousand people with a few roles each.
PEOPLE_BYTES_MAX = 1024 * 1024
# As many as an operator adds at once.
PEOPLE_AT_ONCE_MAX = 1_000
# Roles that one person is given at once.
ROLES_MAX = 50

_Row = TypeVar("_Row")
Email = Annotated[str, Meta(min_length=3, max_length=EMAIL_CHARACTERS_MAX)]
Name = Annotated[
    str,
    Meta(min_length=1, max_length=NAME_CHARACTERS_MAX, pattern=r"^[^\x00-\x1f\x7f]+$"),
]


class RoleRow(Struct, forbid_unknown_fields=True, frozen=True):
    """A role, with the organisation's code when it is a role of one."""

    role: RoleName
    organisation: Code | None = None


class PersonRow(Struct, forbid_unknown_fields=True, frozen=True):
    """Somebody who may sign in."""

    name: Name
    email: Email
    language: Literal["kk", "ru", "en"] = "kk"
    # Added to those they have; no role is taken away here.
    roles: Annotated[list[RoleRow], Meta(max_length=ROLES_MAX)] = []


class People(Struct, forbid_unknown_fields=True, frozen=True):
    """What an operator adds at once."""

    people: Annotated[list[PersonRow], Meta(max_length=PEOPLE_AT_ONCE_MAX)]


class LinkRow(Struct, forbid_unknown_fields=True, frozen=True):
    """Whose link, and what it is good for."""

    email: Email
    kind: Literal["sign_in", "invitation"] = "sign_in"


def routes(db: Database, operator_body: OperatorBody) -> list[Route]:
    """Give the routes of people."""

    async def post_people(request: Request) -> Response:
        """Add people with their roles, all or none; the same again changes nothing."""
        actor, body = await operator_body(request, PEOPLE_BYTES_MAX)
        wanted = [
            Wanted(
                row.name,
                row.email,
                row.language,
                tuple((each.role, each.organisation) for each in row.roles),
            )
            for row in _read(body, People).people
        ]
        numbers = await run_in_threadpool(
            lambda: service.load_people(db, wanted, actor=Actor(actor), at=now())
        )
        return _answer({"people": numbers})

    async def post_link(request: Request) -> Response:
        """Make a link that is good once: to sign in at once, or to choose how."""
        actor, body = await operator_body(request, PEOPLE_BYTES_MAX)
        row = _read(body, LinkRow)

        def make() -> str:
            person = service.find_by_email(db, row.email).row
            return service.make_link(
                db, person.person_id, row.kind, actor=Actor(actor), at=now()
            )

        secret = await run_in_threadpool(make)
        return _answer(
            {"path": f"/invitation/{secret}", "good_s": service.GOOD_S[row.kind]}
        )

    return [
        Route("/v1/people", post_people, methods=["POST"]),
        Route("/v1/people/links", post_link, methods=["POST"]),
    ]


def _read(body: bytes, kind: type[_Row]) -> _Row:
    """Read a document; `Malformed` says where it cannot be read."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        detail = f"the document cannot be read: {error}"
        raise Malformed(detail, code="document_is_malformed") from error


def _answer(value: object) -> Response:
    return Response(
        msgspec.json.encode(value),
        media_type=MEDIA_TYPE,
        # A link is a secret: nothing between us and the operator keeps it.
        headers={"Cache-Control": "no-store"},
    )


def openapi() -> dict[str, Any]:
    """Give this part of the OpenAPI document."""
    (people, link), schemas = msgspec.json.schema_components(
        [People, LinkRow], ref_template="#/components/schemas/{name}"
    )
    return {
        "schemas": schemas,
        "paths": {
            "/v1/people": {
                "post": _operation(
                    "postPeople",
                    "Add people with their roles, all or none",
                    people,
                    "The number of each, in the order of the document",
                    {"people": {"type": "array", "items": {"type": "integer"}}},
                )
            },
            "/v1/people/links": {
                "post": _operation(
                    "postPeopleLink",
                    "Make a link that is good once, for one person",
                    link,
                    "The link's path on this host, and for how many seconds it is good",
                    {"path": {"type": "string"}, "good_s": {"type": "integer"}},
                )
            },
        },
    }


def _operation(
    name: str,
    summary: str,
    body: dict[str, Any],
    description: str,
    properties: dict[str, Any],
) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": summary,
        "signed": True,
        "requestBody": {"required": True, "content": {MEDIA_TYPE: {"schema": body}}},
        "responses": {
            "200": {
                "description": description,
                "content": {
                    MEDIA_TYPE: {
                        "schema": {
                            "type": "object",
                            "required": list(properties),
                            "properties": properties,
                        }
                    }
                },
            }
        },
        "refusals": [400, 401, 403, 404, 413, 415, 503],
    }
