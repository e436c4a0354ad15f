"""The faults that a batch meets while its key goes through a certification's test."""

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ekino.access.service import Keyring, fits, learn
from ekino.certification.model.plan import Fault
from ekino.certification.model.rules.burst import RETRY_AFTER_S
from ekino.certification.service import fault_for
from ekino.db.database import Database
from ekino.ingest.api import CLAIM, PATH, read_body
from ekino.ingest.model import BODY_BYTES_MAX
from ekino.kernel.errors import Broken, EkinoError, Pushback, Quota, TooOften
from ekino.kernel.moments import now
from ekino.web import problems

if TYPE_CHECKING:
    from ekino.access.signature import SignedRequest

# What a register that is away, or stumbles, asks for.
_AWAY_AGAIN_S = 1


class Certifying:
    """Answers a test register's batches as it does, or as a test wants it for once."""

    def __init__(self, app: ASGIApp, db: Database, keyring: Keyring) -> None:
        """Wrap the register of this database, whose keys `keyring` knows."""
        self._app = app
        self._db = db
        self._keyring = keyring

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        fault = await run_in_threadpool(self._fault_of, scope)
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

    def _fault_of(self, scope: Scope) -> Fault | None:
        """
        Give the fault that a batch is to meet, which is used up by that; None: none.

        Only a batch that the key's holder signed meets any: names of keys are no secret, and a
        stranger would use up what somebody's certification waits for. The door has read the
        signature and laid it beside the body.
        """
        claim: SignedRequest | None = scope.get(CLAIM)
        if claim is None or (scope["method"], scope["path"]) != ("POST", PATH):
            return None
        # What was enrolled just now has been asked of nobody.
        learn(self._keyring, claim.key_id)
        if not fits(self._keyring, claim):
            return None
        return fault_for(self._db, claim.key_id, at=now())


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
