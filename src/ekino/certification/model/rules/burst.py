"""Load burst: limits respected, our failures outlived, nothing lost, nothing twice."""

from collections.abc import Callable
from datetime import timedelta

from ekino.certification.model.scene import (
    OK,
    TOO_OFTEN,
    WAITING,
    Attempt,
    Ruling,
    Scene,
    failed,
    passed,
    trouble,
    warned,
)
from ekino.certification.model.tasks import (
    BURST_BATCHES_MAX,
    BURST_TICKETS,
    marker_of,
    price_of,
)

# What the tests' 429 asks for, and how much earlier a till may come: clocks are not one.
RETRY_AFTER_S = 2
_EARLY = timedelta(milliseconds=250)
# While we fail, for FAILURE_S, a till asks so often at most: pauses that grow from a fifth of a
# second come to five or six, without pauses it is hundreds.
FAILURE_BATCHES_MAX = 12
_OURS_FROM = 500


def limit(scene: Scene) -> Ruling:
    """Rule that Retry-After is obeyed, and what was limited comes afterwards."""
    limited = _first(scene, lambda each: each.answer == TOO_OFTEN)
    if limited is None:
        return trouble(scene) or WAITING
    for each in scene.attempts:
        if each.at <= limited.at:
            continue
        waited = each.at - limited.at
        if waited < timedelta(seconds=RETRY_AFTER_S) - _EARLY:
            seconds = waited.total_seconds()
            detail = f"the next batch came after {seconds:.1f} s, not {RETRY_AFTER_S}"
            return failed(each, detail)
    return _comes(scene, "came after Retry-After")


def failure(scene: Scene) -> Ruling:
    """Rule that a failure of ours is outlived: the same bytes come again, after a pause."""
    broken = [each for each in scene.attempts if each.answer >= _OURS_FROM]
    if not broken:
        return trouble(scene) or WAITING
    if len(broken) > FAILURE_BATCHES_MAX:
        seconds = (broken[-1].at - broken[0].at).total_seconds()
        detail = f"{len(broken)} batches came within {seconds:.1f} s of the failure"
        return failed(broken[-1], detail)
    return _comes(scene, "came after the failure")


def lost_answer(scene: Scene) -> Ruling:
    """Rule that a batch whose answer was lost is sent again in the same bytes."""
    if scene.fault_met_at is None:
        return trouble(scene) or WAITING
    sales = scene.sales(price_of(scene.test))
    for each in sales[1:]:
        if each.event.get("ticket") != sales[0].event.get("ticket"):
            return failed(each, "the sale was sent again as another ticket")
        if each.attempt.body_sha256 != sales[0].attempt.body_sha256:
            return failed(each, "the batch was sent again in other bytes")
        if each.is_entered:
            return passed(each, "the same bytes came again and were known")
    return trouble(scene) or WAITING


def burst(scene: Scene) -> Ruling:
    """Rule that a premiere's evening arrives whole, in batches, in spite of a stumble."""
    if (found := trouble(scene)) is not None:
        return found
    sales = scene.sales(price_of(scene.test))
    tickets = {each.event.get("ticket") for each in sales}
    if len(tickets) > BURST_TICKETS:
        return failed(sales[-1], f"{len(tickets)} tickets came; {BURST_TICKETS} were sold")
    batches = len({each.attempt.body_sha256 for each in sales})
    if batches > BURST_BATCHES_MAX:
        return failed(sales[-1], f"{len(tickets)} tickets came in {batches} batches")
    held = {each.event.get("ticket") for each in sales if each.is_entered}
    for each in scene.sales(marker_of(scene.test)):
        if not each.is_entered:
            continue
        if len(held) < BURST_TICKETS:
            return failed(each, f"{BURST_TICKETS - len(held)} tickets never came")
        if scene.fault_met_at is None:
            return warned(each, f"{BURST_TICKETS} tickets came; no batch met the stumble")
        return passed(each, f"{BURST_TICKETS} tickets came in {batches} batches")
    return WAITING


def _first(scene: Scene, fits: Callable[[Attempt], bool]) -> Attempt | None:
    return next((each for each in scene.attempts if fits(each)), None)


def _comes(scene: Scene, words: str) -> Ruling:
    """Pass when the test's sale is entered at last, as one ticket."""
    if (found := trouble(scene)) is not None:
        return found
    sales = scene.sales(price_of(scene.test))
    if len({each.event.get("ticket") for each in sales}) > 1:
        return failed(sales[-1], "the sale was sent again as another ticket")
    for each in sales:
        if each.is_entered and each.attempt.answer == OK:
            return passed(each, f"the sale {words}")
    return WAITING
