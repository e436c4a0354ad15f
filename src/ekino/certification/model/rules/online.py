"""Online sale: its channel, the fee apart from the price, a reservation that lapses."""

from ekino.certification.model.scene import (
    WAITING,
    Ruling,
    Scene,
    failed,
    passed,
    trouble,
    warned,
)
from ekino.certification.model.tasks import FEE_MINOR, marker_of, price_of

_ONLINE = frozenset({"web", "app"})


def web_sale(scene: Scene) -> Ruling:
    """Rule that a ticket bought online says so."""
    if (found := trouble(scene)) is not None:
        return found
    for each in scene.sales(price_of(scene.test)):
        channel = each.event.get("sales_channel")
        if channel not in _ONLINE:
            return failed(each, f"sales_channel is {channel!r}")
        if each.is_entered:
            return passed(each, f"sales_channel is {channel!r}")
    return WAITING


def fee_apart(scene: Scene) -> Ruling:
    """Rule that the service fee stands beside the price and not in it."""
    if (found := trouble(scene)) is not None:
        return found
    price = price_of(scene.test)
    for each in scene.sales(price + FEE_MINOR):
        return failed(each, f"price_minor is {price + FEE_MINOR}: the fee is in it")
    for each in scene.sales(price):
        fee = each.event.get("fee_minor", 0)
        if fee != FEE_MINOR:
            return failed(each, f"fee_minor is {fee}, not {FEE_MINOR}")
        if each.is_entered:
            return passed(each, f"price_minor is {price}, fee_minor {fee}")
    return WAITING


def reservation_lapses(scene: Scene) -> Ruling:
    """Rule that a reservation that nobody paid for is never a sale."""
    if (found := trouble(scene)) is not None:
        return found
    reserved = scene.sales(price_of(scene.test))
    for each in reserved:
        voided = any(
            later.event.get("kind") == "voided"
            for later in scene.about(each.event.get("ticket"))
        )
        if not voided:
            return failed(each, "the reservation was reported as a sale")
    for each in scene.sales(marker_of(scene.test)):
        if not each.is_entered:
            continue
        if reserved:
            return warned(each, "the reservation was reported as a sale and voided")
        return passed(each, "the lapsed reservation was not reported")
    return WAITING
