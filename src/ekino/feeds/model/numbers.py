"""Numbers: which of a key's own numbers came, which are missing, and which came for two events."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from operator import attrgetter

# Numbers that were passed over are a gap when they have not come by then: D1 of the detection
# methods. Nothing is kept of one that closes before.
GAP_AFTER = timedelta(minutes=15)
# Open gaps that are remembered of one line; of more, the lowest are never closed.
HOLES_MAX = 1_000
# A second venue's first numbers go on where the key's line is, or they are a line of their own:
# so many numbers may be missing between without making the difference.
JUMP_MAX = 100
_FIRST = attrgetter("first")


@dataclass(frozen=True, slots=True)
class Hole:
    """Numbers first … last that were passed over when a higher one came."""

    first: int
    last: int
    seen_at: datetime
    # Of the event that came after them.
    venue_id: int = 0
    # 0 while it is in no table yet.
    gap_id: int = 0


@dataclass(frozen=True, slots=True)
class Closed:
    """Numbers first … last of a hole that came after all, too late to be none."""

    first: int
    last: int
    seen_at: datetime
    venue_id: int
    closed_at: datetime


@dataclass(slots=True)
class Line:
    """
    A run of numbers, as a fold over what came.

    Numbers below `first` were never expected: a line begins with the lowest that came. Open
    holes are in order and between `first` and `next`; everything else between has come.
    """

    first: int = 0
    # One past the highest that came; 0 when none has.
    next: int = 0
    holes: list[Hole] = field(default_factory=list)
    # Since the line was read, for whoever keeps it: what closed too late, which holes are no
    # more as they were, and which stay open for good.
    closed: list[Closed] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    left: list[Hole] = field(default_factory=list)

    def take(self, numbers: Sequence[int], at: datetime) -> list[int]:
        """
        Take the numbers of one batch, in any order, and give those that had come before.

        A number that stands twice among them is given once for each time but the first.
        """
        if not numbers:
            return []
        low, high = numbers[0], numbers[-1]
        if high - low == len(numbers) - 1 and (
            len(numbers) == 1 or list(numbers) == list(range(low, high + 1))
        ):
            return self._take_run(low, high, at)
        again: list[int] = []
        ordered = sorted(numbers)
        start = previous = ordered[0]
        for number in ordered[1:]:
            if number == previous:
                again.append(number)
                continue
            if number != previous + 1:
                again += self._take_run(start, previous, at)
                start = number
            previous = number
        return again + self._take_run(start, previous, at)

    def _take_run(self, low: int, high: int, at: datetime) -> list[int]:
        """Take low … high and give those of them that had come before."""
        if not self.next:
            self.first, self.next = low, high + 1
            return []
        again: list[int] = []
        if low < self.next and high >= self.first:
            again = self._fill(max(low, self.first), min(high, self.next - 1), at)
        if low < self.first:
            if high < self.first - 1:
                self.holes.insert(0, Hole(high + 1, self.first - 1, at))
            self.first = low
        if high >= self.next:
            if low > self.next:
                self.holes.append(Hole(self.next, low - 1, at))
            self.next = high + 1
        while len(self.holes) > HOLES_MAX:
            self.left.append(self.holes.pop(0))
        return again

    def _fill(self, low: int, high: int, at: datetime) -> list[int]:
        """Take low … high, all between first and next, out of the holes; give those in none."""
        if not self.holes:
            return list(range(low, high + 1))
        again: list[int] = []
        place = max(bisect_right(self.holes, low, key=_FIRST) - 1, 0)
        number = low
        while place < len(self.holes) and self.holes[place].first <= high:
            hole = self.holes[place]
            if hole.last < low:
                place += 1
                continue
            begin, end = max(hole.first, low), min(hole.last, high)
            again += range(number, begin)
            number = end + 1
            left = _rest(hole, hole.first, begin - 1)
            right = _rest(hole, end + 1, hole.last)
            self.holes[place : place + 1] = [*left, *right]
            if hole.gap_id:
                self.gone.append(hole.gap_id)
            if at - hole.seen_at > GAP_AFTER:
                self.closed.append(Closed(begin, end, hole.seen_at, hole.venue_id, at))
            place += len(left)
            if right:
                break
        return again + list(range(number, high + 1))

    @property
    def missing(self) -> int:
        """How many numbers are missing."""
        return sum(hole.last - hole.first + 1 for hole in self.holes)


def _rest(hole: Hole, first: int, last: int) -> list[Hole]:
    return [replace(hole, first=first, last=last, gap_id=0)] if first <= last else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one batch says, as far as numbers go; each list has one element an event."""

    batch_no: int
    recorded_at: datetime
    # 0 for an event that names no number.
    numbers: Sequence[int]
    # 0 for a venue that the catalog does not have.
    venues: Sequence[int]
    # "" for an event that was entered, "already_entered", or the name of its refusal.
    outcomes: Sequence[str]


