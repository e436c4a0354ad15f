"""The fold over batches: to follow, and to begin again."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from msgspec import Struct
from psycopg import Connection

from ekino.db.database import Database, Role
from ekino.feeds.model import clock
from ekino.feeds.model.clock import Clock
from ekino.feeds.model.numbers import Counts, Line, Refused, Said, Sender
from ekino.feeds.service.rounds import fill_days
from ekino.feeds.store import batches as store
from ekino.feeds.store.batches import BatchRow, GapRow, Venue
from ekino.kernel.bounds import SEQUENCE_MAX
from ekino.kernel.moments import business_date, now
from ekino.register import service as register

# Batches folded in one transaction, and events: what is read of them is their bodies, some tens of
# megabytes, and half a second of work.
FOLD_BATCHES_MAX = 5_000
FOLD_EVENTS_MAX = 50_000
_ALREADY_ENTERED = "already_entered"


class _Event(Struct, gc=False):
    """Of an event what the watch wants; what it is of another kind is passed over."""

    sequence: int = 0
    venue: str = ""


class _Batch(Struct):
    events: list[_Event]


class _RawBatch(Struct):
    events: list[msgspec.Raw]


_BATCH = msgspec.json.Decoder(_Batch)
_RAW = msgspec.json.Decoder(_RawBatch)
_EVENT = msgspec.json.Decoder(_Event)


def follow(db: Database, *, batches_max: int = FOLD_BATCHES_MAX) -> int:
    """
    Fold the next batches, and give how many there were.

    Any number of followers may run at once: they take turns at the follower's row.
    """
    with db.transaction(Role.FOLLOWER) as tx:
        return _fold_next(tx, batches_max)
        # From here the batches are counted; a crash before it counts none of them.


def rebuild(db: Database, *, at: datetime | None = None) -> int:
    """Read every batch again and give how many there were; readers see the old hours until then."""
    folded = 0
    with db.transaction(Role.FOLLOWER) as tx:
        store.forget(tx)
        while count := _fold_next(tx, FOLD_BATCHES_MAX):
            folded += count
        # Every day is computed at once, whoever spoke of it.
        fill_days(tx, at or now())
    return folded


def _fold_next(tx: Connection[Any], batches_max: int) -> int:
    first = store.lock_follower(tx)
    past_end = store.read_span(
        tx, first, batches_max=batches_max, events_max=FOLD_EVENTS_MAX
    )
    if past_end is None:
        return 0
    rows = store.read_batches(tx, first, past_end)
    last = rows[-1]
    first_position, past_position = (
        rows[0].first_position,
        last.first_position + last.entered,
    )
    store.fold_hours(tx, first, past_end)
    store.fold_entries(tx, first_position, past_position)
    batches = [row for row in rows if row.source_id]
    if batches:
        refusals = store.read_refusals(tx, first, past_end)
        mixed = [
            row.batch_no
            for row in batches
            if row.entered
            and row.entered + len(refusals.get(row.batch_no, ())) < row.events
        ]
        entered = store.read_ordinals(tx, mixed, first_position, past_position)
        span = _Span(store.read_venues(tx))
        span.senders, span.clocks = store.read_senders(tx, {row.key_id for row in batches})
        span.known = {key: dict(each.unmended) for key, each in span.senders.items()}
        for row in batches:
            span.take(
                row,
                outcomes_of(row, refusals.get(row.batch_no, {}), entered.get(row.batch_no)),
            )
        _write(tx, span)
    store.move_follower(tx, past_end)
    return past_end - first


def read_numbers(body: bytes) -> Sequence[tuple[int, str]]:
    """Give (number, venue's code) of each event of a batch; (0, "") of what cannot be read."""
    try:
        return [(each.sequence, each.venue) for each in _BATCH.decode(body).events]
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return [_one(bytes(raw)) for raw in _RAW.decode(body).events]


def _one(raw: bytes) -> tuple[int, str]:
    try:
        event = _EVENT.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return 0, ""
    return event.sequence, event.venue


def outcomes_of(
    row: BatchRow, refused: dict[int, str], entered: set[int] | None
) -> list[str]:
    """
    Give what became of each event: "" when it was entered, or the name of what it met.

    `entered` are the places that became entries, where neither all nor none of the rest did.
    """
    if not row.entered:
        outcomes = [_ALREADY_ENTERED] * row.events
    elif entered is None:
        outcomes = [""] * row.events
    else:
        outcomes = [
            "" if place in entered else _ALREADY_ENTERED for place in range(row.events)
        ]
    for place, name in refused.items():
        outcomes[place] = name
    return outcomes


@dataclass(slots=True)
class _Key:
    """What a span holds of one key."""

    source_id: int
    heard_at: datetime
    batches: int = 0


@dataclass(slots=True)
class _Spoken:
    """What a span holds of one key about one venue."""

    counts: Counts
    first_at: datetime
    last_at: datetime
    duplicated_at: datetime | None = None


@dataclass(slots=True)
class _Span:
    """What is known of the keys of a span, and what its batches add."""

    venues: dict[str, Venue]
    senders: dict[str, Sender] = field(default_factory=dict)
    clocks: dict[str, Clock] = field(default_factory=dict)
    known: dict[str, dict[tuple[int, int], Refused]] = field(default_factory=dict)
    keys: dict[str, _Key] = field(default_factory=dict)
    spoken: dict[tuple[str, int], _Spoken] = field(default_factory=dict)
    hours: dict[tuple[int, int, datetime], Counts] = field(default_factory=dict)
    refused: Counter[tuple[int, int, datetime, str]] = field(default_factory=Counter)
    refused_at: dict[tuple[int, int, datetime], datetime] = field(default_factory=dict)

    def take(self, row: BatchRow, outcomes: list[str]) -> None:
        """Add one batch."""
        key = self.keys.setdefault(row.key_id, _Key(row.source_id, row.recorded_at))
        key.batches += 1
        key.heard_at = max(key.heard_at, row.recorded_at)
        self.clocks[row.key_id] = clock.after(
            self.clocks.get(row.key_id, Clock()), row.signed_at, row.recorded_at
        )
        events = read_numbers(register.decompress(row.body_encoding, row.body))
        if not events:
            return
        venue_ids = {
            code: venue.venue_id if (venue := self.venues.get(code)) else 0
            for code in {code for _, code in events}
        }
        said = Said(
            batch_no=row.batch_no,
            recorded_at=row.recorded_at,
            numbers=[number if 0 < number <= SEQUENCE_MAX else 0 for number, _ in events],
            venues=[venue_ids[code] for _, code in events],
            outcomes=outcomes,
        )
        hour = row.recorded_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        for venue_id, counts in self.senders[row.key_id].take(said).items():
            self._add(row, venue_id, counts, hour)
        for venue_id, outcome in zip(said.venues, outcomes, strict=True):
            if outcome not in ("", _ALREADY_ENTERED):
                self.refused[row.source_id, venue_id, hour, outcome] += 1

    def _add(self, row: BatchRow, venue_id: int, counts: Counts, hour: datetime) -> None:
        at = row.recorded_at
        if counts.refused:
            self.refused_at[row.source_id, venue_id, hour] = at
        self.hours.setdefault((row.source_id, venue_id, hour), Counts()).add(counts)
        spoken = self.spoken.setdefault((row.key_id, venue_id), _Spoken(Counts(), at, at))
        spoken.counts.add(counts)
        spoken.last_at = max(spoken.last_at, at)
        if counts.duplicated:
            spoken.duplicated_at = at


def _write(tx: Connection[Any], span: _Span) -> None:
    """Write what a span adds."""
    zones = {venue.venue_id: venue for venue in span.venues.values()}

    def day(at: datetime, venue_id: int) -> date:
        venue = zones.get(venue_id)
        if venue is None:
            return at.astimezone(UTC).date()
        return business_date(at, venue.timezone, venue.day_starts_hour)

    store.put_keys(
        tx,
        [
            (
                key_id,
                key.source_id,
                key.heard_at,
                key.batches,
                "venue" if span.senders[key_id].is_by_venue else "key",
                round(span.clocks[key_id].ahead_s),
                span.clocks[key_id].off_words,
                span.clocks[key_id].off_since,
            )
            for key_id, key in span.keys.items()
        ],
    )
    store.put_lines(tx, _line_rows(span))
    store.add_hours(
        tx,
        [
            (
                *place,
                each.events,
                each.refused,
                each.repeats,
                each.duplicates,
                span.refused_at.get(place),
            )
            for place, each in span.hours.items()
        ],
        span.refused,
    )
    _write_numbers(tx, span, day)


def _write_numbers(
    tx: Connection[Any], span: _Span, day: Callable[[datetime, int], date]
) -> None:
    """Write what is missing and what was refused; `day` gives an instant's date at a venue."""
    gone: list[int] = []
    gaps: list[GapRow] = []
    mended: list[tuple[str, int, int]] = []
    unmended: list[Sequence[object]] = []
    for key_id, sender in span.senders.items():
        source_id = span.keys[key_id].source_id
        for line_of, line in sender.lines.items():
            gone += line.gone
            for first, last, seen_at, venue_id, closed_at in _new_gaps(line):
                gaps.append(
                    (
                        key_id, line_of, source_id, venue_id, day(seen_at, venue_id),
                        first, last, seen_at, closed_at,
                    )
                )  # fmt: skip
        before, after = span.known[key_id], sender.unmended
        for place, refused in before.items():
            if after.get(place) != refused:
                mended.append((key_id, refused.venue_id, place[1]))
        for place, refused in after.items():
            if before.get(place) != refused:
                unmended.append(
                    (
                        key_id, refused.venue_id, place[1], source_id,
                        day(refused.refused_at, refused.venue_id), refused.outcome,
                        refused.refused_at, refused.batch_no, refused.ordinal,
                    )
                )  # fmt: skip
    store.put_gaps(tx, gone, gaps)
    store.put_unmended(tx, mended, unmended)


def _new_gaps(
    line: Line,
) -> list[tuple[int, int, datetime, int, datetime | None]]:
    found: list[tuple[int, int, datetime, int, datetime | None]] = [
        (each.first, each.last, each.seen_at, each.venue_id, each.closed_at)
        for each in line.closed
    ]
    found += [
        (each.first, each.last, each.seen_at, each.venue_id, None)
        for each in (*line.holes, *line.left)
        if not each.gap_id
    ]
    return found


def _line_rows(span: _Span) -> list[Sequence[object]]:
    """Give the lines to write: of what was said about each venue, and of each key as a whole."""
    rows: list[Sequence[object]] = []
    whole: dict[str, _Spoken] = {}
    for (key_id, venue_id), spoken in span.spoken.items():
        of_key = whole.setdefault(
            key_id, _Spoken(Counts(), spoken.first_at, spoken.last_at)
        )
        of_key.counts.add(spoken.counts)
        of_key.first_at = min(of_key.first_at, spoken.first_at)
        of_key.last_at = max(of_key.last_at, spoken.last_at)
        of_key.duplicated_at = spoken.duplicated_at or of_key.duplicated_at
        if venue_id:
            rows.append(_line_row(span, key_id, venue_id, spoken))
    return rows + [_line_row(span, key_id, 0, each) for key_id, each in whole.items()]


def _line_row(span: _Span, key_id: str, venue_id: int, spoken: _Spoken) -> Sequence[object]:
    line = span.senders[key_id].lines.get(venue_id, Line())
    counts = spoken.counts
    return (
        key_id, venue_id, span.keys[key_id].source_id, line.first, line.next,
        counts.events, counts.repeats, counts.duplicates, spoken.duplicated_at,
        counts.duplicated, spoken.first_at, spoken.last_at,
    )  # fmt: skip
