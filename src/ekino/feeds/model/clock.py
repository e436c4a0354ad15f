"""A sender's clock beside ours: off once is the network, off again and again is the clock."""

from dataclasses import dataclass
from datetime import datetime

# A word is signed a blink before it comes; this is far beyond any network's delay that is
# answered at all, and half of what an event may lie in the future before it is refused.
CLOCK_OFF_S = 30
# Words in a row, so that one that waited in a queue after it was signed asks nothing.
CLOCK_OFF_WORDS = 5


@dataclass(frozen=True, slots=True)
class Clock:
    """What the latest words of a key say of its clock."""

    # Ahead of ours; below 0 when it is behind.
    ahead_s: float = 0
    # How many of the latest words were off, one after the other, and since when.
    off_words: int = 0
    off_since: datetime | None = None

    @property
    def is_off(self) -> bool:
        """Whether the clock needs explanation."""
        return self.off_words >= CLOCK_OFF_WORDS


def after(clock: Clock, said_at: datetime, recorded_at: datetime) -> Clock:
    """Give what is known of a clock after one more word."""
    ahead_s = (said_at - recorded_at).total_seconds()
    if abs(ahead_s) <= CLOCK_OFF_S:
        return Clock(ahead_s)
    return Clock(ahead_s, clock.off_words + 1, clock.off_since or recorded_at)