# Refusals after which nothing is left to mend: the register holds what the event wanted.
_NOTHING_TO_MEND = frozenset(
    {
        "ticket_already_refunded",
        "ticket_already_voided",
        "showing_already_announced",
        "showing_already_cancelled",
    }
)
_USED_TWICE = "identity_used_for_another_event"
_AGAIN = "already_entered"


@dataclass(frozen=True, slots=True)
class Refused:
    """A refused event that has not come again and been entered."""

    outcome: str
    venue_id: int
    refused_at: datetime
    batch_no: int
    ordinal: int


@dataclass(slots=True)
class Counts:
    """What a batch held about one venue."""

    events: int = 0
    refused: int = 0
    repeats: int = 0
    duplicates: int = 0
    # The last number that stood for two events; 0 when none did.
    duplicated: int = 0

    def add(self, more: "Counts") -> None:
        """Add what came later."""
        self.events += more.events
        self.refused += more.refused
        self.repeats += more.repeats
        self.duplicates += more.duplicates
        self.duplicated = more.duplicated or self.duplicated


@dataclass(slots=True)
class Sender:
    """
    One key's numbers: a fold over its batches, in their order.

    A key numbers all it says in one line, or each venue by itself. It shows which when it first
    speaks of another venue: the numbers go on, or they do not. What was missing in the one line
    until then says nothing any more, and each venue's line begins anew.
    """

    is_by_venue: bool = False
    # By venue; 0 is the one line.
    lines: dict[int, Line] = field(default_factory=dict)
    # By line and number.
    unmended: dict[tuple[int, int], Refused] = field(default_factory=dict)
    # Of which it has spoken.
    venues: set[int] = field(default_factory=set)

    def take(self, said: Said) -> dict[int, Counts]:
        """Take one batch, and give what it held by venue."""
        counted = {venue: Counts() for venue in dict.fromkeys(said.venues)}
        if len(counted) == 1 and not any(said.outcomes) and self._take_plain(said, counted):
            return counted
        spoken = self.venues | counted.keys() - {0}
        is_another = spoken > self.venues and len(spoken) > 1
        if not self.is_by_venue and is_another and self._goes_not_on(said):
            self._begin_by_venue()
        self.venues = spoken
        for venue, outcome in zip(said.venues, said.outcomes, strict=True):
            _count(counted[venue], outcome)
        for line_of, places in self._lines_of(said):
            self._take_places(line_of, said, places, counted)
        return counted

    def _take_plain(self, said: Said, counted: dict[int, Counts]) -> bool:
        """Take what nearly every batch is: of one venue, entered, its numbers new; else False."""
        (venue,) = counted
        line = self.lines.setdefault(venue if self.is_by_venue else 0, Line())
        low = min(said.numbers)
        if low == 0 or low < line.next or venue == 0:
            return False
        if not self.is_by_venue and self.venues and venue not in self.venues:
            return False
        self.venues.add(venue)
        counts = counted[venue]
        counts.events = len(said.numbers)
        for number in line.take(said.numbers, said.recorded_at):
            _note_duplicate(counts, number)
        _place_holes(line, said)
        return True

    def _goes_not_on(self, said: Said) -> bool:
        """Say whether a batch of a venue that is new cannot go on where the key's line is."""
        pairs = {
            (number, venue)
            for number, venue, outcome in zip(
                said.numbers, said.venues, said.outcomes, strict=True
            )
            if number and not outcome and (0, number) not in self.unmended
        }
        numbers = sorted({number for number, _ in pairs})
        if len(numbers) < len(pairs):
            return True
        line = self.lines.get(0, Line())
        reached = line.next or (numbers[0] if numbers else 0)
        for number in numbers:
            if number < line.first - JUMP_MAX:
                return True
            if number < reached:
                if number >= line.first and not _in_hole(line.holes, number):
                    return True
            elif number > reached + JUMP_MAX:
                return True
            reached = max(reached, number + 1)
        return False

    def _begin_by_venue(self) -> None:
        self.is_by_venue = True
        self.unmended.clear()
        line = self.lines.setdefault(0, Line())
        line.gone += [hole.gap_id for hole in line.holes if hole.gap_id]
        line.holes.clear()

    def _lines_of(self, said: Said) -> Iterator[tuple[int, list[int]]]:
        places = [place for place, number in enumerate(said.numbers) if number]
        if not self.is_by_venue:
            yield 0, places
            return
        for venue in dict.fromkeys(said.venues):
            # Nobody knows whose line it is in what names no venue of ours.
            if venue:
                yield venue, [place for place in places if said.venues[place] == venue]

    def _take_places(
        self, line_of: int, said: Said, places: list[int], counted: dict[int, Counts]
    ) -> None:
        """Take some events of a batch into one line, and judge those whose number had come."""
        line = self.lines.setdefault(line_of, Line())
        numbers = [said.numbers[place] for place in places]
        fresh = Counter(numbers)
        fresh.subtract(line.take(numbers, said.recorded_at))
        _place_holes(line, said)
        for place, number in zip(places, numbers, strict=True):
            outcome, key = said.outcomes[place], (line_of, number)
            had_come = fresh[number] <= 0
            fresh[number] -= 1
            if outcome in ("", _AGAIN):
                if self.unmended.pop(key, None) is None and had_come and not outcome:
                    _note_duplicate(counted[said.venues[place]], number)
            elif outcome == _USED_TWICE:
                if had_come:
                    _note_duplicate(counted[said.venues[place]], number)
            elif outcome not in _NOTHING_TO_MEND and not (
                had_come and key not in self.unmended
            ):
                self.unmended[key] = Refused(
                    outcome, said.venues[place], said.recorded_at, said.batch_no, place
                )


def _count(counts: Counts, outcome: str) -> None:
    counts.events += 1
    if outcome == _AGAIN:
        counts.repeats += 1
    elif outcome:
        counts.refused += 1


def _note_duplicate(counts: Counts, number: int) -> None:
    counts.duplicates += 1
    counts.duplicated = number


def _place_holes(line: Line, said: Said) -> None:
    """Say of each new hole about which venue the event was that came after it."""
    places: dict[int, int] = {}
    for holes in (line.holes, line.left):
        for index, hole in enumerate(holes):
            if hole.venue_id or hole.gap_id:
                continue
            places = places or dict(zip(said.numbers, said.venues, strict=True))
            venue = places.get(hole.last + 1) or places.get(hole.first - 1, 0)
            holes[index] = replace(hole, venue_id=venue)


def _in_hole(holes: Sequence[Hole], number: int) -> bool:
    place = bisect_right(holes, number, key=_FIRST) - 1
    return place >= 0 and holes[place].last >= number
