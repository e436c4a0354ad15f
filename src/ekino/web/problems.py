"""Errors on the wire: one JSON shape for all of them (RFC 9457)."""

import logging
from datetime import datetime
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ekino.kernel.errors import (
    Broken,
    EkinoError,
    Malformed,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    Pushback,
    Refused,
    TooLarge,
    TooOften,
    WrongMediaType,
)
from ekino.kernel.moments import now, to_text
from ekino.kernel.versions import HEADER as VERSION_HEADER
from ekino.kernel.versions import NEWEST, VERSIONED
from ekino.ui.limits import wait_headers
from ekino.ui.security import PAGE_HEADERS
from ekino.web.codes import address_of, group_of
from ekino.web.identity import HEADER, request_id_of
from ekino.web.problem_page import as_page

_LOG = logging.getLogger("ekino.web")
MEDIA_TYPE = "application/problem+json"
# The most particular class first: the first one that fits decides.
_STATES: tuple[tuple[type[EkinoError], int, str], ...] = (
    (NotAuthenticated, 401, "We do not know who asks"),
    (NotAllowed, 403, "This is not allowed"),
    (NotFound, 404, "There is no such thing"),
    (TooLarge, 413, "This is too large"),
    (WrongMediaType, 415, "This form is not read here"),
    (Malformed, 400, "This cannot be read"),
    (Refused, 400, "This is refused"),
    (TooOften, 429, "Not so often"),
    (Pushback, 503, "Not just now"),
    (EkinoError, 500, "Our own books disagree"),
)
_KINDS: tuple[type[EkinoError], ...] = tuple(
    kind for kind, *_ in _STATES if kind is not EkinoError
)


def problem_of(error: EkinoError, request_id: str = "") -> Response:
    """Turn one of our errors into its answer; it names the request where that is known."""
    return _answer(body_of(error, at=now()), headers_of(error), request_id)


def headers_of(error: EkinoError) -> dict[str, str]:
    """Give the headers that an error's answer has of its own."""
    headers: dict[str, str] = {}
    if isinstance(error, Pushback):
        headers |= wait_headers(error)
    if isinstance(error, NotAuthenticated):
        headers["WWW-Authenticate"] = 'Signature label="ekino", tag="ekino-ingest"'
    return headers


def body_of(error: EkinoError, *, at: datetime) -> dict[str, Any]:
    """Give the members of an error's problem, as told at a moment."""
    number, title = next(
        (number, words) for kind, number, words in _STATES if isinstance(error, kind)
    )
    # A code without help of its own is helped by its kind's page.
    kind = next((each for each in _KINDS if isinstance(error, each)), Broken)
    name = error.code if group_of(error.code) else kind.code
    errors = [
        {"pointer": each.pointer, "code": each.code, "detail": each.detail, "fix": each.fix}
        for each in error.problems
    ]
    return _body(number, title, error.code, error.detail, errors, name, at)


def _body(
    number: int,
    title: str,
    code: str,
    detail: str,
    errors: list[dict[str, str]],
    helped_by: str,
    at: datetime,
) -> dict[str, Any]:
    return {
        "type": address_of(helped_by),
        "title": title,
        "status": number,
        "detail": detail,
        "code": code,
        "errors": errors,
        "server_time": to_text(at),
    }


def _answer(body: dict[str, Any], headers: dict[str, str], request_id: str) -> Response:
    if request_id:
        body["instance"] = f"/dev/requests/{request_id}"
    return Response(
        msgspec.json.encode(body),
        status_code=body["status"],
        media_type=MEDIA_TYPE,
        headers=headers,
    )


def on_ekino_error(request: Request, error: Exception) -> Response:
    """Answer one of our own errors."""
    if not isinstance(error, EkinoError):
        return on_anything(request, error)
    if not isinstance(error, Refused | Pushback):
        _LOG.error("%s %s: %s", request.method, request.url.path, error.detail)
    answer = problem_of(error, request_id_of(request.scope))
    return as_page(request, answer, error.code)


# What the router says by itself, and under which code.
_WORDS = {404: "not_found", 405: "method_not_allowed"}


def on_http_exception(request: Request, error: Exception) -> Response:
    """Answer what the router refuses: no such address, no such method."""
    if not isinstance(error, HTTPException):
        raise error
    name = _WORDS.get(error.status_code, "refused")
    body = _body(error.status_code, error.detail, name, error.detail, [], name, now())
    answer = _answer(body, dict(error.headers or {}), request_id_of(request.scope))
    return as_page(request, answer, name)


def on_anything(request: Request, error: Exception) -> Response:
    """Answer what nobody expected, without telling the world how we are built."""
    _LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
    words = "Something of ours is broken."
    # This answer passes no middleware of ours, so it brings its headers itself.
    body = _body(500, "Our fault", "broken", words, [], "broken", now())
    request_id = request_id_of(request.scope)
    headers = {**PAGE_HEADERS, HEADER: request_id}
    if request.url.path.startswith(VERSIONED):
        headers[VERSION_HEADER] = NEWEST
    answer = _answer(body, headers, request_id)
    try:
        return as_page(request, answer, "broken")
    except Exception:
        # What is broken may be the pages themselves.
        _LOG.exception("%s: no page for it either", request.url.path)
        return answer


SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail", "fix"],
                "properties": {
                    name: {"type": "string"}
                    for name in ("pointer", "code", "detail", "fix")
                },
            },
        },
        "server_time": {"type": "string", "format": "date-time"},
    },
}
