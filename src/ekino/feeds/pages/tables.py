"""The tables of feeds, each one value for the page and its files, the same on every side."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from starlette.requests import Request

from ekino.access.model.permissions import Permission
from ekino.feeds.model.board import WHOLE_PPM, Line, VendorLine
from ekino.feeds.model.drill import Acknowledgement
from ekino.feeds.model.picture import Alarm, Feed, VenueDay
from ekino.feeds.model.states import State
from ekino.feeds.pages.desk import Desk, Side
from ekino.ui.tables import Cell, Column, Kind, Row, Table

# In thousandths: half of the events, and all but one in twenty.
_P50, _P95 = 500, 950


@dataclass(frozen=True, slots=True)
class Words:
    """The reader's words, and where the reader is."""

    desk: Desk
    request: Request
    side: Side

    @property
    def may_see_tickets(self) -> bool:
        """Whether entries may be shown to the reader one by one, on the analysts' page."""
        return self.side is Side.MINISTRY and self.desk.person(self.request).may(
            Permission.SEE_TICKETS
        )

    def __call__(self, key: str, **values: object) -> str:
        """Give a message."""
        return self.desk.text(self.request, key, **values)

    def lag(self, seconds: int | None, events: int) -> str | None:
        """Write a bound of a lag; None when there were no events."""
        if not events:
            return None
        return self("feeds.lag.longer" if seconds is None else f"feeds.lag.{seconds}")


def share(ppm: int | None) -> Fraction | None:
    """Turn parts of a million into a part of one."""
    return None if ppm is None else Fraction(ppm, WHOLE_PPM)


_FEEDS = (
    Column("venue", "feeds.venue", Kind.TEXT, is_head=True),
    Column("source", "feeds.source", Kind.TEXT),
    Column("vendor", "feeds.vendor", Kind.TEXT),
    Column("state", "feeds.state", Kind.TEXT),
    Column("since", "feeds.since", Kind.CLOCK),
    Column("heard_at", "feeds.heard", Kind.CLOCK),
    Column("lag_p50", "feeds.lag_p50", Kind.TEXT),
    Column("lag_p95", "feeds.lag_p95", Kind.TEXT),
    Column("events", "feeds.events", Kind.COUNT),
    Column("missing", "feeds.missing", Kind.COUNT),
    Column("refused", "feeds.refused", Kind.COUNT),
    Column("late", "feeds.late", Kind.COUNT),
    Column("complete_day", "feeds.complete_day", Kind.SHARE),
    Column("complete_days", "feeds.complete_days", Kind.SHARE),
    Column("clock_ahead_s", "feeds.clock", Kind.DECIMAL),
    Column("version", "feeds.version", Kind.TEXT),
    Column("certificate", "feeds.certificate", Kind.TEXT),
    Column("key_until", "feeds.key_until", Kind.CLOCK),
)


def feeds(words: Words, lines: Sequence[Line], at: datetime | None) -> Table:
    """Give feeds as they are now."""
    certified = words.desk.certified()

    def row(line: Line) -> Row:
        feed = line.feed
        return {
            "venue": Cell(
                feed.venue_name,
                href=words.side.source(feed.source, venue=feed.venue),
                note=feed.city,
            ),
            "source": Cell(feed.source_name, note=feed.source),
            "vendor": feed.vendor or None,
            "state": state_cell(words, line),
            "since": feed.since,
            "heard_at": feed.heard_at,
            "lag_p50": words.lag(line.lags.within_s(_P50), line.lags.events),
            "lag_p95": words.lag(line.lags.within_s(_P95), line.lags.events),
            "events": line.events,
            "missing": feed.missing,
            "refused": line.refused,
            "late": line.late,
            "complete_day": share(line.day_ppm),
            "complete_days": share(line.days_ppm),
            "clock_ahead_s": line.clock_ahead_s,
            "version": _software(feed) or None,
            "certificate": _certificate_cell(feed, certified.get(feed.vendor_code)),
            "key_until": Cell(
                line.valid_until,
                badge=("open", "feeds.ends_soon")
                if line.ends_soon(words.desk.clock())
                else None,
            ),
        }

    return Table(
        name="feeds",
        part="feeds",
        columns=_FEEDS,
        rows=tuple(row(line) for line in lines),
        timezone=words.desk.country.timezone,
        at=at,
    )


def state_cell(words: Words, line: Line) -> Cell:
    """Give a feed's state with why, and whether it is excused."""
    reason = line.feed.reason
    return Cell(
        words(f"feeds.state.{line.feed.state}"),
        note=words(f"feeds.kind.{reason}") if reason else "",
        badge=("plain", "feeds.excused") if line.is_excused else None,
    )


def _certificate_cell(feed: Feed, held: str | None) -> Cell:
    """Give the vendor's certificate, saying so where the feed runs something else."""
    is_other = held is not None and feed.product and held != _software(feed)
    badge = ("plain", "feeds.other_version") if is_other else None
    return Cell(held, badge=badge)


def _software(feed: Feed) -> str:
    return f"{feed.product} {feed.version}".strip()


_VENDORS = (
    Column("vendor", "feeds.vendor", Kind.TEXT, is_head=True),
    Column("sources", "feeds.sources", Kind.COUNT),
    Column("venues", "feeds.venues", Kind.COUNT),
    *(Column(state.value, f"feeds.state.{state}", Kind.COUNT) for state in State),
    Column("missing", "feeds.missing", Kind.COUNT),
    Column("refused", "feeds.refused", Kind.COUNT),
    Column("complete_days", "feeds.complete_days", Kind.SHARE),
    Column("certificate", "feeds.certificate", Kind.TEXT),
)


