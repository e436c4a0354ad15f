"""Requests under /v1/ that name a version of the contract which there is not are refused."""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from ekino.kernel.errors import EkinoError
from ekino.kernel.versions import VERSIONED, verify_header
from ekino.web import problems


class Versions:
    """
    Stands before whatever answers programs, and behind what notes their requests.

    Batches pass it by: their door reads the header among its own (`ingest/api.py`).
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse an unknown version, and let everything else pass."""
        if scope["type"] == "http" and scope["path"].startswith(VERSIONED):
            try:
                verify_header(scope["headers"])
            except EkinoError as error:
                answer = problems.on_ekino_error(Request(scope), error)
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)
