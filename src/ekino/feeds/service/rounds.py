"""The round: one look over all feeds every few seconds, by the rules, and what becomes of it."""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from ekino.db.database import Database, Role
from ekino.feeds.model.alarms import (
    REOPEN_WITHIN,
    Changes,
    Known,
    Name,
    named,
    step,
    without_numbers,
)
from ekino.feeds.model.clock import Clock
from ekino.feeds.model.days import Day
from ekino.feeds.model.judging import (
    ON_FOR,
    Finding,
    HallFacts,
    KeyFacts,
    OpenGap,
    SourceFacts,
    Span,
    VenueFacts,
    judge,
    judge_days,
    states,
)
from ekino.feeds.model.rules import Rules
from ekino.feeds.model.states import Kind, State
from ekino.feeds.service import day_book
from ekino.feeds.service.day_book import Book
from ekino.feeds.service.rules import rules_on
from ekino.feeds.store import rounds as store
from ekino.feeds.store.rounds import HallRow, HourRow, KeyRow, Pair, Place, QuietRow
from ekino.kernel.moments import Clock as Watch
from ekino.kernel.moments import now
from ekino.notices import service as notices

# Every fault is seen within a minute of when it can be known: a sixth of that.
ROUND_EVERY_S = 10
# Today's and yesterday's days are computed anew so often, older ones every hour.
DAYS_EVERY_S = 30
# Showings of the last day and a bit are looked at in every round; the weeks before, every hour.
RECENT = timedelta(hours=26)
QUIET_FOR = timedelta(days=28)
# Days that may still be asked about.
DAYS_KEPT = 31
# An open alarm's last sight is written so often.
SEEN_EVERY = timedelta(minutes=1)
# What a vendor can mend by itself.
_VENDORS = frozenset(
    {Kind.GAP, Kind.DUPLICATE, Kind.REFUSED, Kind.CLOCK, Kind.DAYS_INCOMPLETE}
)


