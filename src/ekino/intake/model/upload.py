"""An upload: a file that was handed in for a source, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

# Findings kept of one upload; a file with more has one cause, and the count says how many.
FINDINGS_MAX = 5_000
# Characters of a row as it is kept beside what is wrong with it.
RAW_CHARACTERS_MAX = 1_000
# Names that wait, shown and kept of one upload.
NAMES_MAX = 2_000
FILE_NAME_CHARACTERS_MAX = 200


class State(StrEnum):
    """How an upload stands."""

    # The file as a whole cannot be taken: nothing of it is entered.
    REFUSED = "refused"
    # All that can be is entered; rows with names that nobody has mapped wait.
    WAITING = "waiting"
    # Judged and written down, not yet all answered; a follower finishes what is left.
    ENTERING = "entering"
    ENTERED = "entered"
    # A file of sums alone: laid beside the register, with nothing to enter. Kept as entered.
    COMPARED = "compared"


class NameKind(StrEnum):
    """What a foreign name is the name of."""

    VENUE = "venue"
    HALL = "hall"
    FILM = "film"


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name in a file for which a code of ours is wanted."""

    kind: NameKind
    # The venue's code, for a hall; "" else.
    within: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something to mend or to know about one row."""

    # As the file counts: `line 17`; "" for the file as a whole.
    place: str
    # The column or field; "" for the row as a whole.
    field: str
    code: str
    words: str
    raw: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a file as a whole was not taken."""

    code: str
    place: str
    detail: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """A venue that a source may speak for."""

    code: str
    name: str
    city: str
    timezone: str
    currency: str
    # Hall code → its name.
    halls: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Whoever files are handed in for: what it may speak for, and by which money and clock."""

    source_id: int
    code: str
    name: str
    organisation: str
    venues: tuple[Venue, ...]

    @property
    def currency(self) -> str:
        """The one currency of its venues; "" where there are several or none."""
        found = {venue.currency for venue in self.venues}
        return found.pop() if len(found) == 1 else ""

    @property
    def timezone(self) -> str:
        """The one zone of its venues; "" where there are several or none."""
        found = {venue.timezone for venue in self.venues}
        return found.pop() if len(found) == 1 else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that was handed in, as a list shows it."""

    upload_no: int
    reference: str
    source_code: str
    source_name: str
    file_name: str
    file_sha256: str
    file_bytes: int
    format: str
    version: str
    handed_by: str
    handed_at: datetime
    state: State
    refusal: Refusal | None
    # Of rows by what they are, and of events by what became of them: `entered`, `already`,
    # `refused`, `waiting_rows`, `findings`; of the file's own sums `totals`, `totals_equal`,
    # `totals_differ`, `totals_unknown`, as of `totals_as_of` entries.
    counts: Mapping[str, int]
    # Batches made and batches answered.
    batches: int
    answered: int


def count_waiting(counts: Mapping[str, int]) -> int:
    """Count what waits for names: tickets, showings, and sums."""
    return sum(counts.get(f"waiting_{what}", 0) for what in ("rows", "showings", "totals"))


def state_shown(state: State, counts: Mapping[str, int], *, batches: int) -> State:
    """Say how an upload stands to whoever reads of it: one of sums alone is not entered."""
    has_rows = batches or counts.get("already") or counts.get("rows_wrong")
    if state is State.ENTERED and counts.get("totals") and not has_rows:
        return State.COMPARED
    return state


def state_after(*, batches: int, answered: int, waiting_rows: int) -> State:
    """Say how an upload stands that was not refused."""
    if answered < batches:
        return State.ENTERING
    return State.WAITING if waiting_rows else State.ENTERED
