"""The tables behind a source's figures: keys, numbers, refused and late events, batches."""

from collections.abc import Iterable

from ekino.feeds.model.picture import Hour, RefusedCause, Unmended
from ekino.feeds.pages.tables import Words
from ekino.feeds.service.watching import ROWS_SHOWN_MAX, Drill
from ekino.ui.tables import Cell, Column, Kind, Row, Table

_P50, _P95 = 500, 950


def all_of(words: Words, drill: Drill) -> tuple[Table, ...]:
    """Give every table of a drill."""
    return (
        keys(words, drill),
        gaps(words, drill),
        causes(words, drill.causes),
        unmended(words, drill),
        hours(words, drill.hours),
        late(words, drill),
        batches(words, drill),
    )


def _table(
    words: Words, part: str, columns: tuple[Column, ...], rows: Iterable[Row]
) -> Table:
    return Table(
        name=f"feed-{part}",
        part=part,
        columns=columns,
        rows=tuple(rows),
        timezone=words.desk.country.timezone,
    )


_KEYS = (
    Column("key", "feeds.key", Kind.TEXT, is_head=True),
    Column("heard_at", "feeds.heard", Kind.CLOCK),
    Column("reported_at", "feeds.reported", Kind.CLOCK),
    Column("version", "feeds.version", Kind.TEXT),
    Column("version_since", "feeds.version_since", Kind.CLOCK),
    Column("clock_ahead_s", "feeds.clock", Kind.DECIMAL),
    Column("waiting", "feeds.waiting", Kind.COUNT),
    Column("oldest_waiting_at", "feeds.oldest_waiting", Kind.CLOCK),
    Column("resting_until", "feeds.resting", Kind.CLOCK),
    Column("valid_until", "feeds.key_until", Kind.CLOCK),
)


def keys(words: Words, drill: Drill) -> Table:
    """Give the keys that may send, and what each says of itself."""
    return _table(
        words,
        "keys",
        _KEYS,
        (
            {
                "key": Cell(
                    each.key_id,
                    badge=("plain", "feeds.revoked") if each.is_revoked else None,
                ),
                "heard_at": each.heard_at,
                "reported_at": each.reported_at,
                "version": f"{each.product} {each.version}".strip() or None,
                "version_since": each.version_since,
                "clock_ahead_s": each.clock_ahead_s,
                "waiting": each.waiting_events if drill.has_numbers else None,
                "oldest_waiting_at": each.oldest_waiting_at,
                "resting_until": each.resting_until,
                "valid_until": each.valid_until,
            }
            for each in drill.senders
        ),
    )


_GAPS = (
    Column("first", "feeds.first_number", Kind.COUNT, is_head=True),
    Column("last", "feeds.last_number", Kind.COUNT),
    Column("numbers", "feeds.numbers", Kind.COUNT),
    Column("key", "feeds.key", Kind.TEXT),
    Column("date", "feeds.day", Kind.DATE),
    Column("seen_at", "feeds.seen", Kind.CLOCK),
    Column("closed_at", "feeds.came", Kind.CLOCK),
)


def gaps(words: Words, drill: Drill) -> Table:
    """Give missing numbers, those still missing first."""
    return _table(
        words,
        "gaps",
        _GAPS,
        (
            {
                "first": each.first_sequence if drill.has_numbers else None,
                "last": each.last_sequence if drill.has_numbers else None,
                "numbers": each.numbers,
                "key": each.key_id,
                "date": each.business_date,
                "seen_at": each.seen_at,
                "closed_at": each.closed_at,
            }
            for each in drill.gaps
        ),
    )


_CAUSES = (
    Column("cause", "feeds.cause", Kind.TEXT, is_head=True),
    Column("events", "feeds.events", Kind.COUNT),
    Column("last_hour", "feeds.last_hour", Kind.CLOCK),
    Column("fix", "feeds.fix", Kind.TEXT),
)


def causes(words: Words, found: Iterable[RefusedCause]) -> Table:
    """Give refused events by cause with what mends each, the most first."""
    merged: dict[str, RefusedCause] = {}
    counts: dict[str, int] = {}
    for each in found:
        counts[each.outcome] = counts.get(each.outcome, 0) + each.events
        before = merged.get(each.outcome)
        if before is None or each.last_hour > before.last_hour:
            merged[each.outcome] = each
    return _table(
        words,
        "causes",
        _CAUSES,
        (
            {
                "cause": Cell(words(f"own.cause.{outcome}"), note=outcome),
                "events": counts[outcome],
                "last_hour": each.last_hour,
                "fix": words(f"own.fix.{outcome}"),
            }
            for outcome, each in sorted(merged.items(), key=lambda pair: -counts[pair[0]])
        ),
    )


