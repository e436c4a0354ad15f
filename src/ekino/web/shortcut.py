"""The shortcut of the hot path: batches pass by everything that pages need."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ekino.kernel.errors import EkinoError
from ekino.web import problems

# Shown what the door did not enter, after it was answered.
Failed = Callable[[Scope, Response], None]


def _forget(_scope: Scope, _answer: Response) -> None:
    """Keep nothing."""


class Shortcut:
    """
    Hands POSTs to one path straight to their door.

    Routing, compression and the framework's handling of errors cost a single sale more than
    reading, judging and entering it. The route stands in the table all the same: whatever is
    no POST takes the long way to it.
    """

    def __init__(
        self, app: ASGIApp, *, path: str, door: ASGIApp, failed: Failed = _forget
    ) -> None:
        """Wrap an application; `door` answers POSTs to `path`, `failed` sees what it refused."""
        self._app = app
        self._failed = failed
        self._path = path
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the door what is for it, and by the application all else."""
        if scope.get("path") != self._path or scope.get("method") != "POST":
            await self._app(scope, receive, send)
            return
        try:
            await self._door(scope, receive, send)
        except EkinoError as error:
            answer = problems.on_ekino_error(Request(scope), error)
            await answer(scope, receive, send)
            self._failed(scope, answer)
