"""What a till sent while it was tested, and what it was asked to do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ekino.certification.model.plan import State, Test

OK = 200
TOO_OFTEN = 429
_REFUSED_FROM, _OURS_FROM = 400, 500
_IN_THE_REGISTER = frozenset({"entered", "already_entered"})
# Faults of the tests' own making: no test blames a till for them.
OF_TESTS = frozenset({"certification_limit", "certification_failure", "certification_away"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One batch that was sent, and what it met."""

    request_id: str
    at: datetime
    # HTTP's number; 0: no answer arrived.
    answer: int
    # Of the problem; "" for none.
    code: str
    body_sha256: str
    # As they were sent; secrets are masked.
    events: tuple[Mapping[str, Any], ...] = ()
    # One for each event, where the batch was answered with 200.
    outcomes: tuple[str, ...] = ()

    @property
    def is_refused(self) -> bool:
        """Whether the till itself was at fault, as far as the answer says."""
        return (
            _REFUSED_FROM <= self.answer < _OURS_FROM
            and self.answer != TOO_OFTEN
            and self.code not in OF_TESTS
        )


@dataclass(frozen=True, slots=True)
class Sent:
    """One event within an attempt."""

    event: Mapping[str, Any]
    attempt: Attempt
    # "" where the batch was not answered.
    outcome: str

    @property
    def is_entered(self) -> bool:
        """Whether the register holds it, as the till was told."""
        return self.outcome in _IN_THE_REGISTER

    @property
    def happened_at(self) -> datetime | None:
        """The event's own time; None when it names none that can be read."""
        try:
            moment = datetime.fromisoformat(str(self.event.get("happened_at")))
        except ValueError:
            return None
        return moment if moment.tzinfo else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where a certification plays: a venue of the test register and two of its showings."""

    venue: str
    # Begins in some hours.
    showing: str
    # Has begun already.
    begun: str
    begun_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """All that one test is judged by."""

    test: Test
    stage: Stage
    began_at: datetime
    # Since the test began, and since the certification did; both in order.
    attempts: Sequence[Attempt]
    before: Sequence[Attempt]
    # When the test's fault was met; None: not yet, or the test has none.
    fault_met_at: datetime | None = None
    # What was answered by hand, such as tokens.
    answers: Sequence[str] = ()

    def sent(self) -> Iterator[Sent]:
        """Give every event that was sent since the test began."""
        return sent(self.attempts)

    def sales(self, price_minor: int) -> list[Sent]:
        """Give the sales at a price: by it a test knows its own."""
        return [
            each
            for each in self.sent()
            if each.event.get("kind") == "sold"
            and each.event.get("price_minor") == price_minor
        ]

    def about(self, ticket: object) -> list[Sent]:
        """Give every event of a ticket since the test began."""
        return [each for each in self.sent() if each.event.get("ticket") == ticket]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What became of a test, and why: the request that shows it, and what was seen in it."""

    state: State
    # A sentence with the values met; "" while waiting.
    detail: str = ""
    request_id: str = ""


WAITING = Ruling(state=State.WAITING)


def passed(by: Sent | Attempt, detail: str) -> Ruling:
    """Rule that a test is passed."""
    return _ruled(State.PASS, by, detail)


def warned(by: Sent | Attempt, detail: str) -> Ruling:
    """Rule that a test is passed, and what could be better."""
    return _ruled(State.WARN, by, detail)


def failed(by: Sent | Attempt, detail: str) -> Ruling:
    """Rule that a test is failed."""
    return _ruled(State.FAIL, by, detail)


def _ruled(state: State, by: Sent | Attempt, detail: str) -> Ruling:
    attempt = by.attempt if isinstance(by, Sent) else by
    return Ruling(state=state, detail=detail, request_id=attempt.request_id)


def sent(attempts: Sequence[Attempt]) -> Iterator[Sent]:
    """Give every event of these attempts, with what became of it."""
    for attempt in attempts:
        for place, event in enumerate(attempt.events):
            outcome = attempt.outcomes[place] if place < len(attempt.outcomes) else ""
            yield Sent(event, attempt, outcome)


def trouble(scene: Scene, *, allowed: frozenset[str] = frozenset()) -> Ruling | None:
    """
    Give the first thing that the register itself refused since the test began; None for nothing.

    `allowed` are codes and outcomes that the test is about.
    """
    for attempt in scene.attempts:
        if attempt.is_refused and attempt.code not in allowed:
            return failed(attempt, f"the batch was refused: {attempt.code}")
    for each in scene.sent():
        if each.outcome and not each.is_entered and each.outcome not in allowed:
            return failed(each, f"an event was refused: {each.outcome}")
    return None
