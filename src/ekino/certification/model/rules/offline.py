"""Offline backlog: what was sold without a network comes later: all of it, once, in order."""

import itertools

from ekino.certification.model.plan import Test
from ekino.certification.model.scene import WAITING, Ruling, Scene, Sent, failed, passed
from ekino.certification.model.tasks import BACKLOG_TICKETS, marker_of, price_of


def backlog(scene: Scene) -> Ruling:
    """Rule that every ticket arrives when the register is back, and none twice."""
    sales = scene.sales(price_of(scene.test))
    tickets = {each.event.get("ticket") for each in sales}
    if len(tickets) > BACKLOG_TICKETS:
        detail = f"{len(tickets)} tickets came of {BACKLOG_TICKETS}: each try was a new one"
        return failed(sales[-1], detail)
    for attempt in scene.attempts:
        if attempt.is_refused:
            return failed(attempt, f"the batch was refused: {attempt.code}")
    held = {each.event.get("ticket") for each in sales if each.is_entered}
    for each in scene.sales(marker_of(scene.test)):
        if each.is_entered and len(held) < BACKLOG_TICKETS:
            lost = BACKLOG_TICKETS - len(held)
            return failed(each, f"{lost} of {BACKLOG_TICKETS} tickets never came")
        if each.is_entered and scene.fault_met_at is not None:
            return passed(each, f"all {BACKLOG_TICKETS} tickets came, each once")
    return WAITING


def backlog_order(scene: Scene) -> Ruling:
    """Rule that events arrive in the order of their numbers."""
    first: dict[object, Sent] = {}
    for each in _backlog(scene):
        if each.is_entered:
            first.setdefault(each.event.get("sequence"), each)
    if not first:
        return WAITING
    came = list(first)
    for before, after in itertools.pairwise(came):
        if isinstance(before, int) and isinstance(after, int) and after < before:
            return failed(first[after], f"number {after} came after number {before}")
    return passed(first[came[-1]], f"{len(came)} events came in the order of their numbers")


def backlog_times(scene: Scene) -> Ruling:
    """Rule that an event sent again says the same: when it happened, not when it was sent."""
    times: dict[object, object] = {}
    last: Sent | None = None
    for each in _backlog(scene):
        last = each
        said = each.event.get("happened_at")
        name = each.event.get("ticket")
        if times.setdefault(name, said) != said:
            return failed(each, f"happened_at of {name!r} was {times[name]}, now {said}")
    if last is None:
        return WAITING
    return passed(last, "every try told the same times")


def _backlog(scene: Scene) -> list[Sent]:
    """Give the backlog's sales, which came before these tests began."""
    prices = {price_of(Test.BACKLOG), marker_of(Test.BACKLOG)}
    whole = Scene(
        test=scene.test,
        stage=scene.stage,
        began_at=scene.began_at,
        attempts=scene.before,
        before=scene.before,
    )
    return [
        each
        for each in whole.sent()
        if each.event.get("kind") == "sold" and each.event.get("price_minor") in prices
    ]
