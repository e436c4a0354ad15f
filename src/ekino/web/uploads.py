"""Forms with a document (multipart/form-data), read whole and bounded, and known to be our own."""

import asyncio
import re
from collections import deque
from collections.abc import Awaitable, Callable, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive

from ekino.access.service import person_of
from ekino.kernel.errors import Malformed, TooLarge
from ekino.web.bodies import read_in_time
from ekino.web.forms import FORM_BYTES_MAX, FORM_FIELDS_MAX, TOKEN_FIELD, clean, verify_own
from ekino.web.room import LARGE_BODY_READ_S, Room, may_be_large, told_bytes

# (its name, its bytes); None where none was chosen.
Document = tuple[str, bytes] | None
Answering = Callable[[Request, Mapping[str, str], Document], Response]
_BOUNDARY = re.compile(
    r"^multipart/form-data;.*\bboundary=\"?([!-~]{1,70}?)\"?(?:;|$)", re.IGNORECASE
)
_NAME = re.compile(rb'\bname="([^"\r\n]{1,100})"')
_FILE_NAME = re.compile(rb'\bfilename="([^"\r\n]{0,400})"')


class Uploads:
    """Reads forms with a document, a few large ones at once."""

    def __init__(self, room: Room | None = None) -> None:
        """Take where large forms go."""
        self._room = room or Room()

    def __call__(
        self, bytes_max: int
    ) -> Callable[[Answering], Callable[[Request], Awaitable[Response]]]:
        """Give what makes an endpoint of an answer to a form whose document has a limit."""

        def made(answer: Answering) -> Callable[[Request], Awaitable[Response]]:
            async def endpoint(request: Request) -> Response:
                form_bytes_max = bytes_max + FORM_BYTES_MAX
                if not may_be_large(request, form_bytes_max):
                    return await _answered(request, form_bytes_max, answer)
                # Held until it is answered: what is read is taken apart and judged as well.
                with self._room.place(), self._room.place_of(_sender(request)):
                    return await _answered(request, form_bytes_max, answer)

            endpoint.is_form = True  # type: ignore[attr-defined]
            return endpoint

        return made


def _sender(request: Request) -> str:
    person = person_of(request.scope)
    return "" if person is None else str(person.person_id)


async def _answered(request: Request, bytes_max: int, answer: Answering) -> Response:
    if (told_bytes(request) or 0) > bytes_max:
        detail = f"the form says that it has more than {bytes_max} bytes"
        raise TooLarge(detail, code="body_too_large")
    content_type = request.headers.get("content-type", "")
    # Our pages send the token first: another site's form is known by its first bytes, and the
    # rest of it is not read.
    first = _First(request.receive)
    verify_own(request, token_of(await first.read(FORM_BYTES_MAX), content_type))
    body = await read_in_time(Request(request.scope, first.receive), bytes_max)
    # Not on the event loop: a document is tens of megabytes.
    fields, document = await run_in_threadpool(parse, body, content_type)
    return await run_in_threadpool(answer, request, fields, document)


class _First:
    """Looks at a body's first bytes, and gives them again to whoever reads it."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._seen: deque[Message] = deque()

    async def read(self, bytes_wanted: int) -> bytes:
        """Give at least so many bytes, or all there are; what arrives at once comes with them."""
        found = bytearray()
        is_more = True
        try:
            async with asyncio.timeout(LARGE_BODY_READ_S):
                while is_more and len(found) < bytes_wanted:
                    message = await self._receive()
                    self._seen.append(message)
                    found += message.get("body", b"")
                    is_more = message.get("more_body", False)
        except TimeoutError as error:
            detail = f"the form did not begin within {LARGE_BODY_READ_S} s"
            raise Malformed(detail, code="form_malformed") from error
        return bytes(found)

    async def receive(self) -> Message:
        """Give what was looked at, then what comes."""
        return self._seen.popleft() if self._seen else await self._receive()


def token_of(start: bytes, content_type: str) -> str:
    """Give the token that stands whole in a form's first bytes; "" when none does."""
    for part in (b"\r\n" + start).split(_boundary(content_type), FORM_FIELDS_MAX)[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        name = _NAME.search(head[:FORM_BYTES_MAX])
        if name and name[1] == TOKEN_FIELD.encode() and not _FILE_NAME.search(head):
            return clean(_text(content))
    return ""


def _boundary(content_type: str) -> bytes:
    match = _BOUNDARY.match(content_type)
    if match is None:
        raise Malformed("this is no form with a document", code="form_malformed")
    # A line end before the first boundary makes it look like the others.
    return b"\r\n--" + match[1].encode("ascii")


def parse(body: bytes, content_type: str) -> tuple[dict[str, str], Document]:
    """
    Read the parts of a form: fields by name, and the one document, if any.

    Source: RFC 7578. Raises `Malformed` (`form_malformed`) for anything else.
    """
    # One part too many is enough to know: the rest is not cut up.
    parts = (b"\r\n" + body).split(_boundary(content_type), FORM_FIELDS_MAX + 2)
    if len(parts) > FORM_FIELDS_MAX + 2:
        raise Malformed("this form has too many fields", code="form_malformed")
    if len(parts) < 2 or not parts[-1].startswith(b"--"):  # noqa: PLR2004 - before and after
        raise Malformed("this form does not end", code="form_malformed")
    fields: dict[str, str] = {}
    document: Document = None
    left = FORM_BYTES_MAX
    for part in parts[1:-1]:
        head, gap, content = part.partition(b"\r\n\r\n")
        if not gap or (name := _NAME.search(head[:FORM_BYTES_MAX])) is None:
            raise Malformed("a part of this form has no name", code="form_malformed")
        file_name = _FILE_NAME.search(head[:FORM_BYTES_MAX])
        if file_name is None:
            # The document may be long; what is typed has the bounds of every form.
            left -= len(content)
            if left < 0:
                raise Malformed("the fields of this form are long", code="form_malformed")
            fields[_text(name[1])] = clean(_text(content))
        elif file_name[1] and content:
            document = (clean(_text(file_name[1])).replace("\n", " "), content)
    return fields, document


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed("a field of this form is no text", code="form_malformed") from error
