"""Errors on the wire: one JSON shape for all of them (RFC 9457)."""

import logging
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ekino.kernel.errors import (
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
from ekino.ui.security import PAGE_HEADERS
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


def problem_of(error: EkinoError) -> Response:
    """Turn one of our errors into its answer."""
    code, title = next(
        (number, words) for kind, number, words in _STATES if isinstance(error, kind)
    )
    headers = {}
    if isinstance(error, Pushback):
        headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, NotAuthenticated):
        headers["WWW-Authenticate"] = 'Signature label="ekino", tag="ekino-ingest"'
    return _problem(
        code,
        title,
        error.code,
        error.detail,
        [
            {
                "pointer": each.pointer,
                "code": each.code,
                "detail": each.detail,
                "fix": each.fix,
            }
            for each in error.problems
        ],
        headers,
    )


def _problem(
    code: int,
    title: str,
    name: str,
    detail: str,
    errors: list[dict[str, str]],
    headers: dict[str, str],
) -> Response:
    body = {
        "type": f"/problems/{name}",
        "title": title,
        "status": code,
        "detail": detail,
        "code": name,
        "errors": errors,
        "server_time": to_text(now()),
    }
    return Response(
        msgspec.json.encode(body),
        status_code=code,
        media_type=MEDIA_TYPE,
        headers=headers,
    )


def on_ekino_error(request: Request, error: Exception) -> Response:
    """Answer one of our own errors."""
    if not isinstance(error, EkinoError):
        return on_anything(request, error)
    if not isinstance(error, Refused | Pushback):
        _LOG.error("%s %s: %s", request.method, request.url.path, error.detail)
    return as_page(request, problem_of(error), error.code)


_WORDS = {404: "not_found", 405: "method_not_allowed"}


def on_http_exception(request: Request, error: Exception) -> Response:
    """Answer what the router refuses: no such address, no such method."""
    if not isinstance(error, HTTPException):
        raise error
    name = _WORDS.get(error.status_code, "refused")
    answer = _problem(
        error.status_code,
        error.detail,
        name,
        error.detail,
        [],
        dict(error.headers or {}),
    )
    return as_page(request, answer, name)


def on_anything(request: Request, error: Exception) -> Response:
    """Answer what nobody expected, without telling the world how we are built."""
    _LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
    words = "Something of ours is broken."
    # This answer passes no middleware of ours, so it brings its headers itself.
    answer = _problem(500, "Our fault", "broken", words, [], dict(PAGE_HEADERS))
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
