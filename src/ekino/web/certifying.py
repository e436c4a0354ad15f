"""The faults that a batch meets while its key goes through a certification's test."""

import re
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ekino.certification.model.plan import Fault
from ekino.certification.model.rules.burst import RETRY_AFTER_S
from ekino.ingest.api import PATH, read_body
from ekino.ingest.model import BODY_BYTES_MAX
from ekino.kernel.errors import Broken, EkinoError, Pushback, Quota, TooOften
from ekino.web import problems

_KEY_ID = re.compile(rb';keyid="([!#-\[\]-~]{1,128})"')
# What a register that is away, or stumbles, asks for.
_AWAY_AGAIN_S = 1
# Gives what a batch of a key is to meet.
FaultFor = Callable[[str], Fault | None]


class Certifying:
    """Answers a test register's batches as it does, or as a test wants it for once."""

    def __init__(self, app: ASGIApp, fault_for: FaultFor) -> None:
        """Wrap the register."""
        self._app = app
        self._fault_for = fault_for

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        key_id = _key_of(scope)
        fault = await run_in_threadpool(self._fault_for, key_id) if key_id else None
        if fault is None:
            await self._app(scope, receive, send)
        elif fault is Fault.LOST_ANSWER:
            await self._app(scope, receive, _swallow)
            await _break_off(send)
        else:
            # Read all the same: what was sent is what the test is judged by.
            await read_body(receive, bytes_max=BODY_BYTES_MAX)
            answer = problems.problem_of(_error_of(fault))
            await answer(scope, receive, send)


def _key_of(scope: Scope) -> str:
    """Give the key that a batch says it is signed with; "" for whatever is no batch."""
    if scope["type"] != "http" or (scope["method"], scope["path"]) != ("POST", PATH):
        return ""
    for name, value in scope["headers"]:
        if name == b"signature-input" and (found := _KEY_ID.search(value)):
            return found[1].decode("ascii", "replace")
    return ""


def _error_of(fault: Fault) -> EkinoError:
    match fault:
        case Fault.LIMIT:
            words = "the limit is reached, as this test wants it"
            return TooOften(
                words,
                retry_after_s=RETRY_AFTER_S,
                quota=Quota("certification", 1, RETRY_AFTER_S),
                code="certification_limit",
            )
        case Fault.FAILURE:
            words = "something of ours fails, as this test wants it"
            return Broken(words, code="certification_failure")
        case _:
            words = "the register is away, as this test wants it"
            return Pushback(words, retry_after_s=_AWAY_AGAIN_S, code="certification_away")


async def _swallow(_message: Message) -> None:
    """Let an answer go nowhere."""


async def _break_off(send: Send) -> None:
    """Begin an answer and end before its first byte: the server closes the connection."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"1000000")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
