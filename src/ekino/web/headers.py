"""Headers that every answer carries, so that no page can forget them."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ekino.kernel.versions import HEADER_BYTES, NEWEST, VERSIONED
from ekino.ui.security import PAGE_HEADERS
from ekino.web.identity import HEADER, request_id_of

_REQUEST_ID = HEADER.lower().encode()
# As ASGI carries them, made once: every single sale's answer passes here.
_HEADERS = tuple(
    (name.lower().encode("latin-1"), value.encode("latin-1"))
    for name, value in PAGE_HEADERS.items()
)
# The same, for programs: which version of the contract answered them.
_HEADERS_OF_PROGRAMS = (*_HEADERS, (HEADER_BYTES, NEWEST.encode()))


class PageHeaders:
    """Names the request and tells the browser what to refuse, whatever the answer is."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, with the headers added."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        name_of_it = request_id_of(scope).encode()
        headers = _HEADERS_OF_PROGRAMS if scope["path"].startswith(VERSIONED) else _HEADERS

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    (_REQUEST_ID, name_of_it),
                    *(each for each in headers if each[0] not in present),
                ]
            await send(message)

        await self._app(scope, receive, send_with_headers)
