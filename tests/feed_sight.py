"""What the rules see of an invented source: the tables that a round would read, kept by hand."""

import heapq
import itertools
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

from ekino.feeds.model.alarms import Known, Name, named, step
from ekino.feeds.model.days import Day, Declared, words_of
from ekino.feeds.model.halls import spans_of
from ekino.feeds.model.judging import (
    Finding,
    HallFacts,
    KeyFacts,
    OpenGap,
    SourceFacts,
    Span,
    VenueFacts,
    judge,
)
from ekino.feeds.model.rules import Rules
from ekino.feeds.model.states import Kind as Asked
from ekino.feeds.service.rounds import RECENT
from ekino.feeds.service.rules import rules_on
from ekino.kernel.moments import day_begins
from feed_kinds import DAY_STARTS_HOUR, FIRST, PRICE, TICK, Kind, Opened, Showing, Till

OF_DAYS = frozenset({Asked.TOTALS_DIFFER, Asked.DAY_INCOMPLETE, Asked.DAYS_INCOMPLETE})
_STAYS = Finding(
    kind=Asked.TOTALS_DIFFER, venue_id=0, known_at=datetime.min.replace(tzinfo=UTC)
)


class Sight:
    """What is known of one source as its month passes, and the rules that look on."""

    def __init__(self, kind: Kind, seed: int, fault: str = "") -> None:
        self.kind, self.fault = kind, fault
        self.dice = random.Random(f"{kind.name}-{seed}-{fault}")
        self.now = datetime.combine(FIRST, datetime.min.time(), UTC) - timedelta(days=1)
        self.rules: Rules = rules_on(FIRST)
        self.allowed = timedelta(days=1)
        self.agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self.order = itertools.count()
        self.showings: list[Showing] = []
        self.open_days: dict[date, Span] = {}
        self.tills = [Till(f"{kind.name}/{n}") for n in range(kind.tills)]
        self.off: list[Span] = []
        self.excused: list[Span] = []
        # (venue, day) → tickets; when they moved; events entered on it.
        self.registered: dict[tuple[int, date], int] = defaultdict(int)
        self.moved: dict[tuple[int, date], datetime] = {}
        self.entered: dict[tuple[int, date], int] = defaultdict(int)
        self.sold: set[int] = set()
        self.books: dict[tuple[str, int, date], int] = defaultdict(int)
        self.declared: dict[tuple[int, date], dict[str, Declared]] = defaultdict(dict)
        self.hours: dict[tuple[int, datetime], list[int]] = defaultdict(lambda: [0, 0])
        self.refused_at: dict[int, datetime] = {}
        self.overdue_at: dict[int, datetime] = {}
        self.alarms: dict[Name, Known] = {}
        self.opened: list[Opened] = []
        # When the fault that was put in could be known; None while it cannot.
        self.known_at: datetime | None = None
        self.lost_hall = ""
        # Of whom days that the fault makes smaller lose so many of a hundred tickets unnumbered.
        self.lost_percent = 0
        self.looks = 0
        self.begun = 0
        self.halls: dict[tuple[int, str], list[int]] = defaultdict(list)
        self.hall_facts: dict[int, tuple[tuple[int, int], HallFacts]] = {}
        self.starts: dict[int, list[datetime]] = defaultdict(list)
        self.heard_since: dict[int, datetime] = {}
        # Venue → key → first and last word; numbers that were lost by (venue, day).
        self.spoken: dict[int, dict[str, Span]] = defaultdict(dict)
        self.lost: dict[tuple[int, date], int] = defaultdict(int)
        self.keys = list(self.tills)
        # By day: its declared totals are made wrong when they come.
        self.first = FIRST
        self.phase = self.dice.random()
        # The till whose next batch shows a gap.
        self.gap_of: Till | None = None
        self.lies_from: date | None = None
        self.lied: tuple[str, int, date] | None = None

    def at(self, when: datetime, act: Callable[[], None]) -> None:
        """Put something into the agenda."""
        heapq.heappush(self.agenda, (when, next(self.order), act))

    def watch(self, around: datetime) -> None:
        """Look every ten seconds around a moment, as the rounds do."""
        for place in range(-6, 30):
            # Where in the ten seconds a round falls is chance.
            moment = around + (place + self.phase) * TICK
            if moment > self.now:
                self.at(moment, lambda: self.look(days=True))

    # What the rules see.

    def run(self) -> list[Opened]:
        """Let the month pass, and give the alarms that were opened."""
        while self.agenda:
            self.now, _, act = heapq.heappop(self.agenda)
            act()
        return self.opened

    def look(self, *, days: bool = False) -> None:
        """Judge, and keep alarms as the rounds do."""
        self.looks += 1
        found = judge(self.facts(days=days), self.rules, now=self.now)
        asked = named(1, found, is_one_venue=self.kind.venues == 1)
        if not days:
            # Days are judged at moments of their own: until the next, what they ask stays.
            for name, alarm in self.alarms.items():
                if name.kind in OF_DAYS and alarm.closed_at is None:
                    asked.setdefault(name, _STAYS)
        changes = step(self.alarms, asked, now=self.now)
        self.opened += [Opened(self.now, *each) for each in changes.opened.items()]
        for name in (*changes.opened, *changes.reopened, *changes.seen):
            self.alarms[name] = Known(last_seen_at=self.now)
        for name in changes.closed:
            self.alarms[name] = Known(last_seen_at=self.now, closed_at=self.now)

    def facts(self, *, days: bool) -> SourceFacts:
        """Give what the round would read from the tables."""
        while (
            self.begun < len(self.showings)
            and self.showings[self.begun].starts_at <= self.now
        ):
            self._begin(self.begun)
            self.begun += 1
        return SourceFacts(
            source_id=1,
            allowed_delay=self.allowed,
            keys=tuple(self._key_facts(till) for till in self.keys),
            venues=tuple(
                self._venue_facts(venue, days=days)
                for venue in range(1, self.kind.venues + 1)
            ),
        )

    def _begin(self, number: int) -> None:
        showing = self.showings[number]
        self.halls[showing.venue, showing.hall].append(number)
        starts = self.starts[showing.venue]
        starts.append(showing.starts_at)
        while starts[0] < self.now - RECENT:
            starts.pop(0)

    def _venue_facts(self, venue: int, *, days: bool) -> VenueFacts:
        hour = self.now.replace(minute=0, second=0, microsecond=0)
        worst = max(
            (
                self.hours.get((venue, hour - timedelta(hours=back)), [0, 0])
                for back in (0, 1)
            ),
            key=lambda each: each[1],
        )
        return VenueFacts(
            venue_id=venue,
            heard_since=self.heard_since.get(venue),
            spans=spans_of(self.starts[venue]),
            halls=tuple(
                self._hall_facts(hall, numbers)
                for (its, hall), numbers in self.halls.items()
                if its == venue
            ),
            events=worst[0],
            refused=worst[1],
            refused_at=self.refused_at.get(venue),
            overdue_at=self.overdue_at.get(venue),
            days=tuple(self._days(venue)) if days else (),
            excused=tuple(self.excused),
        )

    def _hall_facts(self, hall: str, numbers: list[int]) -> HallFacts:
        state = (len(numbers), len(self.sold))
        if (known := self.hall_facts.get(id(numbers))) and known[0] == state:
            return known[1]
        quiet: list[datetime] = []
        for number in reversed(numbers):
            if number in self.sold:
                break
            quiet.append(self.showings[number].starts_at)
        before = numbers[: len(numbers) - len(quiet)]
        facts = HallFacts(
            hall=hall,
            showings=len(before),
            unsold=len(before) - len(self.sold.intersection(before)),
            quiet_starts=tuple(reversed(quiet)),
        )
        self.hall_facts[id(numbers)] = (state, facts)
        return facts

    def _key_facts(self, till: Till) -> KeyFacts:
        sender = till.sender
        return KeyFacts(
            key_id=till.key_id,
            venue_id=1 if self.kind.venues == 1 else 0,
            heard_at=till.heard_at,
            reported_at=till.reported_at,
            clocks=(till.signed, till.said),
            waiting_since=till.waiting_since,
            resting_until=till.resting_until,
            is_continued=till.is_continued,
            gaps=tuple(
                OpenGap(
                    venue_id=holes[0].venue_id,
                    seen_at=min(hole.seen_at for hole in holes),
                    numbers=sum(hole.last - hole.first + 1 for hole in holes),
                    first=holes[0].first,
                )
                for line in sender.lines.values()
                if (holes := line.holes)
            ),
            duplicated_at=till.duplicated_at,
        )

    def _days(self, venue: int) -> Iterator[Day]:
        today = self.now.date()
        continued = {till.previous: till.key_id for till in self.keys if till.previous}
        for back in range(12):
            day = today - timedelta(days=back)
            declared = self.declared.get((venue, day), {})
            begins = day_begins(day, self.kind.timezone, DAY_STARTS_HOUR)
            ends = day_begins(day + timedelta(days=1), self.kind.timezone, DAY_STARTS_HOUR)
            latest, earlier = words_of(tuple(declared.values()), continued)
            yield Day(
                business_date=day,
                closes_at=ends + self.allowed,
                entered=self.entered.get((venue, day), 0),
                unmended=0,
                missing=self.lost.get((venue, day), 0),
                tickets=self.registered.get((venue, day), 0),
                gross_minor=self.registered.get((venue, day), 0) * PRICE,
                registered_at=self.moved.get((venue, day)),
                declared=latest,
                earlier=earlier,
                spoken=frozenset(
                    key_id
                    for key_id, (first, last) in self.spoken[venue].items()
                    if first < ends and last >= begins
                ),
                showings=sum(start >= begins for start in self.starts[venue]),
                is_excused=any(
                    begin < ends and begins < end for begin, end in self.excused
                ),
            )
