"""QR: the tokens that a till makes of given values are right to the byte."""

from ekino.certification.model.plan import State
from ekino.certification.model.scene import WAITING, Ruling, Scene
from ekino.certification.model.tokens import make_examples, texts_of


def tokens(scene: Scene) -> Ruling:
    """Rule that the till makes of the examples' values exactly the tokens that they are."""
    if not scene.answers:
        return WAITING
    examples = make_examples(scene.stage.venue)
    right = texts_of(examples)
    if len(scene.answers) != len(right):
        detail = f"{len(scene.answers)} tokens were given, {len(right)} were asked for"
        return Ruling(state=State.FAIL, detail=detail)
    for place, (given, wanted) in enumerate(zip(scene.answers, right, strict=True)):
        if given.strip().upper() != wanted:
            detail = f"token {place + 1} is {given[:24]}…, and should be {wanted[:24]}…"
            return Ruling(state=State.FAIL, detail=detail)
    return Ruling(state=State.PASS, detail=f"{len(right)} tokens are right to the byte")
