"""The front's waiting room: bounded, asynchronous, and honest about being full."""

import asyncio

from ekino.access.service import Keyring
from ekino.access.signature import SignedRequest
from ekino.db.database import Database
from ekino.ingest.model import (
    ANSWER_WAIT_MAX_S,
    RETRY_AFTER_S,
    WAITING_BATCHES_MAX,
    WAITING_EVENTS_MAX,
    Answer,
)
from ekino.ingest.wire import decode_batch
from ekino.ingest.writer import Waiting, Writer
from ekino.kernel.errors import EkinoError, Pushback
from ekino.kernel.moments import Clock, now


class Front:
    """Takes signed batches from the web and waits for the writer's answers."""

    def __init__(self, db: Database, *, clock: Clock = now) -> None:
        """Take the database; `start` begins."""
        self.keyring = Keyring(db)
        self._clock = clock
        self._writer = Writer(db, clock=clock)
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
        events = decode_batch(body)
        if (
            self.waiting_batches >= WAITING_BATCHES_MAX
            or self.waiting_events + len(events) > WAITING_EVENTS_MAX
        ):
            detail = f"{self.waiting_batches} batches wait already"
            raise Pushback(detail, retry_after_s=RETRY_AFTER_S, code="too_many_waiting")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer | EkinoError] = loop.create_future()

        def answer(value: Answer | EkinoError) -> None:
            loop.call_soon_threadsafe(_settle, future, value)

        self.waiting_batches += 1
        self.waiting_events += len(events)
        try:
            self._writer.put(
                Waiting(request=request, body=body, events=events, answer=answer)
            )
            outcome = await asyncio.wait_for(future, ANSWER_WAIT_MAX_S)
        except TimeoutError as error:
            detail = "the batch still waits; sending it again is safe"
            raise Pushback(
                detail, retry_after_s=RETRY_AFTER_S, code="answer_late"
            ) from error
        finally:
            self.waiting_batches -= 1
            self.waiting_events -= len(events)
        if isinstance(outcome, EkinoError):
            raise outcome
        return outcome


def _settle(
    future: "asyncio.Future[Answer | EkinoError]", value: Answer | EkinoError
) -> None:
    if not future.done():
        future.set_result(value)
