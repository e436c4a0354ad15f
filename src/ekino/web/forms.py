"""Forms of pages, read whole and bounded, and known to be our own."""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ekino.access.service import FORM_TOKEN
from ekino.ingest.api import read_body
from ekino.kernel.errors import Malformed, NotAllowed

Answering = Callable[[Request, Mapping[str, str]], Response]
# The longest answer to a claim in Cyrillic, percent-encoded, with room to spare.
FORM_BYTES_MAX = 32 * 1024
# A page's own form has a handful of fields.
FORM_FIELDS_MAX = 20
# The field that carries it.
TOKEN_FIELD = "form"


def form(answer: Answering) -> Callable[[Request], Awaitable[Response]]:
    """Give the endpoint that reads a form and lets `answer` reply in a thread."""

    async def endpoint(request: Request) -> Response:
        body = await read_body(request.receive, bytes_max=FORM_BYTES_MAX)
        try:
            pairs = parse_qsl(
                body.decode("ascii"),
                keep_blank_values=True,
                max_num_fields=FORM_FIELDS_MAX,
                errors="strict",
            )
        except ValueError as error:
            raise Malformed("this is no form of ours", code="form_malformed") from error
        fields = {name: clean(value) for name, value in pairs}
        verify_own(request, fields.get(TOKEN_FIELD, ""))
        return await run_in_threadpool(answer, request, fields)

    endpoint.is_form = True  # type: ignore[attr-defined]
    return endpoint


def reads_forms(endpoint: object) -> bool:
    """Say whether an endpoint was made by `form`, and so verifies the token itself."""
    return getattr(endpoint, "is_form", False) is True


def verify_own(request: Request, given: str) -> None:
    """Refuse a form that another site made its reader send: it cannot know the token."""
    wanted = request.scope.get(FORM_TOKEN)
    if wanted is None:
        return
    if not wanted or not hmac.compare_digest(wanted.encode(), given.encode()):
        detail = "this form is not of a page that was shown to you; open the page again"
        raise NotAllowed(detail, code="form_not_ours")


def clean(value: str) -> str:
    """Keep what can be printed, and line ends: PostgreSQL's texts hold no NUL."""
    return "".join(each for each in value if each.isprintable() or each == "\n").strip()
