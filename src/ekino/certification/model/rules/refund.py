"""Refund and correction: before and after the start, with a reason, and nothing edited."""

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
from ekino.certification.model.tasks import CORRECTED_BY_MINOR, price_of

_EDITED = "identity_used_for_another_event"


def refund_before(scene: Scene) -> Ruling:
    """Rule that a refund is an event of its own, of the sold ticket and of what it cost."""
    if (found := trouble(scene)) is not None:
        return found
    for sale in scene.sales(price_of(scene.test)):
        for each in scene.about(sale.event.get("ticket")):
            if (ruling := _refunded(each, price_of(scene.test))) is not None:
                return ruling
    for each in scene.sent():
        if each.event.get("kind") == "refunded" and each.outcome:
            return failed(each, "the refund is of another ticket")
    return WAITING


def _refunded(each: Sent, price: int) -> Ruling | None:
    """Rule on a later event of a ticket that was to be given back; None says nothing yet."""
    kind = each.event.get("kind")
    if kind == "voided":
        return failed(each, "the ticket was voided as if it had never been sold")
    if kind != "refunded":
        return None
    said = each.event.get("price_minor")
    if said != price:
        return failed(each, f"price_minor of the refund is {said}, not {price}")
    if not each.is_entered:
        return None
    if not each.event.get("reason"):
        return warned(each, "the refund names no reason")
    return passed(each, f"{price} minor units were given back")


def refund_after(scene: Scene) -> Ruling:
    """Rule that a refund after the showing began says when it was given."""
    if (found := trouble(scene)) is not None:
        return found
    for each in scene.sent():
        if each.event.get("kind") != "refunded":
            continue
        if each.event.get("showing") != scene.stage.begun:
            return failed(each, f"showing is {each.event.get('showing')!r}")
        moment = each.happened_at
        if moment is None or moment <= scene.stage.begun_at:
            return failed(each, "happened_at of the refund is before the showing began")
        if each.is_entered:
            return passed(each, "the refund says that it was given after the start")
    return WAITING


def correction(scene: Scene) -> Ruling:
    """Rule that wrong figures are put right by a corrected event with a reason."""
    price = price_of(scene.test)
    right = price - CORRECTED_BY_MINOR
    for each in scene.sent():
        if each.outcome == _EDITED:
            return failed(each, "the sale was sent again with other figures")
    if (found := trouble(scene)) is not None:
        return found
    for sale in scene.sales(price):
        for each in scene.about(sale.event.get("ticket")):
            if each.event.get("kind") in {"voided", "refunded"}:
                return failed(each, f"the sale was {each.event.get('kind')} instead")
            if each.event.get("kind") != "corrected":
                continue
            if each.event.get("price_minor") != right:
                said = each.event.get("price_minor")
                return failed(each, f"price_minor is {said}, not {right}")
            if each.is_entered:
                return passed(each, f"corrected to {right}: {each.event.get('reason')}")
    return WAITING


def nothing_edited(scene: Scene) -> Ruling:
    """Rule that nothing that was entered came again as something else."""
    last = None
    for each in sent(scene.before):
        last = each
        if each.outcome == _EDITED:
            return failed(
                each, f"ticket {each.event.get('ticket')!r} came with other fields"
            )
    if last is None:
        return WAITING
    return passed(last, "no event came a second time as another")
