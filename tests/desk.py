"""A desk: a writer whose clock stands still, and a vendor who waits for each answer."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ekino.db.database import Database
from ekino.ingest.model import Answer
from ekino.ingest.sales import Contents, open_batch
from ekino.ingest.writer import Writer
from ekino.kernel.errors import EkinoError
from factories import (
    EVENING,
    Vendor,
    a_batch,
    a_catalog,
    a_vendor,
    a_waiting,
)


class Desk:
    """A writer whose clock stands still, and a vendor who waits for each answer."""

    def __init__(
        self, db: Database, open_body: Callable[[bytes], Contents] = open_batch
    ) -> None:
        a_catalog(db)
        self.open_body = open_body
        self.db = db
        self.vendor = a_vendor(db)
        self.writer = Writer(db, clock=lambda: EVENING)

    def raw(self, body: bytes, vendor: Vendor | None = None) -> Answer | EkinoError:
        """Send one body and give what came back."""
        answers: list[Answer | EkinoError] = []
        come = threading.Event()

        def answer(value: Answer | EkinoError) -> None:
            answers.append(value)
            come.set()

        waiting = a_waiting((vendor or self.vendor), body, answer)
        self.writer.put(replace(waiting, contents=self.open_body(body)))
        assert come.wait(20)
        return answers[0]

    def send(self, *events: dict[str, Any], vendor: Vendor | None = None) -> Answer:
        """Send events and give the answer."""
        answer = self.raw(a_batch(*events), vendor)
        assert isinstance(answer, Answer), answer
        return answer
