"""Days of feeds, computed from what is counted: which are written, and what the rules see."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from psycopg import Connection

from ekino.feeds.model.days import (
    Day,
    Match,
    final_totals,
    words_of,
)
from ekino.feeds.model.judging import Span
from ekino.feeds.model.rules import Rules
from ekino.feeds.model.states import State
from ekino.feeds.store import rounds as store
from ekino.feeds.store.rounds import DayRow, Days, Pair, Place
from ekino.kernel.moments import day_begins

# A day with neither showings nor words.
CLOSED = "closed"
Key = tuple[int, int, date]


@dataclass(slots=True)
class Book:
    """The days that were computed, feed by feed, and the rows written of them."""

    days: dict[Pair, dict[date, Day]]
    rows: dict[Key, dict[str, Any]]
    _kept_from: date = date.min

    def of(self, pair: Pair) -> tuple[Day, ...]:
        """Give a feed's days."""
        return tuple(self.days.get(pair, {}).values())

    def forget(self, before: date) -> None:
        """Let go of days that nobody asks about any more."""
        if before == self._kept_from:
            return
        self._kept_from = before
        for days in self.days.values():
            for day in [day for day in days if day < before]:
                del days[day]
        for key in [key for key in self.rows if key[2] < before]:
            del self.rows[key]


def compute(
    tx: Connection[Any],
    book: Book,
    places: dict[Pair, Place],
    rules: Rules,
    span: Days,
    *,
    now: datetime,
) -> set[int]:
    """Compute days, write those that moved, and give the sources whose did."""
    first, past_end = span.first, span.past_end
    since = now - timedelta(days=(now.date() - first).days + 2)
    excused = store.list_excused(tx, since, now + timedelta(days=1))
    spoken = store.list_spoken(tx, since)
    silences = store.list_silences(tx, since)
    declared = store.list_declared(tx, first, past_end)
    continued = store.list_continued(tx)
    next_batch = store.next_batch(tx)
    moved: list[dict[str, Any]] = []
    for row in store.list_days(tx, span, now):
        pair = (row.source_id, row.venue_id)
        place = places.get(pair)
        if place is None:
            continue
        key = (*pair, row.business_date)
        its = _span(row.business_date, place.timezone, place.day_starts_hour)
        latest, earlier = words_of(declared.get(key, ()), continued)
        day = Day(
            business_date=row.business_date,
            closes_at=its[1] + place.allowed_delay,
            entered=row.entered,
            unmended=row.unmended,
            missing=row.missing,
            tickets=row.tickets,
            gross_minor=row.gross_minor,
            registered_at=row.registered_at,
            declared=latest,
            earlier=earlier,
            spoken=frozenset(
                each.key_id
                for each in spoken.get(pair, ())
                if each.first_at < its[1] and each.last_at >= its[0]
            ),
            showings=row.showings,
            is_excused=any(_meet(its, each) for each in excused.get(pair, ())),
            was_silent=any(
                _meet(its, (opened, closed or now))
                for where in (pair, (row.source_id, 0))
                for opened, closed in silences.get(where, ())
            ),
        )
        book.days.setdefault(pair, {})[row.business_date] = day
        written = _written(row, day, place, rules, now)
        if book.rows.get(key) != written:
            book.rows[key] = written
            moved.append(written | {"as_of": next_batch})
    store.put_days(tx, moved)
    return {int(row["source_id"]) for row in moved}


# A month of the zones of a large country.
@lru_cache(maxsize=1_024)
def _span(day: date, timezone: str, day_starts_hour: int) -> Span:
    return (
        day_begins(day, timezone, day_starts_hour),
        day_begins(day + timedelta(days=1), timezone, day_starts_hour),
    )


def _meet(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _written(
    row: DayRow, day: Day, place: Place, rules: Rules, now: datetime
) -> dict[str, Any]:
    final = final_totals(day)
    return {
        "source_id": row.source_id,
        "venue_id": row.venue_id,
        "business_date": row.business_date,
        "entered": row.entered,
        "refused": row.refused,
        "unmended": row.unmended,
        "late": row.late,
        "duplicates": row.duplicates,
        "declared_tickets": None if final is None else final[0],
        "declared_gross_minor": None if final is None else final[1],
        "registered_tickets": row.tickets,
        "registered_gross_minor": row.gross_minor,
        "registered_at": row.registered_at,
        "showings_announced": row.showings,
        "showings_with_sales": row.with_sales,
        "gaps": row.missing,
        "state": _state(row, day, place, rules),
        "completeness_ppm": day.ppm,
        "is_excused": day.is_excused,
        "is_closed": now >= day.closes_at,
    }


def _state(row: DayRow, day: Day, place: Place, rules: Rules) -> str:
    """Say in one word how a day was: the worst of what is known of it."""
    if place.is_suspended and not row.entered:
        return State.SUSPENDED.value
    if day.was_silent:
        return State.SILENT.value
    ppm = day.ppm
    is_short = ppm is not None and ppm < rules.completeness_permille * 1_000
    if is_short or day.missing or day.match is Match.DIFFERS:
        return State.INCOMPLETE.value
    if row.late * 1_000 > row.entered * rules.refused_permille:
        return State.LATE.value
    is_idle = not (row.showings or row.entered or row.refused or day.declared)
    return CLOSED if is_idle else State.ON_LINE.value
