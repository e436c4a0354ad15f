"""The workflow of a claim as a table, and its dated numbers."""

from datetime import timedelta

import pytest

from ekino.kernel.identifiers import new_reference
from ekino.kernel.parameters import read_parameter
from ekino.verify.model.claim import (
    NEXT,
    Obstacle,
    Party,
    State,
    answer_due,
    may_claim,
    obstacle,
    penalty_minor,
)
from ekino.verify.model.verdict import Verdict
from factories import EVENING

DUE = EVENING + timedelta(days=10)
S, P, Stops = State, Party, Obstacle
CASES = [
    (S.CLAIMED, S.ANSWERED, P.SELLER, EVENING, "words", None),
    (S.CLAIMED, S.ANSWERED, P.OPERATOR, EVENING, "words", None),
    (S.CLAIMED, S.ANSWERED, P.VISITOR, EVENING, "words", Stops.NOT_YOURS_TO_TAKE),
    (S.CLAIMED, S.ANSWERED, P.SELLER, EVENING, "  ", Stops.WORDS_MISSING),
    (S.CLAIMED, S.UPHELD, P.OPERATOR, DUE - timedelta(seconds=1), "words", Stops.SELLER_MAY_STILL_ANSWER),
    (S.CLAIMED, S.UPHELD, P.OPERATOR, DUE, "words", None),
    (S.CLAIMED, S.REJECTED, P.OPERATOR, EVENING, "words", None),
    (S.CLAIMED, S.WITHDRAWN, P.VISITOR, EVENING, "", None),
    (S.CLAIMED, S.WITHDRAWN, P.OPERATOR, EVENING, "", Stops.NOT_YOURS_TO_TAKE),
    (S.ANSWERED, S.UPHELD, P.OPERATOR, EVENING, "words", None),
    (S.ANSWERED, S.UPHELD, P.SELLER, EVENING, "words", Stops.NOT_YOURS_TO_TAKE),
    (S.ANSWERED, S.ANSWERED, P.SELLER, EVENING, "words", Stops.STATE_DOES_NOT_ALLOW_IT),
    (S.UPHELD, S.REJECTED, P.OPERATOR, DUE, "words", Stops.STATE_DOES_NOT_ALLOW_IT),
    (S.WITHDRAWN, S.CLAIMED, P.VISITOR, DUE, "", Stops.STATE_DOES_NOT_ALLOW_IT),
]  # fmt: skip


@pytest.mark.parametrize(("state", "to", "by", "at", "words", "stops"), CASES)
def test_a_step_is_stopped_by(
    state: State, to: State, by: Party, at: object, words: str, stops: Obstacle | None
) -> None:
    assert (
        obstacle(state, to=to, by=by, at=at, answer_due_at=DUE, words=words)  # type: ignore[arg-type]
        is stops
    )


def test_every_obstacle_can_be_met_and_every_state_reached() -> None:
    assert {case[5] for case in CASES} - {None} == set(Obstacle)
    assert set().union(*NEXT.values()) | {State.CLAIMED} == set(State)


def test_only_two_verdicts_may_become_a_claim() -> None:
    assert {each for each in Verdict if may_claim(each)} == {
        Verdict.NOT_REGISTERED,
        Verdict.ALTERED,
    }


@pytest.mark.parametrize("name", ["answer_days", "penalty_multiple"])
def test_what_no_law_sets_says_so(name: str) -> None:
    assert read_parameter("ekino.verify", name).reference.startswith("INVENTED")


def test_deadline_and_penalty_are_what_they_say() -> None:
    assert answer_due(EVENING, 10) == DUE
    assert (penalty_minor(250_000, 10), penalty_minor(0, 10)) == (2_500_000, 0)


def test_references_are_read_aloud_without_doubt() -> None:
    made = {new_reference() for _ in range(500)}

    assert len(made) == 500
    assert not set("".join(made)) & set("01IO")
