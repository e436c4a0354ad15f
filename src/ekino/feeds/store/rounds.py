"""What one look over all feeds reads, and what it writes."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from psycopg import Connection
from psycopg.types.json import Jsonb

from ekino.db.queries import load_queries
from ekino.feeds.model.alarms import Known, Name
from ekino.feeds.model.days import Declared
from ekino.feeds.model.judging import Finding, OpenGap, Span
from ekino.feeds.model.states import Kind, State

_QUERIES = load_queries("ekino.feeds")
# A source and a venue.
Pair = tuple[int, int]
T = TypeVar("T")


class Place(NamedTuple):
    """A source at a venue, with whom either belongs to; "" where the catalog has nobody."""

    source_id: int
    venue_id: int
    source: str
    venue: str
    is_suspended: bool
    allowed_delay_s: int
    timezone: str
    day_starts_hour: int
    operator_code: str
    vendor_code: str
    exhibitor_code: str

    @property
    def allowed_delay(self) -> timedelta:
        """How long a ticket's sale may take to reach us."""
        return timedelta(seconds=self.allowed_delay_s)


class KeyRow(NamedTuple):
    """A key that may send now, with what it sent and reported."""

    key_id: str
    source_id: int
    heard_at: datetime | None
    clock_ahead_s: int | None
    clock_off_words: int | None
    clock_off_since: datetime | None
    reported_at: datetime | None
    said_ahead_s: float | None
    said_off_words: int | None
    said_off_since: datetime | None
    waiting_since: datetime | None
    resting_until: datetime | None
    tail: int
    # Another key of the source goes on with its numbers: it was rotated.
    is_continued: bool
    venues: int
    venue_id: int
    duplicated_at: datetime | None
    duplicated: int


class HourRow(NamedTuple):
    """An hour in which events were refused or came too late."""

    source_id: int
    venue_id: int
    events: int
    refused: int
    refused_at: datetime | None
    overdue_at: datetime | None


class ShowingRow(NamedTuple):
    """A showing that a source may sell."""

    source_id: int
    venue_id: int
    hall: str
    showing_id: int
    starts_at: datetime
    is_sold: bool
    # It is one of those that are watched: announced, in the span, and somebody may sell it.
    is_on: bool


class QuietRow(NamedTuple):
    """A source's hall with its showings of the weeks before."""

    source_id: int
    venue_id: int
    hall: str
    showings: int
    unsold: int
    # When those after the last that was sold began.
    quiet: list[datetime]


class DayRow(NamedTuple):
    """What is counted of one feed's day."""

    source_id: int
    venue_id: int
    business_date: date
    entered: int
    refused: int
    late: int
    duplicates: int
    tickets: int
    gross_minor: int
    registered_at: datetime | None
    with_sales: int
    showings: int
    missing: int
    unmended: int


@dataclass(frozen=True, slots=True)
class Days:
    """The days of [first, past_end) of all venues, of one share of them by number, or of some."""

    first: date
    past_end: date
    share: int = 0
    shares: int = 1
    venue_ids: tuple[int, ...] | None = None


class Spoken(NamedTuple):
    """A key that speaks of a venue, from when to when."""

    key_id: str
    first_at: datetime
    last_at: datetime


def _rows(
    tx: Connection[Any], make: Callable[[Iterable[Any]], T], statement: str, **asked: object
) -> list[T]:
    # By place and not by name: thousands of rows in every round.
    return list(map(make, tx.execute(statement, asked).fetchall()))


def lock_watch(tx: Connection[Any]) -> datetime | None:
    """Take the watch until the transaction ends, and give when the last look was."""
    row = tx.execute(_QUERIES.lock_watch).fetchone()
    return None if row is None else row[0]


def move_watch(tx: Connection[Any], at: datetime, took_ms: int) -> None:
    """Note a look."""
    tx.execute(_QUERIES.move_watch, {"at": at, "took_ms": took_ms})


def list_places(tx: Connection[Any]) -> list[Place]:
    """Give every feed there is, by source and venue."""
    return _rows(tx, Place._make, _QUERIES.list_watched)


def list_keys(tx: Connection[Any], at: datetime) -> list[KeyRow]:
    """Give every key that may send at an instant."""
    return _rows(tx, KeyRow._make, _QUERIES.list_keys_watched, at=at)


