"""What needs explanation about a source now: the rules, plain functions over what is known."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ekino.feeds.model.clock import Clock
from ekino.feeds.model.days import Day, Match, is_below, totals_of
from ekino.feeds.model.numbers import GAP_AFTER
from ekino.feeds.model.rules import Rules
from ekino.feeds.model.states import STATE_OF, Kind, State, worst

# Around a showing a source is expected to be heard: from its start to an hour after.
ON_FOR = timedelta(hours=1)
# A longer time without showings is a night.
DAY_BREAK = timedelta(hours=4)
# A key that has sent for so long since it last reported is no more one that reports.
REPORTS_FOR = timedelta(days=7)
# Fewer refused events in an hour ask nothing, whatever their share.
REFUSED_MIN = 5
# Without a sale for so many showings that it would happen once in so many cases.
QUIET_ODDS = 1_000_000_000
# An unsold showing counts against a source that is heard when late words would be there.
SOLD_BY = timedelta(minutes=15)
# What has happened once is asked about for so long.
ONCE_FOR = timedelta(hours=24)
# Events that wait for longer make a feed late, though nobody asks yet.
LATE_FROM = timedelta(minutes=15)

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenGap:
    """What is missing of one key about one venue."""

    venue_id: int
    seen_at: datetime
    numbers: int
    # The lowest of them.
    first: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFacts:
    """What is known of a key that sends."""

    key_id: str
    # The one venue of which it speaks; 0 when there are several, or none yet.
    venue_id: int = 0
    # When a batch came last, and a report.
    heard_at: datetime | None = None
    reported_at: datetime | None = None
    clocks: tuple[Clock, ...] = ()
    # Of the latest report: since when its oldest event waits, and until when it rests.
    waiting_since: datetime | None = None
    resting_until: datetime | None = None
    gaps: tuple[OpenGap, ...] = ()
    duplicated_at: datetime | None = None
    duplicated: int = 0
    # Another key of the source has gone on with its numbers: it was rotated, and need not speak.
    is_continued: bool = False
    # Numbers that its latest report says were answered, and that never came.
    tail: int = 0

    @property
    def word_at(self) -> datetime | None:
        """When it was heard of in any way."""
        return max(filter(None, (self.heard_at, self.reported_at)), default=None)

    @property
    def reports(self) -> bool:
        """Whether it is one that reports, and has not gone over to sending without a report."""
        if self.reported_at is None:
            return False
        return (self.heard_at or self.reported_at) - self.reported_at < REPORTS_FOR


@dataclass(frozen=True, slots=True, kw_only=True)
class HallFacts:
    """How long a hall has been without a sale, beside how often it ever was."""

    hall: str
    # Showings of the last weeks before the quiet ones, and how many of them were unsold too.
    showings: int
    unsold: int
    # Starts of the showings since the last one that was sold, in order.
    quiet_starts: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueFacts:
    """What is known of a source at one venue."""

    venue_id: int
    # Since when the source has spoken of it: what was unsold before says nothing. None: never.
    heard_since: datetime | None = None
    # When showings are on, in order; yesterday's and today's.
    spans: tuple[Span, ...] = ()
    halls: tuple[HallFacts, ...] = ()
    # Of this clock hour and the one before, whichever is worse.
    events: int = 0
    refused: int = 0
    refused_at: datetime | None = None
    # When an event came last that was later than is allowed.
    overdue_at: datetime | None = None
    days: tuple[Day, ...] = ()
    # Accepted excuses.
    excused: tuple[Span, ...] = ()

    def is_excused(self, now: datetime) -> bool:
        """Whether an accepted excuse holds now."""
        return any(begin <= now < end for begin, end in self.excused)

    def opened_at(self, now: datetime) -> datetime | None:
        """Give when the day began whose showings are on: breaks up to DAY_BREAK are within it."""
        begun = [span for span in self.spans if span[0] <= now]
        opened: datetime | None = None
        if begun and now - begun[-1][1] > DAY_BREAK:
            return None
        for begin, end in reversed(begun):
            if opened is not None and opened - end > DAY_BREAK:
                break
            opened = begin
        return opened

    def last_due(self, now: datetime) -> Span | None:
        """Give since and until when a word was due last; None when none was, or it is excused."""
        begun = [span for span in self.spans if span[0] <= now]
        if not begun or self.is_excused(now):
            return None
        begin, end = begun[-1]
        return max([begin, *(end for _, end in self.excused if end <= now)]), end


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """Everything the rules want to know of one source."""

    source_id: int
    is_suspended: bool = False
    allowed_delay: timedelta = timedelta(days=1)
    keys: tuple[KeyFacts, ...] = ()
    venues: tuple[VenueFacts, ...] = ()

    @property
    def only_venue(self) -> int:
        """The venue of a source that speaks for one, else 0."""
        return self.venues[0].venue_id if len(self.venues) == 1 else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is not as it should be, from when it could be known."""

    kind: Kind
    venue_id: int
    subject: str = ""
    known_at: datetime
    # False: it makes the feed's state, and nobody is asked.
    is_asked: bool = True
    facts: dict[str, object] = field(default_factory=dict)


