"""Reports: a source's heartbeat, what its days came to, and the answer."""

from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from ekino.access.service import Key
from ekino.db.database import Database, Role
from ekino.feeds.model import clock
from ekino.feeds.model.days import Day, registered_match, words_of
from ekino.feeds.model.report import (
    REPORT_MISSING_MAX,
    Answer,
    ComparedDay,
    DeclaredDay,
    Missing,
    Report,
)
from ekino.feeds.store import reports as store
from ekino.kernel.errors import Malformed, NotAllowed, Problem

# Nobody rests for longer than a season's pause without telling anybody.
RESTING_MAX = timedelta(days=7)
# How far back and ahead a day may be declared: a season's presale, and a year that was kept on
# paper. A source that counts through the calendar fills no table.
DECLARED_WITHIN = timedelta(days=400)


def take(db: Database, key: Key, report: Report, *, at: datetime) -> Answer:
    """
    Keep what a source's key reports, and answer what is missing and how its days compare.

    The same report again is the same answer. Raises `NotAllowed` when it names a venue that the
    source may not speak for, and `Malformed` when it rests for too long or speaks of a day that is
    too far away; nothing of it is kept.
    """
    _verify_times(report, at)
    source_id = key.source_id or 0
    with db.transaction(Role.INGEST) as tx:
        venues = store.list_venues(tx, source_id)
        _verify_venues(report, venues)
        size, batches, as_of = store.read_head(tx)
        known = store.lock_clock(tx, key.key_id)
        seen = clock.after(known, report.sent_at, at)
        store.put_report(
            tx,
            {
                "key_id": key.key_id,
                "source_id": source_id,
                "at": at,
                "product": report.product,
                "version": report.version,
                "sent_at": report.sent_at,
                "clock_ahead_s": seen.ahead_s,
                "clock_off_words": seen.off_words,
                "clock_off_since": seen.off_since,
                "waiting_events": report.waiting_events,
                "oldest_waiting_at": report.oldest_waiting_at,
                "next_sequence": report.next_sequence,
                "resting_until": report.resting_until,
                "batches": batches,
            },
        )
        for day in report.days:
            store.put_declared(
                tx,
                {
                    "source_id": source_id,
                    "venue_id": venues[day.venue],
                    "business_date": day.business_date,
                    "key_id": key.key_id,
                    "is_final": day.is_final,
                    "tickets": day.tickets,
                    "gross_minor": day.gross_minor,
                    "refunds": day.refunds,
                    "at": at,
                    "batches": batches,
                },
            )
        return Answer(
            recorded_at=at,
            register_size=size,
            as_of=as_of,
            clock_ahead_s=seen.ahead_s,
            missing=tuple(
                Missing(first=first, last=last, venue=venue)
                for first, last, venue in store.list_missing(
                    tx, key.key_id, REPORT_MISSING_MAX
                )
            ),
            days=tuple(
                _compare(tx, source_id, venues[day.venue], day, at) for day in report.days
            ),
        )
        # From here the report is kept.


def _verify_times(report: Report, at: datetime) -> None:
    if report.resting_until and report.resting_until - at > RESTING_MAX:
        detail = f"resting_until is more than {RESTING_MAX.days} days ahead"
        raise Malformed(detail, code="report_is_malformed")
    if any(abs(day.business_date - at.date()) > DECLARED_WITHIN for day in report.days):
        detail = f"a day is more than {DECLARED_WITHIN.days} days away"
        raise Malformed(detail, code="report_is_malformed")


def _verify_venues(report: Report, venues: dict[str, int]) -> None:
    problems = [
        Problem(
            pointer=f"/days/{place}/venue",
            code="source_may_not_speak_for_venue",
            detail=f"this source may not speak for {day.venue!r}",
            fix="Name a venue of whose halls the register lets this source speak.",
        )
        for place, day in enumerate(report.days)
        if day.venue not in venues
    ]
    if problems:
        raise NotAllowed(
            problems[0].detail, problems=problems, code="source_may_not_speak_for_venue"
        )


def _compare(
    tx: Connection[Any], source_id: int, venue_id: int, day: DeclaredDay, at: datetime
) -> ComparedDay:
    tickets, gross_minor = store.sum_registered(tx, source_id, venue_id, day.business_date)
    latest, earlier = words_of(
        store.list_declared(tx, source_id, venue_id, day.business_date),
        store.list_continued(tx, source_id),
    )
    match = registered_match(
        Day(
            business_date=day.business_date,
            closes_at=at,
            entered=0,
            unmended=0,
            missing=0,
            tickets=tickets,
            gross_minor=gross_minor,
            registered_at=None,
            declared=latest,
            earlier=earlier,
            spoken=store.list_spoken(tx, source_id, venue_id, day.business_date),
        )
    )
    return ComparedDay(declared=day, tickets=tickets, gross_minor=gross_minor, match=match)