def list_open_gaps(tx: Connection[Any]) -> dict[str, list[OpenGap]]:
    """Give what is missing, by key."""
    found: dict[str, list[OpenGap]] = defaultdict(list)
    for key_id, venue_id, seen_at, numbers, first in tx.execute(
        _QUERIES.list_open_gaps
    ).fetchall():
        found[key_id].append(
            OpenGap(venue_id=venue_id, seen_at=seen_at, numbers=numbers, first=first)
        )
    return found


def list_hours(tx: Connection[Any], at: datetime) -> list[HourRow]:
    """Give the hours that may be asked about."""
    return _rows(tx, HourRow._make, _QUERIES.list_hours_watched, at=at)


def read_revisions(tx: Connection[Any]) -> tuple[int, int]:
    """Give the revisions of the catalog and of rights."""
    row = tx.execute(_QUERIES.read_watched_revisions).fetchone()
    return (0, 0) if row is None else (row[0], row[1])


def list_showings(
    tx: Connection[Any], since: datetime, until: datetime
) -> list[ShowingRow]:
    """Give the showings of [since, until], in the order of their starts."""
    return _rows(
        tx, ShowingRow._make, _QUERIES.list_showings_watched, since=since, until=until
    )


def list_showings_changed(
    tx: Connection[Any], revision: int, since: datetime, until: datetime, *, limit: int
) -> list[ShowingRow]:
    """Give showings that changed after a revision of the catalog."""
    return _rows(
        tx,
        ShowingRow._make,
        _QUERIES.list_showings_changed,
        revision=revision,
        since=since,
        until=until,
        limit=limit,
    )


