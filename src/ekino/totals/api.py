"""GET /v1/totals: admissions and box office, grouped by anything."""

from datetime import date
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ekino.db.database import Database
from ekino.kernel.errors import Problem, Refused
from ekino.kernel.moments import to_text
from ekino.totals import service
from ekino.totals.model.groups import Dimension, read_dimensions

MEDIA_TYPE = "application/json"
_PARAMETERS = ("by", "from", "to")


def routes(db: Database) -> list[Route]:
    """Give the room's JSON routes."""

    def get_totals(request: Request) -> Response:
        """Give totals by any combination of dimensions."""
        for name in request.query_params:
            if name not in _PARAMETERS:
                raise _refused(name, f"there is no parameter {name!r}")
        groups = service.read_groups(
            db,
            by=read_dimensions(request.query_params.get("by", "")),
            from_date=_day(request, "from"),
            to_date=_day(request, "to"),
        )
        return Response(
            msgspec.json.encode(
                {
                    "as_of": groups.as_of,
                    "at": to_text(groups.at),
                    "register_size": groups.register_size,
                    "rows": groups.rows,
                }
            ),
            media_type=MEDIA_TYPE,
        )

    return [Route("/v1/totals", get_totals, methods=["GET"])]


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


def openapi() -> dict[str, Any]:
    """Give the room's part of the OpenAPI document."""
    day = {"type": "string", "format": "date"}
    return {
        "schemas": {
            "Totals": {
                "type": "object",
                "required": ["as_of", "at", "register_size", "rows"],
                "properties": {
                    "as_of": _COUNT,
                    "at": {"type": "string", "format": "date-time"},
                    "register_size": _COUNT,
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
                                "tickets": _COUNT,
                                "gross_minor": _COUNT,
                                "fees_minor": _COUNT,
                                "gross_with_fees_minor": _COUNT,
                            },
                        },
                    },
                },
            }
        },
        "paths": {
            "/v1/totals": {
                "get": {
                    "operationId": "getTotals",
                    "summary": "Tickets and takings, grouped by any combination",
                    "parameters": [
                        {
                            "name": "by",
                            "in": "query",
                            "description": "Comma-separated: "
                            + ", ".join(Dimension)
                            + ". A film counts under its first genre and its first country: "
                            "the principal ones.",
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
                    "refusals": [400, 503],
                }
            }
        },
    }
