"""Who is signed in: a cookie becomes a person, for the addresses of people and no others."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from ekino.access.pages.cookies import Cookies
from ekino.access.service import FORM_TOKEN, PERSON
from ekino.access.service.sign_in import form_token_of, resume
from ekino.db.database import Database
from ekino.kernel.errors import EkinoError, Malformed
from ekino.kernel.moments import now
from ekino.web import problems
from ekino.web.identity import request_id_of

# Addresses of machines, and of whoever holds a ticket: nobody is looked up for them.
NOBODY_ASKED = (
    "/v1/batches",
    "/static/",
    "/log/",
    "/t/",
    "/T/",
    "/live",
    "/keys",
    "/health",
    "/metrics",
    "/openapi.json",
)
# Forms that are filled in before anybody is signed in; their token is the step cookie's.
FORMS_BEFORE = ("/sign-in", "/invitation/")

_NUL = Malformed("an address of ours holds no NUL", code="address_malformed")


class People:
    """Puts the person who is signed in into a request's scope."""

    def __init__(self, app: ASGIApp, *, db: Database, cookies: Cookies) -> None:
        """Wrap an application."""
        self._app = app
        self._db = db
        self._cookies = cookies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, once it can know who asks."""
        if scope["type"] != "http" or scope["path"].startswith(NOBODY_ASKED):
            await self._app(scope, receive, send)
            return
        has_nul = b"%00" in scope["query_string"] or "\0" in scope["path"]
        if has_nul and not scope["path"].startswith("/v1/"):
            # PostgreSQL's texts hold no NUL, so nothing of ours is named with one; the API says
            # so itself, field by field.
            await problems.problem_of(_NUL, request_id_of(scope))(scope, receive, send)
            return
        request = HTTPConnection(scope)
        if scope["path"].startswith(FORMS_BEFORE):
            # Without a cookie no form fits: the token of nothing is nobody's.
            step = self._cookies.step(request)
            scope[FORM_TOKEN] = form_token_of(step) if step else ""
        cookie = self._cookies.sign_in(request)
        if cookie:
            try:
                scope[PERSON] = await run_in_threadpool(
                    lambda: resume(self._db, cookie, at=now())
                )
            except EkinoError as error:
                answer = problems.problem_of(error, request_id_of(scope))
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)
