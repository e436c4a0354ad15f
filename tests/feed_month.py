"""A month of invented feeds, seeded and pure: honest sources, one fault at most, the real rules."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from ekino.feeds.model import clock
from ekino.feeds.model.days import Declared
from ekino.feeds.model.judging import Span
from ekino.feeds.model.numbers import GAP_AFTER, Said
from ekino.kernel.moments import business_date, day_begins
from feed_kinds import (
    BEAT,
    DAY_STARTS_HOUR,
    DAYS,
    FIRST,
    KINDS,
    PRICE,
    Event,
    Kind,
    Opened,
    Showing,
    Till,
)
from feed_plans import plan
from feed_sight import Sight

__all__ = ["KINDS", "Opened", "Source"]


class Source(Sight):
    """One source's month: an agenda of what happens, and the rules looking on."""

    def __init__(self, kind: Kind, seed: int, fault: str = "") -> None:
        super().__init__(kind, seed, fault)
        self.showings = sorted(self._schedule(), key=lambda each: each.starts_at)
        self.open_days = self._open_days()
        self._plan()
        if fault:
            plan(self)

    # What is planned before the month begins.

    def _schedule(self) -> Iterator[Showing]:
        kind = self.kind
        for venue, hall in itertools.product(range(1, kind.venues + 1), range(kind.halls)):
            taste = self.dice.lognormvariate(0, 0.3)
            for offset in range(DAYS):
                day = FIRST + timedelta(days=offset)
                # The week's film does well or badly, and all of the hall's showings with it.
                if offset % 7 == 0:
                    film = self.dice.lognormvariate(0, 0.5)
                if day.weekday() not in kind.weekdays or self.dice.random() < 0.02:
                    continue
                opens = day_begins(day, kind.timezone, DAY_STARTS_HOUR)
                for place in range(kind.showings):
                    hours = kind.first_hour - DAY_STARTS_HOUR + place * kind.every_hours
                    mean = kind.tickets * taste * film * (1.6 if day.weekday() > 3 else 0.7)
                    yield Showing(
                        venue,
                        str(hall),
                        opens + timedelta(hours=hours + hall * 0.25),
                        day,
                        self._count(mean),
                    )

    def _count(self, mean: float) -> int:
        """Throw a number of tickets: more scattered than Poisson, as admissions are."""
        rate = mean * self.dice.gammavariate(1.5, 1 / 1.5)
        count, left = 0, self.dice.expovariate(1)
        while left < rate:
            count, left = count + 1, left + self.dice.expovariate(1)
        return count

    def _open_days(self) -> dict[date, Span]:
        spans: dict[date, Span] = {}
        for each in self.showings:
            begin, end = spans.get(each.day, (each.starts_at, each.starts_at))
            spans[each.day] = min(begin, each.starts_at), max(end, each.starts_at)
        return {
            day: (begin - timedelta(minutes=40), end + timedelta(minutes=75))
            for day, (begin, end) in spans.items()
        }

    def _plan(self) -> None:
        for number, showing in enumerate(self.showings):
            self._plan_sales(number, showing)
            for wait in (timedelta(minutes=16), self.allowed + timedelta(minutes=1)):
                self.at(showing.starts_at + wait, self.look)
        for day, (opens, closes) in self.open_days.items():
            self._plan_day(day, opens, closes)
            ends = day_begins(day + timedelta(days=1), self.kind.timezone, DAY_STARTS_HOUR)
            self.at(
                ends + self.allowed + timedelta(seconds=5), lambda: self.look(days=True)
            )
        if self.kind.has_maintenance:
            for week in range(4):
                opens, _ = self.open_days[FIRST + timedelta(days=7 * week + 3)]
                begin = opens + timedelta(hours=self.dice.choice((2, 6)))
                span = (begin, begin + timedelta(minutes=90))
                self.off.append(span)
                self.excused.append(
                    (span[0] - timedelta(minutes=5), span[1] + timedelta(minutes=5))
                )

    def _plan_sales(self, number: int, showing: Showing) -> None:
        for _ in range(showing.tickets):
            till = self.dice.randrange(len(self.tills))
            ahead = min(self.dice.expovariate(1 / 1800), 2400)
            when = showing.starts_at - timedelta(seconds=ahead - 300)
            self.at(when, lambda till=till: self._say(till, number, showing, 1))  # type: ignore[misc]
            if self.dice.random() < 0.01:
                later = showing.starts_at + timedelta(hours=self.dice.choice((0, 0, 14)))
                self.at(later, lambda till=till: self._say(till, number, showing, -1))  # type: ignore[misc]

    def _plan_day(self, day: date, opens: datetime, closes: datetime) -> None:
        kind = self.kind
        if kind.nightly_hour is not None:
            sends = day_begins(day + timedelta(days=1), kind.timezone, DAY_STARTS_HOUR)
            self.at(
                sends - timedelta(hours=DAY_STARTS_HOUR - kind.nightly_hour), self._upload
            )
            return
        for number in range(len(self.tills)):
            # The second and third till close early, and say so.
            ends = closes - timedelta(hours=3 if number else 0)
            ends = max(ends, opens + timedelta(hours=1))
            moment = opens + timedelta(seconds=self.dice.randrange(240))
            while moment < ends:
                self.at(moment, lambda number=number: self._beat(number))  # type: ignore[misc]
                moment += BEAT + timedelta(seconds=self.dice.gauss(0, 4))
            rests = number > 0 or self.dice.random() < 0.5
            self.at(
                ends,
                lambda n=number, r=rests: self._close_till(n, day, closes, rests=r),  # type: ignore[misc]
            )
        for half in (0, 1):
            # The network flaps for a few minutes: a report is lost, nothing else.
            share = self.dice.uniform(0.05, 0.4) + half / 2
            begin = opens + (closes - opens) * share
            self.off.append((begin, begin + timedelta(seconds=self.dice.uniform(20, 270))))
        if self.dice.random() < 0.08:
            # Batches do not pass for hours, and reports say so.
            till = self.tills[self.dice.randrange(len(self.tills))]
            begin = opens + (closes - opens) * self.dice.random() * 0.5
            self.at(
                begin, lambda: setattr(till, "blocked_until", begin + timedelta(hours=3))
            )
        if day == FIRST + timedelta(days=17) and not self.fault:
            self.at(opens + timedelta(hours=1), self._rotate)

    def _rotate(self) -> None:
        """Let another key go on with a till's numbers."""
        old = self.tills[0]
        new = Till(f"{old.key_id}-new", next_number=old.next_number, spool=old.spool)
        old.spool, old.is_continued = [], True
        self.tills[0] = new
        self.keys.append(new)
        new.previous = old.key_id
        # The books are the till's, whichever key signs.
        for (key_id, venue, day), tickets in list(self.books.items()):
            if key_id == old.key_id:
                self.books[new.key_id, venue, day] = tickets

    # What happens.

    def is_off(self) -> bool:
        return any(begin <= self.now < end for begin, end in self.off)

    def _say(self, number: int, showing_no: int, showing: Showing, change: int) -> None:
        till = self.tills[number]
        if till.is_dead or (till.resting_until and self.now < till.resting_until):
            till = self.tills[0]
        if not any(begin <= self.now < end for begin, end in self.open_days.values()):
            # Nobody is there: a ticket is given back when the doors are open again.
            opens = [begin for begin, _ in self.open_days.values() if begin > self.now]
            if opens:
                again = min(opens) + timedelta(minutes=10)
                self.at(again, lambda: self._say(number, showing_no, showing, change))
                return
        if self.lost_hall == showing.hall:
            return
        self.books[till.key_id, showing.venue, showing.day] += change
        if self.lost_percent and self.dice.random() * 100 < self.lost_percent:
            return
        outcome = "ticket_was_never_sold" if self.dice.random() < 0.002 else ""
        till.spool.append(
            Event(
                till.next_number,
                showing.venue,
                showing.day,
                showing.hall,
                showing_no,
                self.now,
                change,
                outcome,
            )
        )
        till.next_number += 1
        if outcome:
            mended = replace(till.spool[-1], outcome="")
            self.at(self.now + timedelta(minutes=8), lambda: till.spool.append(mended))

    def _upload(self) -> None:
        for till in self.tills:
            self._send(till)
        self.look(days=True)

    def _beat(self, number: int) -> None:
        till = self.tills[number]
        # Just before a word is the moment at which a silence is longest.
        self.look()
        if till.is_dead or self.is_off():
            return
        if till.blocked_until is None or self.now >= till.blocked_until:
            if till.spool and self.dice.random() < 0.03:
                # One batch is overtaken by the next; both arrive.
                held, till.spool = till.spool, []
                wait = timedelta(seconds=self.dice.uniform(20, 400))
                self.at(self.now + wait, lambda: self._deliver(till, held))
            self._send(till)
        self._report(till)
        self.look()

    def _send(self, till: Till) -> None:
        held, till.spool = till.spool, []
        if held:
            self._deliver(till, held)

    def _deliver(self, till: Till, events: list[Event]) -> None:
        """Let a batch arrive: the numbers and the clock are the room's own fold."""
        said = Said(
            batch_no=0,
            recorded_at=self.now,
            numbers=[event.number for event in events],
            venues=[event.venue for event in events],
            outcomes=[event.outcome for event in events],
        )
        counted = till.sender.take(said)
        till.heard_at = self.now
        for venue in counted:
            self.heard_since.setdefault(venue, self.now)
            first, _ = self.spoken[venue].get(till.key_id, (self.now, self.now))
            self.spoken[venue][till.key_id] = (first, self.now)
        till.signed = clock.after(till.signed, self._their_clock(till), self.now)
        if any(counts.duplicates for counts in counted.values()):
            till.duplicated_at = self.now
        if self.gap_of is till and till.sender.lines[0].holes:
            self.gap_of, self.known_at = None, self.now + GAP_AFTER
            self.watch(self.known_at)
        self._note_skew(till)
        hour = self.now.replace(minute=0, second=0, microsecond=0)
        for event in events:
            held = self.hours[event.venue, hour]
            held[0] += 1
            if event.outcome:
                held[1] += 1
                self.refused_at[event.venue] = self.now
                continue
            came = business_date(self.now, self.kind.timezone, DAY_STARTS_HOUR)
            self.entered[event.venue, came] += 1
            self.registered[event.venue, event.day] += event.change
            self.moved[event.venue, event.day] = self.now
            if event.change > 0:
                self.sold.add(event.showing)
            if self.now - event.happened_at > self.allowed:
                self.overdue_at[event.venue] = self.now

    def _note_skew(self, till: Till) -> None:
        if (
            till.off_s
            and self.known_at is None
            and (till.signed.is_off or till.said.is_off)
        ):
            self.known_at = self.now
            self.watch(self.now)

    def deliver_one(
        self,
        till: Till,
        *,
        number: int = 0,
        age: timedelta = timedelta(),
        outcome: str = "",
    ) -> None:
        """Let one event of a showing that is on arrive by itself."""
        showing = self.showings[self.begun - 1]
        event = Event(
            number or till.next_number,
            showing.venue,
            showing.day,
            showing.hall,
            self.begun - 1,
            self.now - age,
            1,
            outcome,
        )
        if not number:
            till.next_number += 1
        if not outcome:
            self.books[till.key_id, showing.venue, showing.day] += 1
        self._send(till)
        self._deliver(till, [event])

    def _their_clock(self, till: Till) -> datetime:
        jitter = self.dice.gauss(-1, 2)
        if self.dice.random() < 0.01:
            jitter -= 50
        return self.now + timedelta(seconds=till.off_s + jitter)

    def _report(self, till: Till) -> None:
        if not self.kind.reports:
            return
        till.reported_at = self.now
        till.said = clock.after(till.said, self._their_clock(till), self.now)
        self._note_skew(till)
        till.waiting_since = till.spool[0].happened_at if till.spool else None
        till.resting_until = None
        # What was declared and has moved since is declared again with the next report.
        for (key_id, venue, day), tickets in self.books.items():
            said = self.declared[venue, day]
            known = said.get(till.key_id) or said.get(till.previous)
            is_moved = known is not None and known.tickets != tickets
            if key_id == till.key_id and is_moved and not till.spool:
                self._declare(till, venue, day, tickets)

    def _close_till(self, number: int, day: date, closes: datetime, *, rests: bool) -> None:
        till = self.tills[number]
        if till.is_dead:
            return
        if self.is_off():
            # Nobody goes home before what was sold is handed in.
            self.at(
                self.now + timedelta(minutes=2),
                lambda: self._close_till(number, day, closes, rests=rests),
            )
            return
        till.blocked_until = None
        self._send(till)
        self._report(till)
        if rests:
            till.resting_until = closes + timedelta(hours=8)
        for venue in range(1, self.kind.venues + 1):
            self._declare(till, venue, day, self.books[till.key_id, venue, day])
        self.look()
        self.at(
            self.now + self.rules.settle + timedelta(seconds=5),
            lambda: self.look(days=True),
        )

    def _declare(self, till: Till, venue: int, day: date, tickets: int) -> None:
        if self.lies_from is not None and day >= self.lies_from and self.known_at is None:
            self.lies_from, self.known_at = None, self.now + self.rules.settle
            self.watch(self.known_at)
            self.lied = (till.key_id, venue, day)
        if self.lied == (till.key_id, venue, day):
            tickets += 7
        known = self.declared[venue, day].get(till.key_id)
        if known is None or known.tickets != tickets:
            self.declared[venue, day][till.key_id] = Declared(
                key_id=till.key_id,
                tickets=tickets,
                gross_minor=tickets * PRICE,
                is_final=True,
                declared_at=self.now,
            )

    # The fault, if there is one: from feed_faults.
