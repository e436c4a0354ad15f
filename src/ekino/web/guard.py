"""The guard at an address: nobody signed in, or nobody who may, and the page is not asked."""

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from ekino.access.model.permissions import Permission
from ekino.access.service import FORM_TOKEN, person_of
from ekino.kernel.errors import NotAllowed, NotAuthenticated
from ekino.web.forms import reads_forms, verify_own

_ASKING = frozenset({"GET", "HEAD"})
# How a script of ours carries what a form carries in a field.
TOKEN_HEADER = "x-ekino-form"


def guarded(route: Route, permission: Permission) -> Route:
    """Give the same route, entered only by a person who may."""
    inner: Any = route.endpoint

    async def endpoint(request: Request) -> Response:
        person = person_of(request.scope)
        if person is None:
            return _to_sign_in(request)
        if not person.may(permission):
            detail = f"nothing that was granted to you permits {permission.value}"
            raise NotAllowed(detail, code="not_permitted")
        # Whatever changes something must come from a page of this person's: `form` looks once
        # it has read the fields, and for every other endpoint the header is looked at here.
        request.scope[FORM_TOKEN] = person.form_token
        if request.method not in _ASKING and not reads_forms(inner):
            verify_own(request, request.headers.get(TOKEN_HEADER, ""))
        return await _answer(inner, request)

    return Route(
        route.path,
        endpoint,
        methods=sorted((route.methods or set()) - {"HEAD"}),
        name=route.name,
    )


async def _answer(
    inner: Callable[[Request], Response | Awaitable[Response]] | ASGIApp, request: Request
) -> Response:
    if iscoroutinefunction(inner):
        answer: Response = await inner(request)
        return answer
    return await run_in_threadpool(inner, request)  # type: ignore[arg-type]


def _to_sign_in(request: Request) -> Response:
    """Send a reader to sign in and back; tell a program that nobody is signed in."""
    if request.method != "GET" or "text/html" not in request.headers.get("accept", ""):
        raise NotAuthenticated("sign in first", code="not_signed_in")
    place = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/sign-in?next={quote(place, safe='')}", status_code=303)
