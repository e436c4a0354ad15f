"""Forms with a document (multipart/form-data), read whole and bounded, and known to be our own."""

import re
from collections.abc import Awaitable, Callable, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ekino.ingest.api import read_body
from ekino.kernel.errors import Malformed
from ekino.web.forms import FORM_BYTES_MAX, FORM_FIELDS_MAX, TOKEN_FIELD, clean, verify_own

# (its name, its bytes); None where none was chosen.
Document = tuple[str, bytes] | None
Answering = Callable[[Request, Mapping[str, str], Document], Response]
_BOUNDARY = re.compile(
    r"^multipart/form-data;.*\bboundary=\"?([!-~]{1,70}?)\"?(?:;|$)", re.IGNORECASE
)
_NAME = re.compile(rb'\bname="([^"\r\n]{1,100})"')
_FILE_NAME = re.compile(rb'\bfilename="([^"\r\n]{0,400})"')


def upload(
    bytes_max: int,
) -> Callable[[Answering], Callable[[Request], Awaitable[Response]]]:
    """Give what makes an endpoint of an answer to a form whose document has a limit."""

    def made(answer: Answering) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            # What is longer is refused while it is read, before it is held whole.
            body = await read_body(request.receive, bytes_max=bytes_max + FORM_BYTES_MAX)
            # Not on the event loop: a document is tens of megabytes.
            content_type = request.headers.get("content-type", "")
            fields, document = await run_in_threadpool(parse, body, content_type)
            verify_own(request, fields.get(TOKEN_FIELD, ""))
            return await run_in_threadpool(answer, request, fields, document)

        endpoint.is_form = True  # type: ignore[attr-defined]
        return endpoint

    return made


def parse(body: bytes, content_type: str) -> tuple[dict[str, str], Document]:
    """
    Read the parts of a form: fields by name, and the one document, if any.

    Source: RFC 7578. Raises `Malformed` (`form_malformed`) for anything else.
    """
    match = _BOUNDARY.match(content_type)
    if match is None:
        raise Malformed("this is no form with a document", code="form_malformed")
    # A line end before the first boundary makes it look like the others. One part too many is
    # enough to know: the rest is not cut up.
    boundary = b"\r\n--" + match[1].encode("ascii")
    parts = (b"\r\n" + body).split(boundary, FORM_FIELDS_MAX + 2)
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