def judge(source: SourceFacts, rules: Rules, *, now: datetime) -> list[Finding]:
    """
    Say everything that is not as it should be with a source now.

    Pure: the same facts and moment give the same findings, in the order of the rules.
    """
    if source.is_suspended:
        return []
    found: list[Finding] = []
    for venue in source.venues:
        silent = [*_silence(source, venue, rules, now)]
        found += silent
        if not silent:
            found += _quiet_halls(source, venue, now)
        found += _refused(venue, rules, now)
        found += _overdue(venue, now)
        found += judge_days(venue, rules, now)
    found += _tills(source, rules, now)
    for key in source.keys:
        found += _gaps(source, key, now)
        found += _waiting(source, key, now)
        found += _once(source, key, now)
    return found


def states(
    source: SourceFacts, findings: Iterable[Finding]
) -> dict[int, tuple[State, str]]:
    """Give the state of each of a source's feeds and the kind that made it; "" for none."""
    if source.is_suspended:
        return {venue.venue_id: (State.SUSPENDED, "") for venue in source.venues}
    given: dict[int, tuple[State, str]] = {}
    listed = list(findings)
    for venue in source.venues:
        kinds = {
            STATE_OF[each.kind]: each.kind
            for each in reversed(listed)
            if each.kind in STATE_OF and each.venue_id in (0, venue.venue_id)
        }
        state = worst(list(kinds))
        given[venue.venue_id] = (state, kinds[state].value if state in kinds else "")
    return given


def _silence(
    source: SourceFacts, venue: VenueFacts, rules: Rules, now: datetime
) -> Iterator[Finding]:
    """
    Say that showings are on, and that the source, which reports, has not been heard.

    Of a source that does not report only its sales can be missed: `_never_sold`.
    """
    reporting = [key for key in source.keys if key.reports]
    if not reporting:
        yield from _never_sold(source, venue, now)
        return
    due = venue.last_due(now)
    if due is None:
        return
    since, until = due
    awake = [key for key in reporting if not _rests(key, now)]
    if not awake:
        return
    word_at = max((key.word_at for key in source.keys if key.word_at), default=since)
    rested = [key.resting_until for key in awake if key.resting_until]
    known_at = max(since, word_at, *rested) + rules.silence
    # Once it was missed it is, until a word comes, whatever is on.
    if known_at < until and now >= known_at:
        yield Finding(
            kind=Kind.SILENT,
            venue_id=venue.venue_id,
            known_at=known_at,
            facts={"word_at": word_at.isoformat()},
        )


def _rests(key: KeyFacts, now: datetime) -> bool:
    return key.resting_until is not None and now < key.resting_until


def _never_sold(source: SourceFacts, venue: VenueFacts, now: datetime) -> Iterator[Finding]:
    """Say that showing after showing of a venue is without a sale, all halls together."""
    starts = sorted(start for hall in venue.halls for start in hall.quiet_starts)
    heard = max((key.heard_at for key in source.keys if key.heard_at), default=None)
    if heard is None or venue.is_excused(now):
        # A source that has never said a word is not connected yet: the funnel knows of it.
        return
    whole = HallFacts(
        hall="",
        showings=sum(hall.showings for hall in venue.halls),
        unsold=sum(hall.unsold for hall in venue.halls),
        quiet_starts=tuple(start for start in starts if start > heard),
    )
    known_at = _quiet_too_long(whole, source.allowed_delay)
    if known_at is not None and now >= known_at:
        yield Finding(
            kind=Kind.SILENT,
            venue_id=venue.venue_id,
            known_at=known_at,
            facts={"showings": len(whole.quiet_starts), "word_at": heard.isoformat()},
        )


