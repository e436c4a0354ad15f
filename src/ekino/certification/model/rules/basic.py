"""Basic sale: one ticket, every field, a batch, the same again, its own times and numbers."""

import itertools
from datetime import timedelta

from ekino.certification.model.scene import (
    WAITING,
    Ruling,
    Scene,
    Sent,
    failed,
    passed,
    sent,
    trouble,
    warned,
)
from ekino.certification.model.tasks import BATCH_TICKETS, ROW, SEAT, price_of

# A sale is sent within this time of when it happened, in tests that do not delay it.
_AGE_MAX = timedelta(minutes=5)
_AHEAD_MAX = timedelta(seconds=60)


def one_ticket(scene: Scene) -> Ruling:
    """Rule that a sale in the showing asked for comes at the price asked for, in minor units."""
    price = price_of(scene.test)
    if (found := trouble(scene)) is not None:
        return found
    for each in scene.sent():
        if each.event.get("kind") != "sold":
            continue
        said = each.event.get("price_minor")
        if said != price:
            return failed(each, f"price_minor is {said}; {price} was asked for")
        if each.event.get("showing") != scene.stage.showing:
            return failed(each, f"showing is {each.event.get('showing')!r}")
        if each.is_entered:
            return passed(each, f"one sale of {price} minor units is entered")
    return WAITING


def all_fields(scene: Scene) -> Ruling:
    """Rule that a sale names its seat and payment, and had better name its till and operator."""
    if (found := trouble(scene)) is not None:
        return found
    for each in scene.sales(price_of(scene.test)):
        told = {"row": ROW, "seat": SEAT, "payment": "card"}
        wrong = [
            f"{name} is {each.event.get(name, '')!r}, not {value!r}"
            for name, value in told.items()
            if each.event.get(name) != value
        ]
        if wrong:
            return failed(each, "; ".join(wrong))
        if not each.is_entered:
            continue
        absent = [name for name in ("till", "operator") if not each.event.get(name)]
        if absent:
            return warned(each, f"the sale does not name its {' and '.join(absent)}")
        return passed(each, "seat, payment, till and operator are named")
    return WAITING


def batch(scene: Scene) -> Ruling:
    """Rule that tickets sold together come as so many tickets, in one batch if possible."""
    if (found := trouble(scene)) is not None:
        return found
    sales = scene.sales(price_of(scene.test))
    tickets = {each.event.get("ticket") for each in sales if each.is_entered}
    if len(tickets) > BATCH_TICKETS:
        return failed(sales[-1], f"{len(tickets)} tickets came; {BATCH_TICKETS} were sold")
    if len(tickets) < BATCH_TICKETS:
        return WAITING
    batches = len({each.attempt.request_id for each in sales})
    if batches > 1:
        return warned(sales[-1], f"{BATCH_TICKETS} tickets came in {batches} requests")
    return passed(sales[-1], f"{BATCH_TICKETS} tickets came in one batch")


def same_batch_twice(scene: Scene) -> Ruling:
    """Rule that a batch sent again is the same bytes, which the register knows again."""
    first: Sent | None = None
    for each in scene.sales(price_of(scene.test)):
        if first is None:
            first = each if each.is_entered else None
            continue
        if each.event.get("ticket") != first.event.get("ticket"):
            return failed(each, "the sale was sent again as another ticket")
        if each.attempt.body_sha256 != first.attempt.body_sha256:
            return failed(each, "the batch was sent again in other bytes")
        if each.outcome == "already_entered":
            return passed(each, "the same bytes came again and were known")
    return trouble(scene) or WAITING


def own_times(scene: Scene) -> Ruling:
    """Rule that each event so far says when it happened, to a few minutes of when it came."""
    seen: set[tuple[object, object]] = set()
    last: Sent | None = None
    for each in sent(scene.before):
        name = (each.event.get("ticket"), each.event.get("kind"))
        moment = each.happened_at
        if name in seen:
            continue
        seen.add(name)
        last = each
        if moment is None:
            return failed(each, f"happened_at is {each.event.get('happened_at')!r}")
        if not -_AHEAD_MAX <= each.attempt.at - moment <= _AGE_MAX:
            away = int((each.attempt.at - moment).total_seconds())
            detail = f"happened_at is {away} s before the event came: a zone may be wrong"
            return failed(each, detail)
    if last is None:
        return WAITING
    return passed(last, f"{len(seen)} events say when they happened")


def numbering(scene: Scene) -> Ruling:
    """Rule that the numbers of a key go up by one and are never used for two events."""
    named: dict[object, tuple[object, object]] = {}
    last: Sent | None = None
    for each in sent(scene.before):
        number = each.event.get("sequence")
        name = (
            each.event.get("ticket") or each.event.get("showing"),
            each.event.get("kind"),
        )
        if named.setdefault(number, name) != name:
            return failed(each, f"sequence {number} stands for two events")
        last = each
    numbers = sorted(number for number in named if isinstance(number, int))
    if last is None or not numbers:
        return WAITING
    missing = numbers[-1] - numbers[0] + 1 - len(numbers)
    if missing:
        first = next(
            before + 1
            for before, after in itertools.pairwise(numbers)
            if after != before + 1
        )
        return failed(last, f"{missing} numbers are missing, the first is {first}")
    return passed(last, f"{numbers[0]} to {numbers[-1]} without a gap")
