"""Time skew: a till whose clock is wrong asks the register's, and recovers."""

from ekino.certification.model.scene import WAITING, Ruling, Scene, failed, passed, trouble
from ekino.certification.model.tasks import price_of

_WRONG = "created_out_of_window"
# Tries that may be refused before the till has looked at the register's clock.
_TRIES_MAX = 3


def wrong_clock(scene: Scene) -> Ruling:
    """Rule that the refusal's own clock is used for the next try."""
    if (found := trouble(scene, allowed=frozenset({_WRONG}))) is not None:
        return found
    wrong = [each for each in scene.attempts if each.code == _WRONG]
    if not wrong:
        return WAITING
    for each in scene.sales(price_of(scene.test)):
        if each.is_entered and each.attempt.at >= wrong[0].at:
            return passed(each, f"entered after {len(wrong)} tries with a wrong clock")
    if len(wrong) >= _TRIES_MAX:
        return failed(wrong[-1], f"{len(wrong)} tries with the same wrong clock")
    return WAITING
