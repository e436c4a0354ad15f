"""The whole workflow of a claim: one table, one function that says what stands in the way."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ekino.verify.model.verdict import Verdict

# A sentence or two of explanation.
WORDS_CHARACTERS_MAX = 2_000
FISCAL_CHARACTERS_MAX = 64
CONTACT_CHARACTERS_MAX = 200


class State(StrEnum):
    """Where a claim stands; a check that nobody made a claim of is none."""

    CLAIMED = "claimed"
    ANSWERED = "answered"
    UPHELD = "upheld"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Party(StrEnum):
    """Who takes a step."""

    VISITOR = "visitor"
    SELLER = "seller"
    OPERATOR = "operator"


# docs/reference/claims.md is this table in words.
NEXT: dict[State, frozenset[State]] = {
    State.CLAIMED: frozenset(
        {State.ANSWERED, State.UPHELD, State.REJECTED, State.WITHDRAWN}
    ),
    State.ANSWERED: frozenset({State.UPHELD, State.REJECTED, State.WITHDRAWN}),
    State.UPHELD: frozenset(),
    State.REJECTED: frozenset(),
    State.WITHDRAWN: frozenset(),
}
# An operator may write a seller's answer down that came by letter.
_WHO: dict[State, frozenset[Party]] = {
    State.CLAIMED: frozenset({Party.VISITOR}),
    State.ANSWERED: frozenset({Party.SELLER, Party.OPERATOR}),
    State.UPHELD: frozenset({Party.OPERATOR}),
    State.REJECTED: frozenset({Party.OPERATOR}),
    State.WITHDRAWN: frozenset({Party.VISITOR}),
}


class Obstacle(StrEnum):
    """Why a step cannot be taken; the value is the code of the refusal."""

    STATE_DOES_NOT_ALLOW_IT = "claim_state_does_not_allow_it"
    NOT_YOURS_TO_TAKE = "claim_step_is_anothers"
    SELLER_MAY_STILL_ANSWER = "seller_may_still_answer"
    WORDS_MISSING = "claim_words_missing"


def obstacle(
    state: State, *, to: State, by: Party, at: datetime, answer_due_at: datetime, words: str
) -> Obstacle | None:
    """
    Say what stops this party from taking this step; None when nothing does.

    Pages ask it to decide which buttons to draw and the service before it writes, so a button
    that is drawn is a step that can be taken.
    """
    if to not in NEXT[state]:
        return Obstacle.STATE_DOES_NOT_ALLOW_IT
    if by not in _WHO[to]:
        return Obstacle.NOT_YOURS_TO_TAKE
    if to is State.UPHELD and state is State.CLAIMED and at < answer_due_at:
        # Nobody is decided against unheard; what is plainly a mistake may be ended at once.
        return Obstacle.SELLER_MAY_STILL_ANSWER
    if to is not State.WITHDRAWN and not words.strip():
        return Obstacle.WORDS_MISSING
    return None


def may_claim(verdict: Verdict) -> bool:
    """
    Whether a check with this verdict may become a claim.

    Never inside the seller's time, for a returned ticket, or for the register's own lateness:
    these are other verdicts.
    """
    return verdict in (Verdict.NOT_REGISTERED, Verdict.ALTERED)


def answer_due(opened_at: datetime, days: int) -> datetime:
    """Say until when the seller may answer before anything is decided against him."""
    return opened_at + timedelta(days=days)


def penalty_minor(price_minor: int, multiple: int) -> int:
    """Give what an upheld claim costs: so many times the ticket's price."""
    return price_minor * multiple


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a claim, as everybody who follows it may read it."""

    at: datetime
    actor: str
    state: State
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A claim with everything it rests on."""

    claim_no: int
    reference: str
    token: bytes
    token_sha256: bytes
    source_id: int
    source_code: str
    source_name: str
    verdict: Verdict
    # None of an altered ticket: both versions are the evidence.
    statement_position: int | None
    tree_size: int | None
    stated_at: datetime | None
    receipt: str | None
    opened_at: datetime
    answer_due_at: datetime
    state: State
    fiscal_receipt: str
    penalty_minor: int | None
    penalty_rule: str | None
    # The sale that came after all, or that the ticket contradicts.
    sale_position: int | None
    sale_recorded_at: datetime | None
    sale_token: bytes | None
    steps: tuple[Step, ...] = ()

    @property
    def late_s(self) -> int | None:
        """How long after the statement the sale came; None when it did not."""
        if self.sale_recorded_at is None or self.stated_at is None:
            return None
        return int((self.sale_recorded_at - self.stated_at).total_seconds())

    @property
    def convicts_register(self) -> bool:
        """Whether the sale stood among the entries that we said it was not among."""
        return (
            self.sale_position is not None
            and self.tree_size is not None
            and self.sale_position < self.tree_size
        )
