"""POST /v1/hooks/{connector}: other systems say that there is something to read."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ekino.db.database import Database
from ekino.intake.connectors import service
from ekino.kernel.moments import Clock

PATH = "/v1/hooks/{connector}"
ReadBody = Callable[..., Awaitable[bytes]]


def routes(db: Database, read_body: ReadBody, clock: Clock) -> list[Route]:
    """Give the address; `read_body(receive, bytes_max=…)` reads at most so much."""

    async def hear(request: Request) -> Response:
        """Keep a hint; whoever knows the secret path may give one, and nothing more."""
        body = await read_body(request.receive, bytes_max=service.HOOK_BODY_BYTES_MAX)
        hook = request.path_params["connector"]
        await run_in_threadpool(lambda: service.hear(db, hook, body, at=clock()))
        return Response(status_code=204)

    return [Route(PATH, hear, methods=["POST"])]


def openapi() -> dict[str, Any]:
    """Give the room's part of the OpenAPI document."""
    return {
        "schemas": {},
        "paths": {
            PATH: {
                "post": {
                    "operationId": "postHook",
                    "summary": "Say that another ticketing system has something to read",
                    "description": "The body is a hint and is not believed: what it names is "
                    "read from the system itself. The same again does nothing.",
                    "parameters": [
                        {
                            "name": "connector",
                            "in": "path",
                            "required": True,
                            "description": "The secret that `ekino connectors add` has shown.",
                            "schema": {"type": "string"},
                        }
                    ],
                    "requestBody": {
                        "required": False,
                        "content": {"application/json": {"schema": {}}},
                    },
                    "responses": {"204": {"description": "Heard"}},
                    "refusals": [404, 413, 503],
                }
            }
        },
    }
