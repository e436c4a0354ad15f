"""The room over HTTP: who may speak to us, and who may sign in."""

from typing import Any

from starlette.routing import Route

from ekino.access.api import keys, people, sources
from ekino.access.api.keys import ClaimedBody, Verify
from ekino.access.api.sources import OperatorBody, read_sources
from ekino.access.service.enrolment import Tell
from ekino.db.database import Database

__all__ = ["openapi", "read_sources", "routes"]


def routes(
    db: Database,
    operator_body: OperatorBody,
    claimed_body: ClaimedBody,
    verify: Verify,
    tell: Tell,
) -> list[Route]:
    """Give the room's routes."""
    return [
        *sources.routes(db, operator_body),
        *people.routes(db, operator_body),
        *keys.routes(db, claimed_body, verify, tell),
    ]


def openapi() -> dict[str, Any]:
    """Give the room's part of the OpenAPI document."""
    parts = (sources.openapi(), people.openapi(), keys.openapi())
    return {
        name: {key: value for part in parts for key, value in part[name].items()}
        for name in ("schemas", "paths")
    }
