"""The front's waiting room: a place is taken until the writer is done, and nothing lingers."""

import asyncio
import gc
import weakref
from typing import Any

import pytest

from ekino.ingest import service
from ekino.ingest.group import Waiting
from ekino.ingest.model import RETRY_AFTER_S
from ekino.ingest.service import Front
from ekino.kernel.errors import Pushback
from factories import EVENING, a_batch, a_sale


class FakeKeyring:
    """Knows every key."""

    def remembered(self, key_id: str) -> bool:
        return bool(key_id)

    def verify(self, request: Any, *, now: Any) -> None:
        assert now == EVENING, request


class FakeRequest:
    """A signed request of which nobody asks but the key."""

    key_id = "vendor/1"


class FakeWriter:
    """Holds what it is given until it is told to answer."""

    def __init__(self) -> None:
        self.held: list[Waiting] = []

    def put(self, waiting: Waiting) -> None:
        self.held.append(waiting)

    def refuse_all(self) -> None:
        for waiting in self.held:
            waiting.answer(Pushback("away", retry_after_s=RETRY_AFTER_S))
        self.held.clear()


def a_front() -> tuple[Front, FakeWriter]:
    front = Front(None, clock=lambda: EVENING)  # type: ignore[arg-type]
    writer = FakeWriter()
    front.keyring = FakeKeyring()  # type: ignore[assignment]
    front._writer = writer  # type: ignore[assignment]
    return front, writer


BODY = a_batch(a_sale(1), a_sale(2))


def test_who_has_stopped_waiting_still_takes_a_place_until_the_writer_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(service, "ANSWER_WAIT_MAX_S", 0)
    monkeypatch.setattr(service, "WAITING_BATCHES_MAX", 1)

    async def run() -> None:
        front, writer = a_front()
        with pytest.raises(Pushback) as late:
            await front.submit(FakeRequest(), BODY)  # type: ignore[arg-type]
        assert late.value.code == "answer_late"
        assert (front.waiting_batches, front.waiting_events) == (1, 2)

        with pytest.raises(Pushback) as full:
            await front.submit(FakeRequest(), BODY)  # type: ignore[arg-type]
        assert full.value.code == "too_many_waiting"

        writer.refuse_all()
        await asyncio.sleep(0.01)
        assert (front.waiting_batches, front.waiting_events) == (0, 0)

    asyncio.run(run())


def test_a_refused_batch_is_gone_without_a_collection_of_garbage() -> None:
    async def run() -> None:
        front, writer = a_front()
        gc.disable()
        try:
            sending = asyncio.ensure_future(
                front.submit(FakeRequest(), BODY)  # type: ignore[arg-type]
            )
            await asyncio.sleep(0)
            contents = weakref.ref(writer.held[0].contents)
            writer.refuse_all()
            with pytest.raises(Pushback):
                await sending
            del sending
            assert contents() is None
        finally:
            gc.enable()

    asyncio.run(run())