_UNMENDED = (
    Column("number", "feeds.number", Kind.COUNT, is_head=True),
    Column("cause", "feeds.cause", Kind.TEXT),
    Column("ticket", "feeds.ticket", Kind.TEXT),
    Column("showing", "feeds.showing", Kind.TEXT),
    Column("refused_at", "feeds.refused_at", Kind.CLOCK),
    Column("key", "feeds.key", Kind.TEXT),
    Column("batch", "feeds.batch", Kind.COUNT),
    Column("said", "feeds.said", Kind.TEXT),
)


def unmended(words: Words, drill: Drill) -> Table:
    """Give refused events that have not come again and been entered."""

    def row(each: Unmended) -> Row:
        problem = drill.problems.get((each.batch_no, each.ordinal))
        return {
            "number": each.sequence if drill.has_numbers else None,
            "cause": words(f"own.cause.{each.outcome}"),
            "ticket": problem.ticket if problem and problem.ticket else None,
            "showing": problem.showing if problem and problem.showing else None,
            "refused_at": each.refused_at,
            "key": each.key_id,
            "batch": each.batch_no,
            "said": Cell(problem.detail, lang="en") if problem and problem.detail else None,
        }

    return _table(
        words, "unmended", _UNMENDED, (row(each) for each in drill.unmended[:ROWS_SHOWN_MAX])
    )  # fmt: skip


_HOURS = (
    Column("hour", "feeds.hour", Kind.CLOCK, is_head=True),
    Column("events", "feeds.events", Kind.COUNT),
    Column("entered", "feeds.entered", Kind.COUNT),
    Column("refused", "feeds.refused", Kind.COUNT),
    Column("repeats", "feeds.repeats", Kind.COUNT),
    Column("duplicates", "feeds.duplicates", Kind.COUNT),
    Column("late", "feeds.late", Kind.COUNT),
    Column("overdue", "feeds.overdue", Kind.COUNT),
    Column("lag_p50", "feeds.lag_p50", Kind.TEXT),
    Column("lag_p95", "feeds.lag_p95", Kind.TEXT),
)


def hours(words: Words, found: Iterable[Hour]) -> Table:
    """Give what came in by the hour, with its lags."""
    return _table(
        words,
        "hours",
        _HOURS,
        (
            {
                "hour": each.begins_at,
                "events": each.events,
                "entered": each.entered,
                "refused": each.refused,
                "repeats": each.repeats,
                "duplicates": each.duplicates,
                "late": each.late,
                "overdue": each.overdue,
                "lag_p50": words.lag(each.lags.within_s(_P50), each.lags.events),
                "lag_p95": words.lag(each.lags.within_s(_P95), each.lags.events),
            }
            for each in found
        ),
    )


_LATE = (
    Column("position", "feeds.position", Kind.COUNT, is_head=True),
    Column("kind", "feeds.event", Kind.TEXT),
    Column("ticket", "feeds.ticket", Kind.TEXT),
    Column("happened_at", "feeds.happened", Kind.CLOCK),
    Column("recorded_at", "feeds.recorded", Kind.CLOCK),
    Column("lag_minutes", "feeds.lag_minutes", Kind.COUNT),
)


def late(words: Words, drill: Drill) -> Table:
    """Give events that were recorded late, the latest first."""
    return _table(
        words,
        "late",
        _LATE,
        (
            {
                "position": Cell(
                    each.position,
                    href=f"/gov/tickets/{each.position}" if words.may_see_tickets else "",
                ),
                "kind": words(f"feeds.event.{each.kind}"),
                "ticket": each.subject,
                "happened_at": each.happened_at,
                "recorded_at": each.recorded_at,
                "lag_minutes": int((each.recorded_at - each.happened_at).total_seconds())
                // 60,
            }
            for each in drill.late
        ),
    )


_BATCHES = (
    Column("batch", "feeds.batch", Kind.COUNT, is_head=True),
    Column("recorded_at", "feeds.recorded", Kind.CLOCK),
    Column("signed_at", "feeds.signed", Kind.CLOCK),
    Column("events", "feeds.events", Kind.COUNT),
    Column("entered", "feeds.entered", Kind.COUNT),
    Column("key", "feeds.key", Kind.TEXT),
)


def batches(words: Words, drill: Drill) -> Table:
    """Give the source's batches, the latest first."""
    return _table(
        words,
        "batches",
        _BATCHES,
        (
            {
                "batch": each.batch_no,
                "recorded_at": each.recorded_at,
                "signed_at": each.signed_at,
                "events": each.events,
                "entered": each.entered,
                "key": each.key_id,
            }
            for each in drill.batches
        ),
    )
