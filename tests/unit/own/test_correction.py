"""The way of a request: every step by everybody, and every mistake of the form."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest

from ekino.own.model.correction import (
    FIELD,
    NEXT,
    WHO,
    Asking,
    Mistake,
    Obstacle,
    Party,
    Reason,
    State,
    Ticket,
    Wanted,
    mistakes,
    obstacle,
)

EVENING = datetime(2026, 11, 24, 14, 30, tzinfo=UTC)
TICKET = Ticket(
    source_id=1,
    source_name="Tills",
    ticket="T1",
    showing="s1",
    starts_at=EVENING,
    hall="1",
    film="Steppe",
    admissions=1,
    gross_minor=150_000,
    fees_minor=0,
)
ASKING = Asking(
    ticket="T1", wanted=Wanted.CORRECTED, price=1_500, reason=Reason.WRONG_PRICE
)


@pytest.mark.parametrize(("state", "to", "by"), list(product(State, State, Party)))
def test_a_step_can_be_taken_when_the_tables_say_so(
    state: State, to: State, by: Party
) -> None:
    stops = obstacle(state, to=to, by=by, words="…")

    assert (stops is None) == (to in NEXT[state] and by is WHO[to])


def test_declining_wants_words_and_nothing_else_does() -> None:
    decline = obstacle(State.ASKED, to=State.DECLINED, by=Party.VENDOR, words=" ")
    withdraw = obstacle(State.ASKED, to=State.WITHDRAWN, by=Party.CINEMA, words="")

    assert decline is Obstacle.WORDS_MISSING
    assert withdraw is None


def test_every_state_but_the_first_can_be_reached_and_every_obstacle_met() -> None:
    reached = {state for after in NEXT.values() for state in after}
    met = {
        obstacle(state, to=to, by=by, words="")
        for state, to, by in product(State, State, Party)
    }

    assert reached == set(State) - {State.ASKED}
    assert met == {None, *Obstacle}


@pytest.mark.parametrize(
    ("asking", "ticket", "found"),
    [
        (ASKING, TICKET, []),
        (ASKING, None, [Mistake.TICKET_UNKNOWN]),
        (replace(ASKING, ticket=""), None, [Mistake.TICKET_MISSING]),
        (replace(ASKING, price=None), TICKET, [Mistake.PRICE_MISSING]),
        (replace(ASKING, wanted=Wanted.VOIDED, price=None), TICKET, []),
        (replace(ASKING, wanted=Wanted.SOLD), TICKET, [Mistake.TICKET_KNOWN]),
        (replace(ASKING, wanted=Wanted.SOLD), None, []),
        (replace(ASKING, reason=None), TICKET, [Mistake.REASON_MISSING]),
        (replace(ASKING, reason=Reason.OTHER), TICKET, [Mistake.WORDS_MISSING]),
        (
            Asking(),
            None,
            [Mistake.TICKET_MISSING, Mistake.WANTED_MISSING, Mistake.REASON_MISSING],
        ),
    ],
)
def test_mistakes(asking: Asking, ticket: Ticket | None, found: list[Mistake]) -> None:
    assert mistakes(asking, ticket) == found


def test_every_mistake_has_its_field() -> None:
    assert set(FIELD) == set(Mistake)
