"""Judging ahead: it saves time and decides nothing."""

from typing import Any

import pytest

from desk import Desk
from ekino.access import service as access
from ekino.ingest.group import Judgement, Waiting
from ekino.ingest.model import Answer, Outcome
from ekino.ingest.writer import Writer
from ekino.kernel.errors import EkinoError, NotAuthenticated
from ekino.register import service as register
from factories import (
    EVENING,
    a_batch,
    a_later_event,
    a_sale,
    a_waiting,
)


class Ahead:
    """A writer taken apart: what is judged ahead waits until it is told to be entered."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.answers: list[Answer | EkinoError] = []
        self.writer = Writer(desk.db, clock=lambda: EVENING)
        # One group the usual way, after which catalog, rights and head are remembered.
        self.put(a_sale(1))
        self.writer._head = self.writer._answer(self.writer._take(), None)
        self.answers.clear()

    def put(self, *events: dict[str, Any]) -> None:
        body = a_batch(*events)
        self.writer.put(a_waiting(self.desk.vendor, body, self.answers.append))

    def close(self) -> None:
        assert self.writer._connection is not None
        self.writer._connection.close()

    def judge(self) -> tuple[list[Waiting], Judgement | None]:
        group = self.writer._take()
        return group, self.writer._judge_ahead(group)

    def enter(self, judged: tuple[list[Waiting], Judgement | None]) -> Answer | EkinoError:
        self.writer._answer(*judged)
        return self.answers.pop()


@pytest.fixture
def ahead(desk: Desk) -> Any:
    ahead = Ahead(desk)
    yield ahead
    ahead.close()


def test_what_was_judged_ahead_is_entered_as_it_was_judged(
    ahead: Ahead, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead.put(a_sale(2), a_sale(3))
    judged = ahead.judge()
    assert judged[1] is not None

    def never(*_: object, **__: object) -> None:
        raise AssertionError("judged again")

    monkeypatch.setattr("ekino.ingest.group.judge_within", never)
    answer = ahead.enter(judged)

    assert isinstance(answer, Answer)
    assert answer.positions == [1, 2]


def test_what_was_judged_ahead_is_judged_again_when_somebody_came_between(
    desk: Desk, ahead: Ahead
) -> None:
    ahead.put(a_sale(2), a_sale(3))
    judged = ahead.judge()
    desk.send(a_sale(3))

    answer = ahead.enter(judged)

    assert isinstance(answer, Answer)
    assert answer.outcomes == [Outcome.ENTERED, Outcome.ALREADY_ENTERED]
    assert answer.positions == [2, 1]
    assert register.verify_gapless(desk.db) == 3


def test_a_key_revoked_after_its_batch_was_judged_ahead_enters_nothing(
    desk: Desk, ahead: Ahead
) -> None:
    ahead.put(a_sale(2))
    judged = ahead.judge()
    access.revoke_key(desk.db, desk.vendor.key_id, actor="test")

    answer = ahead.enter(judged)

    assert isinstance(answer, NotAuthenticated)
    assert answer.code == "key_revoked"
    assert register.verify_gapless(desk.db) == 1


@pytest.mark.parametrize(
    "events",
    [
        [a_later_event("voided", 9, 1)],
        [a_sale(2, showing="storm-ru-2")],
        [a_sale(2), {"kind": "nonsense"}],
    ],
    ids=["of an earlier ticket", "of a showing not remembered", "malformed"],
)
def test_what_depends_on_the_register_is_not_judged_ahead(
    ahead: Ahead, events: list[dict[str, Any]]
) -> None:
    ahead.put(*events)
    judged = ahead.judge()

    assert judged[1] is None
    assert isinstance(ahead.enter(judged), Answer)
