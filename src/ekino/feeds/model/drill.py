"""What stands behind a feed's figures: batches, late events, what was said of refused ones."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Somebody has taken notice of an alarm."""

    alarm_id: int
    at: datetime
    by: str
    words: str


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as it was received, without its body."""

    batch_no: int
    key_id: str
    recorded_at: datetime
    # The sender's clock.
    signed_at: datetime
    events: int
    # The rest was refused, or had been entered before.
    entered: int


@dataclass(frozen=True, slots=True)
class LateEvent:
    """An entry that was recorded long after it happened."""

    position: int
    kind: str
    subject: str
    happened_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Problem:
    """What the sender was told of a refused event."""

    batch_no: int
    ordinal: int
    kind: str
    ticket: str
    showing: str
    detail: str
