"""The watch as people see it: the board of feeds, one source down to its entries, alarms."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TypeVar

from ekino.access.model.people import Person
from ekino.access.service import audit
from ekino.db.database import Database, Role
from ekino.feeds.model.board import Line, lines_of
from ekino.feeds.model.drill import Acknowledgement, Batch, LateEvent, Problem
from ekino.feeds.model.picture import (
    Alarm,
    DayMark,
    Gap,
    Hour,
    Named,
    RefusedCause,
    Sender,
    Unmended,
    VenueDay,
)
from ekino.feeds.service import reading
from ekino.feeds.service.excuses import THE_STATE, Asker
from ekino.feeds.store import watching as store
from ekino.kernel.errors import NotFound

# Figures of a feed "lately": a day and a night.
SINCE_HOURS = 24
# Venues by whose names days are asked for.
VENUES_NAMED_MAX = 100
# Rows of one list of a drill; files hold as many as the room reads.
ROWS_SHOWN_MAX = 100
# What somebody says when they take notice of an alarm.
NOTICE_CHARACTERS_MAX = 500

T = TypeVar("T", bound=Named)


@dataclass(frozen=True, slots=True)
class View:
    """
    Who looks: the state, or organisations, each of which the database shows its own.

    The ministry's page and a cinema's mirror ask the same questions through it.
    """

    db: Database
    askers: tuple[Asker, ...] = (THE_STATE,)

    def each(self, ask: Callable[[reading.Whose], list[T]]) -> list[T]:
        """Ask as everybody who looks, and give each once, as the first of them sees it."""
        found: dict[Hashable, T] = {}
        for asker in self.askers:
            for each in ask(reading.Whose(asker=asker)):
                found.setdefault(each.key, each)
        return list(found.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Every feed that somebody may see, side by side."""

    at: datetime
    lines: tuple[Line, ...]
    # Which days are looked at; what they were is read for as many feeds as are shown.
    dates: tuple[date, ...]
    alarms: tuple[Alarm, ...]
    acknowledged: dict[int, Acknowledgement]


def read_board(view: View, *, first: date, past_end: date, at: datetime) -> Board:
    """Give every feed now, its last SINCE_HOURS, and how whole its days were."""
    since = at - timedelta(hours=SINCE_HOURS)
    feeds = view.each(lambda whose: reading.list_feeds(view.db, whose))
    lately = view.each(
        lambda whose: reading.sum_hours(view.db, whose, since=since, until=at)
    )
    wholeness = view.each(
        lambda whose: reading.sum_days(view.db, whose, first=first, past_end=past_end)
    )
    senders = view.each(lambda whose: reading.list_senders(view.db, whose))
    alarms = told_once(view.each(lambda whose: reading.list_alarms(view.db, whose)))
    with view.db.transaction(Role.READER) as tx:
        # Numbers of feeds and alarms that were read as whoever may see them.
        excused = store.list_excused_now(tx, at)
        acknowledged = store.list_acknowledged(tx, [each.alarm_id for each in alarms])
    return Board(
        at=at,
        lines=tuple(lines_of(feeds, lately, wholeness, senders, excused, at=at)),
        dates=tuple(first + timedelta(days=n) for n in range((past_end - first).days)),
        alarms=tuple(alarms),
        acknowledged=acknowledged,
    )


def told_once(alarms: list[Alarm]) -> list[Alarm]:
    """Give alarms that several are told of once each, as whoever is told most reads them."""
    told = {
        each.alarm_id: each for each in sorted(alarms, key=lambda each: len(each.facts))
    }
    return [told[number] for number in dict.fromkeys(each.alarm_id for each in alarms)]


def read_marks(view: View, board: Board, lines: Iterable[Line]) -> list[DayMark]:
    """Give what the board's days of these lines were."""
    keys = {line.key for line in lines}
    venues = sorted({venue_id for _, venue_id in keys})
    # Each row is held against every name: of very many venues the days are read whole.
    venue_ids = venues if len(venues) <= VENUES_NAMED_MAX else None
    first, past_end = _span(board)
    marks = view.each(
        lambda whose: reading.list_marks(
            view.db, whose, first=first, past_end=past_end, venue_ids=venue_ids
        )
    )
    return [each for each in marks if each[:2] in keys]


def read_days(view: View, board: Board, lines: Iterable[Line]) -> list[VenueDay]:
    """Give the board's days of these lines with all that is known of them."""
    keys = {line.key for line in lines}
    first, past_end = _span(board)
    days = view.each(
        lambda whose: reading.list_days(view.db, whose, first=first, past_end=past_end)
    )
    return [each for each in days if (each.source_id, each.venue_id) in keys]


def _span(board: Board) -> tuple[date, date]:
    return board.dates[0], board.dates[-1] + timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """One source, one of its venues or all, one day or the last weeks."""

    at: datetime
    source_id: int
    lines: tuple[Line, ...]
    senders: tuple[Sender, ...]
    days: tuple[VenueDay, ...]
    gaps: tuple[Gap, ...]
    causes: tuple[RefusedCause, ...]
    unmended: tuple[Unmended, ...]
    problems: dict[tuple[int, int], Problem]
    hours: tuple[Hour, ...]
    late: tuple[LateEvent, ...]
    batches: tuple[Batch, ...]
    alarms: tuple[Alarm, ...]
    acknowledged: dict[int, Acknowledgement]
    # Whether numbers and what waits may be shown: `may_see_numbers`.
    has_numbers: bool


