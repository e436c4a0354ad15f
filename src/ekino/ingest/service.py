"""The front's waiting room: bounded, asynchronous, and honest about being full."""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial

from ekino.access.service import Keyring
from ekino.access.signature import SignedRequest
from ekino.db.database import Database
from ekino.ingest.group import Waiting
from ekino.ingest.model import (
    ANSWER_WAIT_MAX_S,
    RETRY_AFTER_S,
    WAITING_BATCHES_MAX,
    WAITING_EVENTS_MAX,
    Answer,
)
from ekino.ingest.sales import Contents, open_batch
from ekino.ingest.writer import Writer
from ekino.kernel.errors import EkinoError, Pushback
from ekino.kernel.moments import Clock, now

_Promise = asyncio.Future[Answer | EkinoError]


class Front:
    """Takes signed batches from the web and waits for the writer's answers."""

    def __init__(
        self,
        db: Database,
        *,
        clock: Clock = now,
        open_body: Callable[[bytes], Contents] = open_batch,
    ) -> None:
        """Take the database and what reads a body; `start` begins."""
        self._open_body = open_body
        self.keyring = Keyring(db)
        self._clock = clock
        self._writer = Writer(db, clock=clock)
        self._answers = _Answers(self._leave)
        self.waiting_batches = 0
        self.waiting_events = 0

    def start(self) -> None:
        """Begin to enter batches."""
        self._writer.start()

    def stop(self) -> None:
        """Enter what waits, then end."""
        self._writer.stop()

    async def submit(self, request: SignedRequest, body: bytes) -> Answer:
        """
        Enter a batch and give the answer, after the commit.

        `body` is decoded from its content encoding; the signature was over what was sent.
        Raises `NotAuthenticated` or `Malformed` for the batch as a whole, and `Pushback` when
        too much waits already or the answer does not come in time.
        """
        if not self.keyring.remembered(request.key_id):
            await asyncio.to_thread(self.keyring.recall, request.key_id)
        self.keyring.verify(request, now=self._clock())
        contents = self._open_body(body)
        if (
            self.waiting_batches >= WAITING_BATCHES_MAX
            or self.waiting_events + contents.count > WAITING_EVENTS_MAX
        ):
            detail = f"{self.waiting_batches} batches wait already"
            raise Pushback(detail, retry_after_s=RETRY_AFTER_S, code="too_many_waiting")
        promise = self._answers.promise()
        self.waiting_batches += 1
        self.waiting_events += contents.count
        self._writer.put(
            Waiting(
                request=request,
                contents=contents,
                answer=partial(self._answers.settle, promise, contents.count),
            )
        )
        outcome = await promise
        if isinstance(outcome, EkinoError):
            try:
                raise outcome
            finally:
                # The error holds this frame, and the frame the batch: without the names they
                # go at once, and not when somebody next looks for cycles.
                del outcome, promise, contents, body
        return outcome

    def _leave(self, events: int) -> None:
        """Give a batch's place back: when the writer is done with it, whoever still waits."""
        self.waiting_batches -= 1
        self.waiting_events -= events


class _Answers:
    """
    Brings answers from the writer's thread to the loop, a group at a time.

    Waking the loop costs more than an answer, so it is woken once for all that are settled by
    the time it looks; and one clock watches over all that wait, not one for each.
    """

    def __init__(self, leave: Callable[[int], None]) -> None:
        self._leave = leave
        self._settled: deque[tuple[_Promise, int, Answer | EkinoError]] = deque()
        self._is_woken = False
        # In the order in which they run out of time.
        self._pending: deque[tuple[float, _Promise]] = deque()
        self._watch: asyncio.TimerHandle | None = None

    def promise(self) -> _Promise:
        """Give a future that is settled in ANSWER_WAIT_MAX_S at the latest."""
        loop = asyncio.get_running_loop()
        promise: _Promise = loop.create_future()
        self._pending.append((loop.time() + ANSWER_WAIT_MAX_S, promise))
        if self._watch is None:
            self._watch = loop.call_later(1, self._look, loop)
        return promise

    def settle(self, promise: _Promise, events: int, value: Answer | EkinoError) -> None:
        """Settle the promise of a batch of so many events, from any thread."""
        self._settled.append((promise, events, value))
        if not self._is_woken:
            self._is_woken = True
            promise.get_loop().call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        # Before the look: what is settled after it wakes the loop again.
        self._is_woken = False
        while self._settled:
            promise, events, value = self._settled.popleft()
            self._leave(events)
            if not promise.done():
                promise.set_result(value)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Answer those whose time has run out, and forget those who were answered."""
        moment = loop.time()
        while self._pending and (
            self._pending[0][0] <= moment or self._pending[0][1].done()
        ):
            _, promise = self._pending.popleft()
            if not promise.done():
                promise.set_result(
                    Pushback(
                        "the batch still waits; sending it again is safe",
                        retry_after_s=RETRY_AFTER_S,
                        code="answer_late",
                    )
                )
        self._watch = loop.call_later(1, self._look, loop) if self._pending else None
