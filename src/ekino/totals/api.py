"""GET /v1/totals: admissions and box office, grouped by anything."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any, Protocol

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ekino.db.database import Database
from ekino.kernel.errors import Problem, Refused
from ekino.kernel.moments import to_text
from ekino.totals import service
from ekino.totals.model.groups import (
    Dimension,
    Groups,
    read_dimensions,
    verify_public,
    verify_span,
)

MEDIA_TYPE = "application/json"
_PARAMETERS = ("by", "from", "to")


# Says whether whoever asks may see every figure; raises for a signature that is wrong.
MaySeeAll = Callable[[Request], Awaitable[bool]]


class ReadPublished(Protocol):
    """Gives regions' figures as they were published, by day or over the span."""

    def __call__(
        self, *, is_by_day: bool, from_date: date | None, to_date: date | None
    ) -> Groups:
        """Give one row a region, or a region and a day; withheld figures are null."""


def routes(
    db: Database, may_see_all: MaySeeAll, read_published: ReadPublished
) -> list[Route]:
    """Give the room's JSON routes; below the nation the public reads `read_published`."""

    async def get_totals(request: Request) -> Response:
        """Give totals by any combination of dimensions; to the public what is public."""
        for name in request.query_params:
            if name not in _PARAMETERS:
                raise _refused(name, f"there is no parameter {name!r}")
        by = read_dimensions(request.query_params.get("by", ""))
        from_date, to_date = _day(request, "from"), _day(request, "to")
        verify_span(from_date, to_date)
        sees_all = await may_see_all(request)
        if sees_all or verify_public(by):
            groups = await run_in_threadpool(
                service.read_groups, db, by=by, from_date=from_date, to_date=to_date
            )
        else:
            groups = await run_in_threadpool(
                read_published,
                is_by_day=Dimension.DAY in by,
                from_date=from_date,
                to_date=to_date,
            )
        return Response(
            msgspec.json.encode(_written(groups)),
            media_type=MEDIA_TYPE,
            # One address and two audiences: nothing between may mix them up.
            headers={
                "Cache-Control": "private, no-store" if sees_all else "no-cache",
                "Vary": "Cookie, Signature",
            },
        )

    return [Route("/v1/totals", get_totals, methods=["GET"])]


def _written(groups: Groups) -> dict[str, Any]:
    written: dict[str, Any] = {
        "as_of": groups.as_of,
        "at": to_text(groups.at),
        "register_size": groups.register_size,
        "rows": groups.rows,
    }
    if groups.published_until is not None:
        written["published_until"] = groups.published_until
    return written


def _day(request: Request, name: str) -> date | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise _refused(name, f"{name}={text!r} is not a date") from error
    if text != day.isoformat():
        raise _refused(name, f"{name}={text!r} is not written YYYY-MM-DD")
    return day


def _refused(name: str, detail: str) -> Refused:
    problem = Problem(
        pointer=name,
        code="parameter_malformed",
        detail=detail,
        fix="Parameters are by, from and to; dates are written 2026-11-24.",
    )
    return Refused(detail, problems=[problem], code="parameter_malformed")


_COUNT = {"type": "integer"}
_FIGURE = {"type": ["integer", "null"], "description": "null: withheld"}


_TOTALS = {
    "type": "object",
    "required": ["as_of", "at", "register_size", "rows"],
    "properties": {
        "as_of": _COUNT,
        "at": {"type": "string", "format": "date-time"},
        "register_size": _COUNT,
        "published_until": {
            "type": "string",
            "format": "date",
            "description": "Of regions, to the public: every business date before "
            "it is published, and none from it on",
        },
        "rows": {
            "type": "array",
            "items": {
                "type": "object",
                "required": [
                    "currency",
                    "tickets",
                    "gross_minor",
                    "fees_minor",
                ],
                "properties": {
                    "currency": {"type": "string"},
                    "tickets": _FIGURE,
                    "gross_minor": _FIGURE,
                    "fees_minor": _FIGURE,
                    "gross_with_fees_minor": _FIGURE,
                    "suppressed": {"type": "boolean"},
                },
            },
        },
    },
}


def openapi() -> dict[str, Any]:
    """Give the room's part of the OpenAPI document."""
    day = {"type": "string", "format": "date"}
    return {
        "schemas": {"Totals": _TOTALS},
        "paths": {
            "/v1/totals": {
                "get": {
                    "operationId": "getTotals",
                    "summary": "Tickets and takings, grouped; below the nation as published",
                    "parameters": [
                        {
                            "name": "by",
                            "in": "query",
                            "description": "Comma-separated: "
                            + ", ".join(Dimension)
                            + ". A film counts under its first genre and its first country: "
                            "the principal ones. Without a permission: the nation by "
                            "film, genre, language, country, day and sales-channel, exactly; "
                            "regions, and regions by day, as they were published, rounded, "
                            "with what would give a venue away suppressed.",
                            "schema": {"type": "string"},
                        },
                        {"name": "from", "in": "query", "schema": day},
                        {"name": "to", "in": "query", "schema": day},
                    ],
                    "responses": {
                        "200": {
                            "description": "Rows, and the position they speak of",
                            "content": {
                                MEDIA_TYPE: {
                                    "schema": {"$ref": "#/components/schemas/Totals"}
                                }
                            },
                        }
                    },
                    "refusals": [400, 401, 403, 503],
                }
            }
        },
    }
