"""What is on in a source's halls: what has begun without a sale, and when somebody is expected."""

from bisect import bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ekino.feeds.model.judging import ON_FOR, HallFacts, Span

# (start, showing).
Start = tuple[datetime, int]
# When showings are on, in order.
Spans = tuple[Span, ...]


# After every moment of a showing, and after every showing of a moment.
_NEVER = datetime.max.replace(tzinfo=UTC)
_LAST = 1 << 63


@dataclass(slots=True)
class Hall:
    """What a source has on in one hall, in the order of its starts, and what it sold of it."""

    hall: str
    starts: list[Start] = field(default_factory=list)
    # As of the moment to which it was moved last: how many have begun, and those of them that
    # began since the last one that sold a ticket.
    begun: int = 0
    quiet: list[Start] = field(default_factory=list)
    # What the rules see of it; None when that has to be put together anew.
    facts: HallFacts | None = None
    # Showings that have sold a ticket; one that has stays here, even if all are given back.
    _sold: set[int] = field(default_factory=set)
    _next_at: datetime = _NEVER
    _is_changed: bool = True

    def put(self, start: Start, *, is_sold: bool) -> None:
        """Put a showing where it belongs."""
        insort(self.starts, start)
        if is_sold:
            self._sold.add(start[1])
        self._is_changed = True

    def take_out(self, showing_id: int) -> None:
        """Take a showing out: it was cancelled, or is somewhere else now."""
        self.starts = [each for each in self.starts if each[1] != showing_id]
        self._is_changed = True

    def sell(self, showing_id: int) -> None:
        """Note that a showing has sold a ticket."""
        self._sold.add(showing_id)
        self._is_changed = True

    def move(self, at: datetime) -> None:
        """Come to a moment; most moments change nothing."""
        if not self._is_changed and at < self._next_at:
            return
        begun = first = bisect_right(self.starts, (at, _LAST))
        while first and self.starts[first - 1][1] not in self._sold:
            first -= 1
        self.begun, self.quiet = begun, self.starts[first:begun]
        self._next_at = self.starts[begun][0] if begun < len(self.starts) else _NEVER
        self._is_changed = False
        self.facts = None


def spans_of(starts: Iterable[datetime]) -> Spans:
    """Give when showings are on: from each start for ON_FOR, what touches as one."""
    spans: list[Span] = []
    for start in sorted(starts):
        end = start + ON_FOR
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return tuple(spans)
