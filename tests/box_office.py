"""A register with one till, a clock to turn, and a follower that runs when it is told to."""

import threading
from datetime import timedelta
from typing import Any

from ekino.db.database import Database
from ekino.ingest.model import Answer
from ekino.ingest.writer import Writer
from ekino.verify import service
from ekino.verify.service.check import Checker
from ekino_till import token_text
from factories import EVENING, a_batch, a_catalog, a_vendor, a_waiting
from tickets import APrinter, a_printer


class Evening:
    """The writer, the follower and the checker by one clock."""

    def __init__(self, db: Database) -> None:
        a_catalog(db)
        self.db = db
        self.vendor = a_vendor(db)
        self.printer: APrinter = a_printer(db)
        self.at = EVENING
        self.writer = Writer(db, clock=lambda: self.at)
        self.checker = Checker(db, clock=lambda: self.at)

    def send(self, *events: dict[str, Any]) -> Answer:
        body = a_batch(*events)
        answers: list[Any] = []
        come = threading.Event()

        def answer(value: object) -> None:
            answers.append(value)
            come.set()

        self.writer.put(a_waiting(self.vendor, body, answer, at=self.at))
        assert come.wait(20)
        assert isinstance(answers[0], Answer), answers[0]
        assert not answers[0].problems
        return answers[0]

    def read(self) -> None:
        while service.follow(self.db, clock=lambda: self.at):
            pass

    def wait(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def check(self, token: bytes) -> service.Checked:
        return self.checker.check(token_text(token))
