"""The test register: the same application over a database of its own, for keys that begin so."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ekino.db.database import Database
from ekino.ingest.api import BODY
from ekino.kernel.errors import EkinoError, NotFound, Pushback, Refused
from ekino.web import problems
from ekino.web.identity import request_id_of
from ekino.workbench.service.recorder import Recorder

_LOG = logging.getLogger("ekino.web")
# How whoever signs nothing says which register is meant.
HEADER = b"ekino-register"
COOKIE = b"ekino-register=test"
_SIGNED_BY_TEST = b'keyid="test.'
# Addresses that are never the test register's, whatever a reader has chosen: people, their
# accounts and their rooms are of the live one, and programs say by their key which they mean.
NEVER_OF_TEST = (
    "/v1/", "/dev", "/static/", "/register/", "/sign-", "/invitation/", "/account", "/admin",
    "/gov", "/cinema", "/vendor", "/distributor", "/producer", "/office", "/openapi.json",
    "/asyncapi.json", "/schemas/", "/docs", "/api",
    "/vectors/", "/collection/", "/confirm/", "/problems", "/cert", "/components", "/status",
    "/health", "/metrics",
)  # fmt: skip
# It takes a moment to open; whoever comes before is asked to come again.
RETRY_AFTER_S = 2

# Opens the database of the test register.
Opener = Callable[[], AbstractContextManager[Database]]
# Builds its application, and gives it with what must be stopped at the end.
Build = Callable[[Database, Recorder], tuple[ASGIApp, Callable[[], None]]]


class TestRegister:
    """
    Answers whatever belongs to the test register.

    It opens in a thread of its own, so that nobody waits for it at the start. No part of it
    ever holds the live database, and no part of the live register this one.
    """

    __test__ = False

    def __init__(self, opener: Opener, build: Build) -> None:
        """Take how its database is opened and its application built; `start` begins."""
        self._opener = opener
        self._build = build
        self._closing = ExitStack()
        self._thread: threading.Thread | None = None
        self._app: ASGIApp | None = None
        # Nothing to wait for where there is none.
        self._refusal: EkinoError | None = (
            NotFound("there is no test register here", code="test_mode_off")
            if opener is no_test_register
            else None
        )
        # None until it is open.
        self.db: Database | None = None
        self.recorder: Recorder | None = None
        self.is_open = threading.Event()

    def start(self) -> None:
        """Begin to open."""
        self._thread = threading.Thread(
            target=self._open, name="test-register", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Close what is open."""
        if self._thread is not None:
            self._thread.join()
        self._closing.close()

    def _open(self) -> None:
        try:
            db = self._closing.enter_context(self._opener())
            recorder = Recorder(db)
            recorder.start()
            self._closing.callback(recorder.stop)
            app, stop = self._build(db, recorder)
            self._closing.callback(stop)
        except EkinoError as error:
            self._refusal = error
            if error.code != "test_mode_off":
                _LOG.warning("there is no test register: %s", error.detail)
        except Exception:
            self._refusal = NotFound(
                "the test register does not open", code="test_mode_off"
            )
            _LOG.exception("there is no test register")
        else:
            self.db, self.recorder, self._app = db, recorder, app
        self.is_open.set()

    def wait(self, seconds: float) -> Database:
        """Give its database, waiting so long for it to open."""
        self.is_open.wait(seconds)
        if self.db is None:
            raise self._why_not()
        return self.db

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that belongs here."""
        if self._app is None:
            await refuse(self._why_not(), scope, receive, send)
            return
        # A batch's body was read already, by whoever read its key.
        body = scope.pop(BODY, None)
        await self._app(scope, receive if body is None else _again(body, receive), send)

    def _why_not(self) -> EkinoError:
        if self._refusal is not None:
            return NotFound(self._refusal.detail, code="test_mode_off")
        return Pushback(
            "the test register is about to open",
            retry_after_s=RETRY_AFTER_S,
            code="test_register_opens",
        )


@contextmanager
def no_test_register() -> Iterator[Database]:
    """Open nothing: there is no test register here."""
    detail = "there is no test register here"
    raise Refused(detail, code="test_mode_off")
    yield


def choice_routes() -> list[Route]:
    """Give the address by which a reader chooses whose public pages to look at."""

    def choose(request: Request) -> Response:
        """Show the test register's public pages to this reader from now on, or the live one's."""
        name = request.path_params["name"]
        if name not in ("live", "test"):
            raise NotFound("there is no such register", code="register_not_found")
        answer = RedirectResponse(
            "/", status_code=303, headers={"Cache-Control": "no-store"}
        )
        if name == "test":
            answer.set_cookie("ekino-register", "test", httponly=True, samesite="lax")
        else:
            answer.delete_cookie("ekino-register")
        return answer

    return [Route("/register/{name}", choose, methods=["GET"])]


async def refuse(error: EkinoError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with one of our errors."""
    await problems.problem_of(error, request_id_of(scope))(scope, receive, send)


def _again(body: bytes, receive: Receive) -> Receive:
    """Give a body once more, and then whatever else the client does."""
    told = False

    async def receive_again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


def is_of_test(scope: Scope) -> bool:
    """Say whether a request belongs to the test register: by its key, or by its reader's choice."""
    is_chosen = False
    for name, value in scope["headers"]:
        if name == b"signature-input":
            # Whoever signs has said which register is meant, and nothing else counts.
            return _SIGNED_BY_TEST in value
        if name == HEADER:
            is_chosen = value.strip().lower() == b"test"
        elif name == b"cookie" and COOKIE in value:
            is_chosen = is_chosen or not scope["path"].startswith(NEVER_OF_TEST)
    return is_chosen


class Registers:
    """Hands each request to the register it belongs to."""

    def __init__(self, app: ASGIApp, *, test: TestRegister) -> None:
        """Wrap the live register's application."""
        self._app = app
        self._test = test

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the register that is meant."""
        if scope["type"] == "http" and is_of_test(scope):
            await self._test(scope, receive, send)
            return
        await self._app(scope, receive, send)