def vendors(words: Words, lines: Iterable[VendorLine]) -> Table:
    """Give vendors over all their sources."""
    certified = words.desk.certified()
    return Table(
        name="feeds-by-vendor",
        part="vendors",
        columns=_VENDORS,
        rows=tuple(
            {
                "vendor": Cell(line.name, href=f"{words.side.path}?vendor={line.code}"),
                "sources": line.sources,
                "venues": line.venues,
                **{state.value: count for state, count in line.states.items()},
                "missing": line.missing,
                "refused": line.refused,
                "complete_days": share(line.days_ppm),
                "certificate": certified.get(line.code),
            }
            for line in lines
        ),
        timezone=words.desk.country.timezone,
    )


_DAYS = (
    Column("date", "feeds.day", Kind.DATE, is_head=True),
    Column("venue", "feeds.venue", Kind.TEXT),
    Column("source", "feeds.source", Kind.TEXT),
    Column("state", "feeds.state", Kind.TEXT),
    Column("completeness", "feeds.completeness", Kind.SHARE),
    Column("entered", "feeds.entered", Kind.COUNT),
    Column("refused", "feeds.refused", Kind.COUNT),
    Column("late", "feeds.late", Kind.COUNT),
    Column("missing", "feeds.missing", Kind.COUNT),
    Column("showings", "feeds.showings", Kind.COUNT),
    Column("with_sales", "feeds.with_sales", Kind.COUNT),
    Column("declared_tickets", "feeds.declared_tickets", Kind.COUNT),
    Column("registered_tickets", "feeds.registered_tickets", Kind.COUNT),
    Column("declared", "feeds.declared", Kind.MONEY),
    Column("registered", "feeds.registered", Kind.MONEY),
)


def days(words: Words, found: Iterable[VenueDay], lines: Iterable[Line]) -> Table:
    """Give the days of feeds, one row a feed and day, the latest first."""
    names = {line.key: line.feed for line in lines}

    def row(day: VenueDay, feed: Feed) -> Row:
        return {
            "date": Cell(
                day.business_date,
                href=words.side.source(
                    feed.source, venue=feed.venue, day=day.business_date.isoformat()
                ),
            ),
            "venue": feed.venue_name,
            "source": feed.source_name,
            "state": Cell(
                words(f"feeds.state.{day.state}" if day.state else "feeds.nothing_known"),
                badge=("plain", "feeds.excused") if day.is_excused else None,
            ),
            "completeness": share(day.completeness_ppm),
            "entered": day.entered,
            "refused": day.refused,
            "late": day.late,
            "missing": day.gaps,
            "showings": day.showings_announced,
            "with_sales": day.showings_with_sales,
            "declared_tickets": day.declared_tickets,
            "registered_tickets": day.registered_tickets,
            "declared": day.declared_gross_minor,
            "registered": day.registered_gross_minor,
        }

    known = [
        (day, names[day.source_id, day.venue_id])
        for day in found
        if (day.source_id, day.venue_id) in names
    ]
    known.sort(key=lambda pair: (pair[0].business_date, pair[1].venue_name), reverse=True)
    return Table(
        name="feed-days",
        part="days",
        columns=_DAYS,
        rows=tuple(row(day, feed) for day, feed in known),
        currency=words.desk.country.currency,
        timezone=words.desk.country.timezone,
    )


_ALARMS = (
    Column("kind", "feeds.what", Kind.TEXT, is_head=True),
    Column("venue", "feeds.venue", Kind.TEXT),
    Column("source", "feeds.source", Kind.TEXT),
    Column("subject", "feeds.subject", Kind.TEXT),
    Column("known_at", "feeds.since", Kind.CLOCK),
    Column("opened_at", "feeds.seen", Kind.CLOCK),
    Column("closed_at", "feeds.over", Kind.CLOCK),
    Column("times", "feeds.times", Kind.COUNT),
    Column("acknowledged_at", "feeds.acknowledged", Kind.CLOCK),
    Column("acknowledged_by", "feeds.acknowledged_by", Kind.TEXT),
)


def alarms(
    words: Words,
    found: Iterable[Alarm],
    acknowledged: dict[int, Acknowledgement],
    lines: Sequence[Line],
) -> Table:
    """Give what needs explanation, or did."""
    feeds_of = {line.key: line.feed for line in lines}
    sources = {line.feed.source_id: line.feed for line in lines}

    def row(alarm: Alarm) -> Row:
        feed = feeds_of.get((alarm.source_id, alarm.venue_id))
        source = feed or sources.get(alarm.source_id)
        noticed = acknowledged.get(alarm.alarm_id)
        return {
            "kind": Cell(
                words(f"feeds.kind.{alarm.kind}"),
                href=f"{words.side.path}/alarms/{alarm.alarm_id}",
            ),
            "venue": feed.venue_name if feed else None,
            "source": source.source_name if source else None,
            "subject": alarm.subject or None,
            "known_at": alarm.known_at,
            "opened_at": alarm.opened_at,
            "closed_at": alarm.closed_at,
            "times": alarm.times,
            "acknowledged_at": noticed.at if noticed else None,
            "acknowledged_by": noticed.by if noticed else None,
        }

    return Table(
        name="needs-explanation",
        part="alarms",
        columns=_ALARMS,
        rows=tuple(row(alarm) for alarm in found),
        timezone=words.desk.country.timezone,
    )