def quiet_showings_max(showings: int, unsold: int) -> int:
    """
    Give after how many unsold showings in a row a hall needs explanation.

    So many that a hall which is as often unsold as this one has been would see it once in
    QUIET_ODDS cases. The share is Laplace's, with two unsold of four added, so that a hall
    nobody knows yet is given time.
    """
    share = (unsold + 2) / (showings + 4)
    return math.ceil(math.log(1 / QUIET_ODDS) / math.log(share))


def _quiet_too_long(hall: HallFacts, wait: timedelta) -> datetime | None:
    """Give when a hall's silence could be known to be odd; None while it is not."""
    if not hall.quiet_starts:
        return None
    wanted = quiet_showings_max(hall.showings, hall.unsold)
    if len(hall.quiet_starts) < wanted:
        return None
    return hall.quiet_starts[wanted - 1] + wait


def _quiet_halls(
    source: SourceFacts, venue: VenueFacts, now: datetime
) -> Iterator[Finding]:
    """One hall is without a sale for far longer than it ever was, and its venue sells."""
    since = venue.heard_since
    if len(venue.halls) == 1 or since is None or venue.is_excused(now):
        return
    wait = SOLD_BY if any(key.reports for key in source.keys) else source.allowed_delay
    waits = [key.waiting_since for key in source.keys if key.waiting_since]
    for hall in venue.halls:
        if not hall.quiet_starts:
            continue
        # What still waits in the source may be this hall's.
        starts = tuple(
            start
            for start in hall.quiet_starts
            if start > since and (not waits or start < min(waits))
        )
        known_at = _quiet_too_long(
            HallFacts(
                hall=hall.hall,
                showings=hall.showings,
                unsold=hall.unsold,
                quiet_starts=starts,
            ),
            wait,
        )
        if known_at is not None and now >= known_at:
            yield Finding(
                kind=Kind.HALL_SILENT,
                venue_id=venue.venue_id,
                subject=hall.hall,
                known_at=known_at,
                facts={"showings": len(starts)},
            )


def _tills(source: SourceFacts, rules: Rules, now: datetime) -> Iterator[Finding]:
    """One of several keys that report was heard while showings were on, and is no more."""
    keys = [key for key in source.keys if key.reports and not key.is_continued]
    words = {key.key_id: key.word_at for key in keys}
    for key in keys:
        word_at = words[key.key_id]
        venues = [venue for venue in source.venues if key.venue_id in (0, venue.venue_id)]
        opened = [at for venue in venues if (at := venue.opened_at(now)) is not None]
        others = [at for other, at in words.items() if other != key.key_id and at]
        if word_at is None or not opened or _rests(key, now) or not others:
            continue
        # One that has not opened today says nothing of itself; its venue is watched as a whole.
        if word_at < min(opened) or now - max(others) >= rules.silence:
            continue
        missed = max(word_at, key.resting_until or word_at) + rules.silence
        # Between showings nobody misses it; once it was missed it is, until a word comes.
        missed_at = [
            max(begin, missed)
            for venue in venues
            for begin, end in venue.spans
            if begin <= now and missed < end and not venue.is_excused(now)
        ]
        known_at = min(missed_at, default=now)
        if missed_at and now >= known_at:
            yield Finding(
                kind=Kind.TILL_SILENT,
                venue_id=key.venue_id or source.only_venue,
                subject=key.key_id,
                known_at=known_at,
                facts={"word_at": word_at.isoformat()},
            )


def _gaps(source: SourceFacts, key: KeyFacts, now: datetime) -> Iterator[Finding]:
    """
    Numbers were passed over and have not come within GAP_AFTER (D1).

    While the key says that events wait, they may be those, for as long as the source is allowed.
    """
    excused = {venue.venue_id for venue in source.venues if venue.is_excused(now)}
    for gap in key.gaps:
        wait = source.allowed_delay if key.waiting_since else GAP_AFTER
        known_at = gap.seen_at + wait
        if now > known_at and gap.venue_id not in excused:
            yield Finding(
                kind=Kind.GAP,
                venue_id=gap.venue_id or source.only_venue,
                subject=key.key_id,
                known_at=known_at,
                facts={"numbers": gap.numbers, "first": gap.first},
            )
    if key.tail > 0 and key.reported_at is not None and not key.gaps:
        yield Finding(
            kind=Kind.GAP,
            venue_id=key.venue_id or source.only_venue,
            subject=key.key_id,
            known_at=key.reported_at,
            facts={"numbers": key.tail},
        )


