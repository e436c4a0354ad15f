"""A certification as it stands: a product, its tests, and what became of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from ekino.certification.model.plan import LEVEL_OF, Level, State, Test, earned
from ekino.certification.model.scene import Stage

# How long a certificate holds: a product changes, and so does the contract.
CERTIFICATE_DAYS = 730
# Characters of a product's name and of its version.
NAME_CHARACTERS_MAX = 60


class RunState(StrEnum):
    """How a certification stands."""

    RUNNING = "running"
    CERTIFIED = "certified"
    NOT_CERTIFIED = "not_certified"
    # Another was begun before this one ended.
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One test of a run."""

    place: int
    test: Test
    state: State
    # None: its turn has not come.
    began_at: datetime | None
    ended_at: datetime | None
    # What was seen, with values, in English.
    detail: str
    request_id: str
    # The request that shows it, as it was received.
    shown: str
    fault_met_at: datetime | None
    answers: Sequence[str]

    @property
    def level(self) -> Level:
        """The level it belongs to."""
        return LEVEL_OF[self.test]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One certification."""

    run_no: int
    reference: str
    source_id: int
    # The vendor in the catalog; "" for none.
    organisation_code: str
    # Whose requests are judged.
    key_id: str
    vendor: str
    product: str
    version: str
    levels: tuple[Level, ...]
    stage: Stage
    started_at: datetime
    state: RunState
    ended_at: datetime | None
    ends_date: date | None
    certificate: Mapping[str, Any] | None
    withdrawn_at: datetime | None
    withdrawn_words: str
    steps: tuple[Step, ...] = ()

    @property
    def states(self) -> dict[Test, State]:
        """How each test stands."""
        return {step.test: step.state for step in self.steps}

    @property
    def earned(self) -> tuple[Level, ...]:
        """The levels whose every test is passed."""
        return earned(self.states)

    @property
    def current(self) -> Step | None:
        """The test whose turn it is; None when all are decided."""
        return next((each for each in self.steps if each.state is State.WAITING), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """A line of the public list."""

    reference: str
    # The vendor in the catalog; "" for none.
    organisation_code: str
    vendor: str
    product: str
    version: str
    levels: tuple[Level, ...]
    issued_date: date
    ends_date: date
    withdrawn_at: datetime | None

    def state_on(self, day: date) -> str:
        """Say whether it holds on a day: `holds`, `expired` or `withdrawn`."""
        if self.withdrawn_at is not None:
            return "withdrawn"
        return "holds" if day <= self.ends_date else "expired"
