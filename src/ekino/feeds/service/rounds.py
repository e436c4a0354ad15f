"""The round: one look over all feeds every few seconds, by the rules, and what becomes of it."""

import time
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from psycopg import Connection

from ekino.db.database import Database, Role
from ekino.feeds.model.alarms import (
    REOPEN_WITHIN,
    Changes,
    Known,
    Name,
    named,
    step,
)
from ekino.feeds.model.clock import Clock
from ekino.feeds.model.halls import Hall
from ekino.feeds.model.judging import (
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
from ekino.feeds.service import day_book
from ekino.feeds.service.day_book import Book
from ekino.feeds.service.playbill import Playbill
from ekino.feeds.service.rules import rules_on
from ekino.feeds.service.telling import Teller, tell_alarm, tell_state
from ekino.feeds.store import rounds as store
from ekino.feeds.store.rounds import Days, HourRow, KeyRow, Pair, Place, QuietRow
from ekino.kernel.moments import Clock as Watch
from ekino.kernel.moments import business_date, now

if TYPE_CHECKING:
    from ekino.feeds.model.states import State

# Every fault is seen within a minute of when it can be known: a sixth of that.
ROUND_EVERY_S = 10
# The days that are now, and those before, are computed anew so often, and judged: of one share of
# the venues and sources in each round. Older days are every hour, a share of one day a round.
DAYS_EVERY_S = 30
SHARES = DAYS_EVERY_S // ROUND_EVERY_S
# Showings of the last day and a bit are looked at in every round; the weeks before, every hour.
RECENT = timedelta(hours=26)
QUIET_FOR = timedelta(days=28)
# Days that may still be asked about.
DAYS_KEPT = 31
# An open alarm's last sight is written so often.
SEEN_EVERY = timedelta(minutes=1)


class Rounds:
    """
    Looks over all feeds, one round at a time, whoever else does too.

    What it remembers between rounds is only what it need not read again: the weeks before
    today, and the days that it has written.
    """

    def __init__(self, *, clock: Watch = now) -> None:
        """Remember nothing yet."""
        self._clock = clock
        self._looked_at: datetime | None = None
        self._begin()

    def _begin(self) -> None:
        self._teller = Teller()
        self._book = Book({}, {})
        self._playbill = Playbill()
        self._quiet: dict[tuple[int, int, str], QuietRow] = {}
        self._cut: datetime | None = None
        # When the days of each share were computed last.
        self._shared_at: list[datetime] = []
        self._hour: datetime | None = None
        # Older days that are to be computed, each with a share.
        self._older: deque[Days] = deque()
        self._days_found: dict[int, list[Finding]] = {}

    def follow(self, db: Database) -> int:
        """Look, if it is time; 0 either way, for there is never more to do at once."""
        at = self._clock()
        every = timedelta(seconds=ROUND_EVERY_S)
        if self._looked_at is not None and at - self._looked_at < every:
            return 0
        is_written = False
        try:
            with db.transaction(Role.FOLLOWER) as tx:
                watched_at = store.lock_watch(tx)
                if watched_at is None or at - watched_at >= every:
                    began = time.monotonic()
                    self.look(tx, at)
                    self._teller.tell(tx, at)
                    store.move_watch(tx, at, round((time.monotonic() - began) * 1_000))
                    self._looked_at = at
                # From here what was found is written, and told.
            is_written = True
        finally:
            if not is_written:
                # What is remembered as written was not.
                self._begin()
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
        _write_states(tx, sources, found, places, at)
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
        self._playbill.look(tx, self._cut or at - RECENT, at)
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
                    self._playbill.halls.get(pair, {}).values(),
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
        halls: Iterable[Hall],
        hours: list[HourRow],
        excused: Sequence[Span],
        heard_since: datetime | None,
    ) -> VenueFacts:
        worst = max(hours, key=lambda hour: hour.refused, default=None)
        return VenueFacts(
            venue_id=pair[1],
            heard_since=heard_since,
            spans=self._playbill.spans.get(pair, ()),
            halls=tuple(
                hall.facts or _hall_facts(hall, self._quiet.get((*pair, hall.hall)))
                for hall in halls
                if hall.begun
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
        """
        Compute the days that are due, and judge by their days the sources that are, or moved.

        The first round of a process does it all; after it no round has to do much.
        """
        is_first = not self._shared_at
        due = self._due_shares(at)
        moved: set[int] = set()
        spans = (
            [Days(at.date() - timedelta(days=DAYS_KEPT), at.date() + timedelta(days=2))]
            if is_first
            else self._due_days(tx, places, due, at)
        )
        for span in spans:
            moved |= day_book.compute(tx, self._book, places, rules, span, now=at)
        self._book.forget(at.date() - timedelta(days=DAYS_KEPT))
        judged = {
            source_id
            for source_id in sources
            if source_id % SHARES in due or source_id in moved
        }
        for source_id in judged:
            self._days_found[source_id] = [
                finding
                for venue in sources[source_id].venues
                for finding in judge_days(
                    replace(venue, days=self._book.of((source_id, venue.venue_id))),
                    rules,
                    at,
                )
            ]

    def _due_shares(self, at: datetime) -> frozenset[int]:
        """Take the shares whose time it is; the first time all of them, which then come in turn."""
        every, step = timedelta(seconds=DAYS_EVERY_S), timedelta(seconds=ROUND_EVERY_S)
        if not self._shared_at:
            self._hour = _hour_of(at)
            self._shared_at = [at - step * (SHARES - 1 - n) for n in range(SHARES)]
            return frozenset(range(SHARES))
        due = frozenset(n for n in range(SHARES) if at - self._shared_at[n] >= every)
        for share in due:
            self._shared_at[share] = at
        return due

    def _due_days(
        self,
        tx: Connection[Any],
        places: Mapping[Pair, Place],
        due: frozenset[int],
        at: datetime,
    ) -> list[Days]:
        """Say which days to compute: recent ones of the shares that are due, and an older one."""
        one = timedelta(days=1)
        now_is = {
            business_date(at, each.timezone, each.day_starts_hour)
            for each in {
                (each.timezone, each.day_starts_hour): each for each in places.values()
            }.values()
        }
        # A day that is older by UTC is touched (`touch_days`): between both none may be left out.
        first, last = min([*now_is, at.date()]) - one, max(now_is, default=at.date())
        kept = at.date() - timedelta(days=DAYS_KEPT)
        if self._hour != _hour_of(at):
            self._hour = _hour_of(at)
            self._older = deque(
                Days(day, day + one, share, SHARES)
                for day in (kept + n * one for n in range((first - kept).days))
                for share in range(SHARES)
            )
        spans = [Days(first, last + one, share, SHARES) for share in due]
        # Somebody spoke of days long over: their venues' alone, for they are few.
        touched = [each for each in store.take_touched(tx) if kept <= each[0] < first]
        if touched:
            days, venues = {day for day, _ in touched}, {venue for _, venue in touched}
            spans.append(
                Days(
                    min(days),
                    max(days) + one,
                    venue_ids=None if 0 in venues else tuple(sorted(venues)),
                )
            )
        if self._older:
            spans.append(self._older.popleft())
        return spans

    def _write_alarms(
        self,
        tx: Connection[Any],
        asked: Mapping[Name, Finding],
        places: Mapping[Pair, Place],
        at: datetime,
    ) -> None:
        of_source: dict[int, list[Place]] = defaultdict(list)
        for place in places.values():
            of_source[place.source_id].append(place)
        known, numbers = store.list_alarms_known(tx, at - REOPEN_WITHIN)
        changes = step(known, asked, now=at)
        for name, finding in changes.opened.items():
            alarm_id = store.open_alarm(tx, name, finding, at)
            facts = {"alarm": alarm_id, "state": "open", **finding.facts}
            tell_alarm(tx, of_source[name.source_id], name, facts)
        store.change_alarms(
            tx,
            at,
            reopened=[numbers[name] for name in changes.reopened],
            seen=[numbers[name] for name in _long_unseen(changes, known, at)],
            closed=[numbers[name] for name in changes.closed],
        )
        for name in changes.closed:
            facts = {"alarm": numbers[name], "state": "closed"}
            tell_alarm(tx, of_source[name.source_id], name, facts)


def _hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def fill_days(tx: Connection[Any], at: datetime) -> None:
    """Compute every day there is, a month at a time: after the fold has begun again."""
    places = {(each.source_id, each.venue_id): each for each in store.list_places(tx)}
    first = store.first_day(tx)
    # As far back as rounds look, too: a day of which nobody spoke is a day.
    kept = at.date() - timedelta(days=DAYS_KEPT)
    day = min(first or kept, kept)
    while day <= at.date() + timedelta(days=1):
        past_end = min(day + timedelta(days=31), at.date() + timedelta(days=2))
        span = Days(day, past_end)
        day_book.compute(tx, Book({}, {}), places, rules_on(day), span, now=at)
        day = past_end


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


def _hall_facts(hall: Hall, before: QuietRow | None) -> HallFacts:
    """Put a hall's last day and the weeks before it together."""
    quiet = [start for start, _ in hall.quiet]
    if before is not None and before.quiet and len(quiet) == hall.begun:
        # Nothing of the last day was sold: the run began before it.
        quiet = [*before.quiet, *quiet]
    hall.facts = HallFacts(
        hall=hall.hall,
        # The run itself says nothing of how often the hall is unsold otherwise.
        showings=before.showings - len(before.quiet) if before else 0,
        unsold=before.unsold - len(before.quiet) if before else 0,
        quiet_starts=tuple(quiet),
    )
    return hall.facts


def _long_unseen(changes: Changes, known: Mapping[Name, Known], at: datetime) -> list[Name]:
    return [name for name in changes.seen if at - known[name].last_seen_at >= SEEN_EVERY]


def _write_states(
    tx: Connection[Any],
    sources: Mapping[int, SourceFacts],
    found: Mapping[int, list[Finding]],
    places: Mapping[Pair, Place],
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
            if before is not None:
                # The first state of a feed is no change: nobody waits to hear of it.
                tell_state(
                    tx, places[pair], before=before[0], state=state, reason=reason, at=at
                )
        elif before[2] != reason:
            changed[pair] = (state, before[1], reason)
    store.put_states(tx, changed, [pair for pair in known if pair not in given])