def _waiting(source: SourceFacts, key: KeyFacts, now: datetime) -> Iterator[Finding]:
    """Events wait in the source: late from a while on, and asked about beyond what is allowed."""
    if key.waiting_since is None or now - key.waiting_since <= LATE_FROM:
        return
    known_at = key.waiting_since + source.allowed_delay
    yield Finding(
        kind=Kind.LATE,
        venue_id=key.venue_id or source.only_venue,
        subject=key.key_id,
        known_at=known_at,
        is_asked=now >= known_at,
        facts={"waiting_since": key.waiting_since.isoformat()},
    )


def _overdue(venue: VenueFacts, now: datetime) -> Iterator[Finding]:
    """Events came later than the source is allowed (D4)."""
    at = venue.overdue_at
    if at is not None and now - at < ON_FOR and not _covers(venue.excused, at):
        yield Finding(kind=Kind.LATE, venue_id=venue.venue_id, known_at=at)


def _covers(spans: Sequence[Span], at: datetime) -> bool:
    return any(begin <= at < end for begin, end in spans)


def _refused(venue: VenueFacts, rules: Rules, now: datetime) -> Iterator[Finding]:
    """Too large a share of an hour's events was refused."""
    is_many = venue.refused >= REFUSED_MIN
    if is_many and venue.refused * 1_000 > venue.events * rules.refused_permille:
        yield Finding(
            kind=Kind.REFUSED,
            venue_id=venue.venue_id,
            known_at=venue.refused_at or now,
            facts={"refused": venue.refused, "events": venue.events},
        )


def _once(source: SourceFacts, key: KeyFacts, now: datetime) -> Iterator[Finding]:
    """One number stands for two events (D1), or the key's clock is off."""
    venue_id = key.venue_id or source.only_venue
    if key.duplicated_at is not None and now - key.duplicated_at < ONCE_FOR:
        yield Finding(
            kind=Kind.DUPLICATE,
            venue_id=venue_id,
            subject=key.key_id,
            known_at=key.duplicated_at,
            facts={"number": key.duplicated},
        )
    off = [clock for clock in key.clocks if clock.is_off]
    if off:
        yield Finding(
            kind=Kind.CLOCK,
            venue_id=venue_id,
            subject=key.key_id,
            known_at=key.word_at or now,
            facts={"ahead_s": round(off[0].ahead_s)},
        )


def judge_days(venue: VenueFacts, rules: Rules, now: datetime) -> Iterator[Finding]:
    """Lay declared totals beside registered ones (D6), and a day beside what is promised (D5)."""
    below: list[Day] = []
    for day in sorted(venue.days, key=lambda day: day.business_date):
        yield from _totals(venue, day, rules, now)
        is_short = is_below(day, permille=rules.completeness_permille, at=now)
        if is_short:
            yield Finding(
                kind=Kind.DAY_INCOMPLETE,
                venue_id=venue.venue_id,
                subject=day.business_date.isoformat(),
                known_at=_judged_from(day),
            )
            below.append(day)
        elif is_short is not None:
            below.clear()
    if len(below) >= rules.escalate_days:
        yield Finding(
            kind=Kind.DAYS_INCOMPLETE,
            venue_id=venue.venue_id,
            known_at=max(map(_judged_from, below[: rules.escalate_days])),
            facts={"days": len(below), "first": below[0].business_date.isoformat()},
        )


def _judged_from(day: Day) -> datetime:
    """Give from when a closed day could be judged: what was declared late is known late."""
    return max([day.closes_at, *(each.declared_at for each in day.declared)])


def _totals(venue: VenueFacts, day: Day, rules: Rules, now: datetime) -> Iterator[Finding]:
    if day.match is not Match.DIFFERS:
        return
    moved = [each.declared_at for each in day.declared]
    known_at = max([*moved, *filter(None, [day.registered_at])]) + rules.settle
    if now >= known_at:
        tickets, gross_minor = totals_of(day.declared)
        yield Finding(
            kind=Kind.TOTALS_DIFFER,
            venue_id=venue.venue_id,
            subject=day.business_date.isoformat(),
            known_at=known_at,
            facts={
                "declared_tickets": tickets,
                "declared_gross_minor": gross_minor,
                "registered_tickets": day.tickets,
                "registered_gross_minor": day.gross_minor,
            },
        )