class Rounds:
    """
    Looks over all feeds, one round at a time, whoever else does too.

    What it remembers between rounds is only what it need not read again: the weeks before
    today, and the days that it has written.
    """

    def __init__(self, *, clock: Watch = now) -> None:
        """Remember nothing yet."""
        self._clock = clock
        self._book = Book({}, {})
        self._quiet: dict[tuple[int, int, str], QuietRow] = {}
        self._cut: datetime | None = None
        self._looked_at: datetime | None = None
        self._days_at: datetime | None = None
        self._days_found: dict[int, list[Finding]] = {}

    def follow(self, db: Database) -> int:
        """Look, if it is time; 0 either way, for there is never more to do at once."""
        at = self._clock()
        every = timedelta(seconds=ROUND_EVERY_S)
        if self._looked_at is not None and at - self._looked_at < every:
            return 0
        with db.transaction(Role.FOLLOWER) as tx:
            watched_at = store.lock_watch(tx)
            if watched_at is not None and at - watched_at < timedelta(
                seconds=ROUND_EVERY_S
            ):
                return 0
            began = time.monotonic()
            self.look(tx, at)
            store.move_watch(tx, at, round((time.monotonic() - began) * 1_000))
            # From here what was found is written, and told.
        self._looked_at = at
        # Nothing is left to do at once: the worker rests before it asks whether it is time.
        return 0

    def look(self, tx: Connection[Any], at: datetime) -> int:
        """Look over all feeds at an instant, write what came of it, and give how many there are."""
        rules = rules_on(at.date())
        places = {(each.source_id, each.venue_id): each for each in store.list_places(tx)}
        self._recall(tx, at)
        sources = self._facts(tx, places, at)
        self._count_days(tx, sources, places, rules, at)
        found: dict[int, list[Finding]] = {}
        asked: dict[Name, Finding] = {}
        for source_id, source in sources.items():
            findings = judge(source, rules, now=at)
            if not source.is_suspended:
                findings += self._days_found.get(source_id, [])
            found[source_id] = findings
            asked |= named(source_id, findings, is_one_venue=bool(source.only_venue))
        self._write_alarms(tx, asked, places, at)
        _write_states(tx, sources, found, at)
        return len(places)

    def _recall(self, tx: Connection[Any], at: datetime) -> None:
        """Read the weeks before today, once an hour."""
        cut = at.replace(minute=0, second=0, microsecond=0) - RECENT
        if self._cut != cut:
            self._quiet = {
                (each.source_id, each.venue_id, each.hall): each
                for each in store.list_quiet(tx, cut - QUIET_FOR, cut)
            }
            self._cut = cut

    def _facts(
        self, tx: Connection[Any], places: Mapping[Pair, Place], at: datetime
    ) -> dict[int, SourceFacts]:
        cut = self._cut or at - RECENT
        halls: dict[Pair, list[HallRow]] = defaultdict(list)
        for hall in store.list_halls(tx, cut, at):
            halls[hall.source_id, hall.venue_id].append(hall)
        hours: dict[Pair, list[HourRow]] = defaultdict(list)
        for hour in store.list_hours(tx, at):
            hours[hour.source_id, hour.venue_id].append(hour)
        excused = store.list_excused(tx, at - RECENT, at + timedelta(days=1))
        gaps = store.list_open_gaps(tx)
        heard = store.list_first_heard(tx)
        keys: dict[int, list[KeyFacts]] = defaultdict(list)
        for key in store.list_keys(tx, at):
            keys[key.source_id].append(_key_facts(key, gaps.get(key.key_id, ())))
        venues: dict[int, list[VenueFacts]] = defaultdict(list)
        for pair, place in places.items():
            venues[place.source_id].append(
                self._venue_facts(
                    pair,
                    halls.get(pair, []),
                    hours.get(pair, []),
                    excused.get(pair, ()),
                    heard.get(pair),
                )
            )
        return {
            source_id: SourceFacts(
                source_id=source_id,
                is_suspended=places[source_id, listed[0].venue_id].is_suspended,
                allowed_delay=places[source_id, listed[0].venue_id].allowed_delay,
                keys=tuple(keys.get(source_id, ())),
                venues=tuple(listed),
            )
            for source_id, listed in venues.items()
        }

    def _venue_facts(
        self,
        pair: Pair,
        halls: list[HallRow],
        hours: list[HourRow],
        excused: Sequence[Span],
        heard_since: datetime | None,
    ) -> VenueFacts:
        worst = max(hours, key=lambda hour: hour.refused, default=None)
        return VenueFacts(
            venue_id=pair[1],
            heard_since=heard_since,
            spans=spans_of(start for hall in halls for start in hall.starts),
            halls=tuple(
                _hall_facts(hall, self._quiet.get((*pair, hall.hall))) for hall in halls
            ),
            events=worst.events if worst else 0,
            refused=worst.refused if worst else 0,
            refused_at=worst.refused_at if worst else None,
            overdue_at=max(
                (hour.overdue_at for hour in hours if hour.overdue_at), default=None
            ),
            excused=tuple(excused),
        )

    def _count_days(
        self,
        tx: Connection[Any],
        sources: Mapping[int, SourceFacts],
        places: dict[Pair, Place],
        rules: Rules,
        at: datetime,
    ) -> None:
        """Compute days anew when it is time, and judge them."""
        last = self._days_at
        if last is not None and at - last < timedelta(seconds=DAYS_EVERY_S):
            return
        is_new_hour = last is None or last.replace(minute=0, second=0, microsecond=0) != (
            at.replace(minute=0, second=0, microsecond=0)
        )
        first = at.date() - timedelta(days=DAYS_KEPT if is_new_hour else 1)
        spans = [(first, at.date() + timedelta(days=2))]
        # Somebody spoke of days long over: each of them alone, for they are few.
        spans += [
            (day, day + timedelta(days=1))
            for day in store.take_touched(tx)
            if day < first and day >= at.date() - timedelta(days=DAYS_KEPT)
        ]
        for begin, past_end in spans:
            day_book.compute(
                tx, self._book, places, rules, first=begin, past_end=past_end, now=at
            )
        self._book.forget(at.date() - timedelta(days=DAYS_KEPT))
        self._days_at = at
        held: dict[Pair, list[Day]] = defaultdict(list[Day])
        for key, day in self._book.days.items():
            held[key[0], key[1]].append(day)
        self._days_found = {
            source_id: [
                finding
                for venue in source.venues
                for finding in judge_days(
                    replace(venue, days=tuple(held.get((source_id, venue.venue_id), ()))),
                    rules,
                    at,
                )
            ]
            for source_id, source in sources.items()
        }

    def _write_alarms(
        self,
        tx: Connection[Any],
        asked: Mapping[Name, Finding],
        places: Mapping[Pair, Place],
        at: datetime,
    ) -> None:
        known, numbers = store.list_alarms_known(tx, at - REOPEN_WITHIN)
        changes = step(known, asked, now=at)
        for name, finding in changes.opened.items():
            alarm_id = store.open_alarm(tx, name, finding, at)
            _tell(tx, places, name, {"alarm": alarm_id, "state": "open", **finding.facts})
        store.change_alarms(
            tx,
            at,
            reopened=[numbers[name] for name in changes.reopened],
            seen=[numbers[name] for name in _long_unseen(changes, known, at)],
            closed=[numbers[name] for name in changes.closed],
        )
        for name in changes.closed:
            _tell(tx, places, name, {"alarm": numbers[name], "state": "closed"})