def find_source(view: View, code: str) -> tuple[int, View]:
    """Give a source by its code and the view of whoever may see it; `NotFound` when none may."""
    for asker in view.askers:
        with view.db.transaction(asker.role, organisation_id=asker.organisation_id) as tx:
            source_id = store.find_source(tx, code)
        if source_id is not None:
            return source_id, View(view.db, (asker,))
    # Another's source and one that does not exist are the same to whoever asks.
    raise NotFound("there is no such source for you", code="source_not_found")


def may_see_numbers(view: View, source_id: int) -> bool:
    """
    Say whether a source's running numbers may be shown: to the state, its vendor, who runs it.

    The numbers of a shared system cross cinemas: of two of them and their times a cinema works
    out how much the others sell.
    """
    for asker in view.askers:
        if asker.role is Role.READER:
            return True
        with view.db.transaction(asker.role, organisation_id=asker.organisation_id) as tx:
            if store.is_source_ours(tx, source_id):
                return True
    return False


def read_drill(
    view: View,
    source_id: int,
    venue_id: int | None,
    *,
    days: tuple[date, date],
    day: date | None,
    span: tuple[datetime, datetime],
    at: datetime,
) -> Drill:
    """
    Give what stands behind a source's figures, in the days [first, past_end).

    `span` is the day's, or of what is lately; it bounds hours, late events and batches. `view`
    is of one asker.
    """
    db = view.db
    asker = view.askers[0]
    source = reading.Whose(asker=asker, source_id=source_id)
    venue = replace(source, venue_id=venue_id)
    feeds = reading.list_feeds(db, source)
    of_days = reading.list_days(db, venue, first=days[0], past_end=days[1])
    hours = reading.list_hours(db, venue, since=span[0], until=span[1])
    unmended = reading.list_unmended(db, venue, business_date=day)
    lately = reading.sum_hours(db, venue, since=at - timedelta(hours=SINCE_HOURS), until=at)
    wholeness = reading.sum_days(db, venue, first=days[0], past_end=days[1])
    senders = reading.list_senders(db, source)
    alarms = reading.list_alarms(db, venue, is_open=False, since=span[0])
    with db.transaction(Role.READER) as tx:
        excused = store.list_excused_now(tx, at)
        acknowledged = store.list_acknowledged(tx, [each.alarm_id for each in alarms])
        batch_span = store.read_batch_span(tx, source_id, *span)
    asked = {
        **batch_span,
        "source_id": source_id,
        "since": span[0],
        "until": span[1],
        "limit": ROWS_SHOWN_MAX,
    }
    with db.transaction(asker.role, organisation_id=asker.organisation_id) as tx:
        late = store.list_late(tx, asker.role, asked)
        batches = store.list_batches(tx, asker.role, asked)
        problems = store.list_problems(
            tx,
            asker.role,
            [(each.batch_no, each.ordinal) for each in unmended[:ROWS_SHOWN_MAX]],
        )
    return Drill(
        at=at,
        source_id=source_id,
        lines=tuple(lines_of(feeds, lately, wholeness, senders, excused, at=at)),
        senders=tuple(senders),
        days=tuple(of_days),
        gaps=tuple(reading.list_gaps(db, venue, business_date=day, is_open=False)),
        causes=tuple(reading.sum_refused(db, venue, since=span[0], until=span[1])),
        unmended=tuple(unmended),
        problems=problems,
        hours=tuple(hours),
        late=tuple(late),
        batches=tuple(batches),
        alarms=tuple(alarms),
        acknowledged=acknowledged,
        has_numbers=may_see_numbers(view, source_id),
    )


def acknowledge(
    db: Database, alarm_id: int, *, person: Person, words: str, at: datetime
) -> bool:
    """
    Take notice of an alarm, and say whether nobody had before; `NotFound` for none.

    It stays open: only the feed closes it, or an excuse that is accepted.
    """
    with db.transaction(Role.OFFICE) as tx:
        alarm = store.find_alarm(tx, alarm_id)
        if alarm is None:
            raise NotFound("there is no such alarm", code="alarm_not_found")
        is_first = store.acknowledge(
            tx, alarm_id, at=at, by=person.name, words=words[:NOTICE_CHARACTERS_MAX]
        )
        if is_first:
            audit.note(
                tx,
                actor=person.name,
                action="alarm_acknowledged",
                subject=f"alarm/{alarm_id}",
                person=person,
                detail={"kind": alarm[0]},
            )
        # From here it has been taken notice of, once.
    return is_first


def read_acknowledged(db: Database, alarm_id: int) -> Acknowledgement | None:
    """Say who has taken notice of an alarm that the reader may see."""
    with db.transaction(Role.READER) as tx:
        return store.list_acknowledged(tx, [alarm_id]).get(alarm_id)