def list_sold(
    tx: Connection[Any], asked: Collection[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Give those of (showing, source) of which the source has sold a ticket."""
    if not asked:
        return []
    given = {
        "showing_ids": [showing_id for showing_id, _ in asked],
        "source_ids": [source_id for _, source_id in asked],
    }
    return tx.execute(_QUERIES.list_sold, given).fetchall()


def list_quiet(tx: Connection[Any], since: datetime, until: datetime) -> list[QuietRow]:
    """Give halls with what the showings of [since, until) came to."""
    return _rows(tx, QuietRow._make, _QUERIES.list_quiet, since=since, until=until)


def list_excused(
    tx: Connection[Any], since: datetime, until: datetime
) -> dict[Pair, list[Span]]:
    """Give the spans of accepted excuses by feed."""
    found: dict[Pair, list[Span]] = defaultdict(list)
    asked = {"since": since, "until": until}
    for source_id, venue_id, begins_at, ends_at in tx.execute(
        _QUERIES.list_excused, asked
    ).fetchall():
        found[source_id, venue_id].append((begins_at, ends_at))
    return found


def list_days(tx: Connection[Any], span: Days, at: datetime) -> list[DayRow]:
    """Give what is counted of days."""
    venue_ids = None if span.venue_ids is None else list(span.venue_ids)
    asked = {**asdict(span), "venue_ids": venue_ids, "at": at}
    return _rows(tx, DayRow._make, _QUERIES.list_days_watched, **asked)


def list_declared(
    tx: Connection[Any], first: date, past_end: date
) -> dict[tuple[int, int, date], list[Declared]]:
    """Give what was declared of each feed's day."""
    found: dict[tuple[int, int, date], list[Declared]] = defaultdict(list)
    asked = {"first": first, "past_end": past_end}
    for source_id, venue_id, day, key_id, tickets, gross, is_final, at in tx.execute(
        _QUERIES.list_declared, asked
    ).fetchall():
        found[source_id, venue_id, day].append(
            Declared(
                key_id=key_id,
                tickets=tickets,
                gross_minor=gross,
                is_final=is_final,
                declared_at=at,
            )
        )
    return found


def list_continued(tx: Connection[Any]) -> dict[str, str]:
    """Give rotated keys, and the key that goes on with the numbers of each."""
    return dict(tx.execute(_QUERIES.list_continued).fetchall())


def list_spoken(tx: Connection[Any], since: datetime) -> dict[Pair, list[Spoken]]:
    """Give by feed the keys that spoke since an instant."""
    found: dict[Pair, list[Spoken]] = defaultdict(list)
    for source_id, venue_id, *spoken in tx.execute(
        _QUERIES.list_spoken, {"since": since}
    ).fetchall():
        found[source_id, venue_id].append(Spoken(*spoken))
    return found


def list_first_heard(tx: Connection[Any]) -> dict[Pair, datetime]:
    """Give since when each feed has been heard."""
    return {
        (row[0], row[1]): row[2] for row in tx.execute(_QUERIES.list_first_heard).fetchall()
    }


def list_silences(
    tx: Connection[Any], since: datetime
) -> dict[Pair, list[tuple[datetime, datetime | None]]]:
    """Give by feed (venue 0: the source's) when silence was asked about; None: it is still."""
    found: dict[Pair, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    for source_id, venue_id, *span in tx.execute(
        _QUERIES.list_silences, {"since": since}
    ).fetchall():
        found[source_id, venue_id].append((span[0], span[1]))
    return found


def first_day(tx: Connection[Any]) -> date | None:
    """Give the first day of which anything is counted."""
    row = tx.execute(_QUERIES.first_day).fetchone()
    return None if row is None else row[0]


def next_batch(tx: Connection[Any]) -> int:
    """Give the next batch to be folded."""
    row = tx.execute(_QUERIES.next_batch).fetchone()
    return 0 if row is None else int(row[0])


def take_touched(tx: Connection[Any]) -> list[tuple[date, int]]:
    """Take the (day, venue) that something was said about since the last look; 0: every one."""
    return tx.execute(_QUERIES.take_touched).fetchall()


def put_days(tx: Connection[Any], rows: Sequence[Mapping[str, object]]) -> None:
    """Write days."""
    if rows:
        with tx.cursor() as cursor:
            cursor.executemany(_QUERIES.put_days, rows)


def list_states(tx: Connection[Any]) -> dict[Pair, tuple[State, datetime, str]]:
    """Give by feed its state, since when, and why."""
    return {
        (source_id, venue_id): (State(state), since, reason)
        for source_id, venue_id, state, since, reason in tx.execute(
            _QUERIES.list_states
        ).fetchall()
    }


def put_states(
    tx: Connection[Any],
    changed: Mapping[Pair, tuple[State, datetime, str]],
    gone: Sequence[Pair],
) -> None:
    """Write states that changed, and take out those of feeds that are no more."""
    if changed:
        asked = {
            "source_ids": [pair[0] for pair in changed],
            "venue_ids": [pair[1] for pair in changed],
            "states": [each[0].value for each in changed.values()],
            "sinces": [each[1] for each in changed.values()],
            "reasons": [each[2] for each in changed.values()],
        }
        tx.execute(_QUERIES.put_states, asked)
    if gone:
        tx.execute(
            _QUERIES.delete_states,
            {
                "source_ids": [pair[0] for pair in gone],
                "venue_ids": [pair[1] for pair in gone],
            },
        )


def list_alarms_known(
    tx: Connection[Any], since: datetime
) -> tuple[dict[Name, Known], dict[Name, int]]:
    """Give alarms that are open or closed since an instant, and the number of each."""
    known: dict[Name, Known] = {}
    numbers: dict[Name, int] = {}
    for alarm_id, kind, source_id, venue_id, subject, last_seen_at, closed_at in tx.execute(
        _QUERIES.list_alarms_known, {"since": since}
    ).fetchall():
        name = Name(Kind(kind), source_id, venue_id, subject)
        known[name] = Known(last_seen_at=last_seen_at, closed_at=closed_at)
        numbers[name] = alarm_id
    return known, numbers


def open_alarm(tx: Connection[Any], name: Name, finding: Finding, at: datetime) -> int:
    """Write an alarm, and give its number."""
    row = tx.execute(
        _QUERIES.open_alarm,
        {
            "kind": name.kind.value,
            "source_id": name.source_id,
            "venue_id": name.venue_id,
            "subject": name.subject,
            "known_at": finding.known_at,
            "at": at,
            "facts": Jsonb(finding.facts),
        },
    ).fetchone()
    return int(row[0]) if row else 0


def change_alarms(
    tx: Connection[Any],
    at: datetime,
    *,
    reopened: Sequence[int],
    seen: Sequence[int],
    closed: Sequence[int],
) -> None:
    """Write what became of alarms."""
    for statement, alarm_ids in (
        (_QUERIES.reopen_alarms, reopened),
        (_QUERIES.see_alarms, seen),
        (_QUERIES.close_alarms, closed),
    ):
        if alarm_ids:
            tx.execute(statement, {"at": at, "alarm_ids": list(alarm_ids)})