def fill_days(tx: Connection[Any], at: datetime) -> None:
    """Compute every day there is, a month at a time: after the fold has begun again."""
    places = {(each.source_id, each.venue_id): each for each in store.list_places(tx)}
    first, _ = store.first_day(tx)
    # As far back as rounds look, too: a day of which nobody spoke is a day.
    kept = at.date() - timedelta(days=DAYS_KEPT)
    day = min(first or kept, kept)
    while day <= at.date() + timedelta(days=1):
        past_end = min(day + timedelta(days=31), at.date() + timedelta(days=2))
        day_book.compute(
            tx, Book({}, {}), places, rules_on(day), first=day, past_end=past_end, now=at
        )
        day = past_end


def spans_of(starts: Iterable[datetime]) -> tuple[Span, ...]:
    """Give when showings are on: from each start for ON_FOR, what touches as one."""
    spans: list[Span] = []
    for start in sorted(starts):
        end = start + ON_FOR
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return tuple(spans)


def _key_facts(key: KeyRow, gaps: Sequence[OpenGap]) -> KeyFacts:
    return KeyFacts(
        key_id=key.key_id,
        venue_id=key.venue_id if key.venues == 1 else 0,
        heard_at=key.heard_at,
        reported_at=key.reported_at,
        clocks=(
            Clock(key.clock_ahead_s or 0, key.clock_off_words or 0, key.clock_off_since),
            Clock(key.said_ahead_s or 0, key.said_off_words or 0, key.said_off_since),
        ),
        waiting_since=key.waiting_since,
        resting_until=key.resting_until,
        duplicated_at=key.duplicated_at,
        duplicated=key.duplicated,
        tail=key.tail,
        is_continued=key.is_continued,
        gaps=tuple(gaps),
    )


def _hall_facts(hall: HallRow, before: QuietRow | None) -> HallFacts:
    """Put a hall's last day and the weeks before it together."""
    unsold = hall.sold[::-1].index(True) if True in hall.sold else None
    quiet = hall.starts[len(hall.starts) - unsold :] if unsold is not None else hall.starts
    if unsold is None and before is not None and before.quiet:
        quiet = [*before.quiet, *quiet]
    return HallFacts(
        hall=hall.hall,
        # The run itself says nothing of how often the hall is unsold otherwise.
        showings=before.showings - len(before.quiet) if before else 0,
        unsold=before.unsold - len(before.quiet) if before else 0,
        quiet_starts=tuple(quiet),
    )


def _long_unseen(changes: Changes, known: Mapping[Name, Known], at: datetime) -> list[Name]:
    return [name for name in changes.seen if at - known[name].last_seen_at >= SEEN_EVERY]


def _write_states(
    tx: Connection[Any],
    sources: Mapping[int, SourceFacts],
    found: Mapping[int, list[Finding]],
    at: datetime,
) -> None:
    known = store.list_states(tx)
    given: dict[Pair, tuple[State, str]] = {
        (source_id, venue_id): state
        for source_id, source in sources.items()
        for venue_id, state in states(source, found[source_id]).items()
    }
    changed: dict[Pair, tuple[State, datetime, str]] = {}
    for pair, (state, reason) in given.items():
        before = known.get(pair)
        if before is None or before[0] is not state:
            changed[pair] = (state, at, reason)
        elif before[2] != reason:
            changed[pair] = (state, before[1], reason)
    store.put_states(tx, changed, [pair for pair in known if pair not in given])


def _tell(
    tx: Connection[Any],
    places: Mapping[Pair, Place],
    name: Name,
    facts: dict[str, object],
) -> None:
    """Tell the register's own people, the cinema, and, where it can mend it, the vendor."""
    concerned = [
        place
        for pair, place in places.items()
        if pair[0] == name.source_id and name.venue_id in (0, pair[1])
    ]
    if not concerned:
        return
    codes: dict[str | None, None] = {None: None}
    # Whose the line of numbers is; any other cinema that it speaks for is told how many.
    theirs = {None, concerned[0].operator_code, concerned[0].vendor_code}
    for place in concerned:
        codes |= dict.fromkeys((place.operator_code, place.exhibitor_code))
        if name.kind in _VENDORS or name.venue_id == 0:
            codes[place.vendor_code] = None
    venue = concerned[0].venue if name.venue_id else ""
    subject = f"feeds/{concerned[0].source}" + (f"/{venue}" if venue else "")
    told = {
        "kind": name.kind.value,
        "source": concerned[0].source,
        "venue": venue,
        "subject": name.subject,
    }
    for code in codes:
        if code != "":
            notices.tell(
                tx,
                organisation_code=code,
                kind=notices.Kind.FEED_ALARM,
                subject=subject,
                data=told | (facts if code in theirs else without_numbers(facts)),
            )
