"""Feeds laid side by side: one line each, a field of days, vendors, and what is chosen of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from ekino.feeds.model.lag import Lags, add
from ekino.feeds.model.picture import Feed, Hour, Sender, VenueDay
from ekino.feeds.model.states import ORDER, State

# One page of lines: a screen or two.
LINES_SHOWN_MAX = 50
# A key is renewed in good time.
ENDS_SOON = timedelta(days=30)
# As feeds.venue_day has it: a day without showings and without a word.
CLOSED_DAY = "closed"
# And one that was over before anything of the feed was entered.
NOTHING_KNOWN = ""
# Nobody is asked why a feed is so.
_NOT_ASKED = frozenset({State.ON_LINE, State.NOT_CONNECTED})
WHOLE_PPM = 1_000_000

FeedKey = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One feed as it is now, with what came of it in the last hours and days."""

    feed: Feed
    # Of the last SINCE_HOURS.
    events: int = 0
    refused: int = 0
    late: int = 0
    lags: Lags = field(default_factory=Lags)
    # Of the last closed day and over the closed days shown; None: nothing was expected.
    day_ppm: int | None = None
    days_ppm: int | None = None
    # Of the source's keys that may send: the clock that is off furthest, and the end that is next.
    clock_ahead_s: float | None = None
    valid_until: datetime | None = None
    # An accepted excuse holds now.
    is_excused: bool = False

    @property
    def key(self) -> FeedKey:
        """Which feed it is."""
        return self.feed.source_id, self.feed.venue_id

    @property
    def needs_explanation(self) -> bool:
        """Whether anything about it is asked, and nobody has said why."""
        return not self.is_excused and self.feed.state not in _NOT_ASKED

    def ends_soon(self, at: datetime) -> bool:
        """Whether a key of its source ends within ENDS_SOON."""
        return self.valid_until is not None and self.valid_until <= at + ENDS_SOON


def lines_of(
    feeds: Iterable[Feed],
    hours: Iterable[Hour],
    days: Iterable[VenueDay],
    senders: Iterable[Sender],
    excused: frozenset[FeedKey],
    *,
    at: datetime,
) -> list[Line]:
    """Lay what is known of each feed beside it, in the order of the feeds."""
    hours_of: dict[FeedKey, list[Hour]] = {}
    for hour in hours:
        hours_of.setdefault((hour.source_id, hour.venue_id), []).append(hour)
    days_of: dict[FeedKey, list[VenueDay]] = {}
    for day in days:
        days_of.setdefault((day.source_id, day.venue_id), []).append(day)
    senders_of: dict[int, list[Sender]] = {}
    for sender in senders:
        if not sender.is_revoked and sender.valid_until > at:
            senders_of.setdefault(sender.source_id, []).append(sender)
    return [
        _line(
            feed,
            hours_of.get((feed.source_id, feed.venue_id), []),
            days_of.get((feed.source_id, feed.venue_id), []),
            senders_of.get(feed.source_id, []),
            is_excused=(feed.source_id, feed.venue_id) in excused,
        )
        for feed in feeds
    ]


def _line(
    feed: Feed,
    hours: Sequence[Hour],
    days: Sequence[VenueDay],
    senders: Sequence[Sender],
    *,
    is_excused: bool,
) -> Line:
    asked = [each for each in days if each.is_closed and each.completeness_ppm is not None]
    asked.sort(key=lambda each: each.business_date)
    clocks = [each.clock_ahead_s for each in senders if each.clock_ahead_s is not None]
    return Line(
        feed=feed,
        events=sum(each.events for each in hours),
        refused=sum(each.refused for each in hours),
        late=sum(each.late for each in hours),
        lags=add(each.lags.counts for each in hours),
        day_ppm=asked[-1].completeness_ppm if asked else None,
        days_ppm=mean_ppm(asked),
        clock_ahead_s=max(clocks, key=abs, default=None),
        valid_until=min((each.valid_until for each in senders), default=None),
        is_excused=is_excused,
    )


def mean_ppm(days: Iterable[VenueDay]) -> int | None:
    """Give the mean share of days that were asked for, excused ones left out; None: none was."""
    shares = [
        each.completeness_ppm
        for each in days
        if each.completeness_ppm is not None and not each.is_excused
    ]
    return sum(shares) // len(shares) if shares else None


def count_states(lines: Iterable[Line]) -> dict[State, int]:
    """Say how many feeds are in each state, the best first; every state is there."""
    counts = dict.fromkeys(ORDER, 0)
    for line in lines:
        counts[line.feed.state] += 1
    return counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a reader chose of the lines; "" and None choose all."""

    words: str = ""
    state: State | None = None
    vendor: str = ""
    # From 1.
    page: int = 1

    def holds(self, line: Line) -> bool:
        """Say whether a line is among what was chosen."""
        feed = line.feed
        said = (
            f"{feed.venue_name} {feed.venue} {feed.city} {feed.source_name} {feed.source}"
            f" {feed.vendor}"
        ).casefold()
        return (
            all(word in said for word in self.words.casefold().split())
            and self.state in {None, feed.state}
            and self.vendor in {"", feed.vendor_code}
        )

    def pages(self, count: int) -> int:
        """Say how many pages so many lines fill; one at least."""
        return max(1, -(-count // LINES_SHOWN_MAX))

    def cut(self, lines: Sequence[Line]) -> Sequence[Line]:
        """Give the lines of the chosen page."""
        first = (self.page - 1) * LINES_SHOWN_MAX
        return lines[first : first + LINES_SHOWN_MAX]


def worst_first(lines: Iterable[Line]) -> list[Line]:
    """
    Put what needs explanation first, the worst and the oldest before the others.

    What is not connected comes last: nothing is known of it.
    """
    return sorted(
        lines,
        key=lambda line: (
            line.feed.state is State.NOT_CONNECTED,
            line.is_excused,
            -ORDER.index(line.feed.state),
            line.feed.since.timestamp() if line.feed.since else 0.0,
            line.feed.venue_name,
        ),
    )


# ---- the field of days --------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCell:
    """One row's day in the field: the worst state of its feeds, and how whole it was."""

    day: date
    # A state, CLOSED_DAY, or "" where nothing is known.
    state: str = ""
    completeness_ppm: int | None = None
    is_excused: bool = False
    is_closed: bool = False
    # Which of its feeds makes the state.
    source: str = ""
    venue: str = ""
    # Feeds of the row that day, and how many of them are as they should be.
    feeds: int = 0
    on_line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow:
    """A venue or a vendor over the days."""

    code: str
    name: str
    # A city, or nothing.
    note: str
    cells: tuple[DayCell, ...]


def by_venue(
    lines: Iterable[Line], days: Iterable[VenueDay], dates: Sequence[date]
) -> list[DayRow]:
    """Give a row for each venue of the lines, in their order."""
    rows: dict[str, tuple[str, str, list[Feed]]] = {}
    for line in lines:
        feed = line.feed
        rows.setdefault(feed.venue, (feed.venue_name, feed.city, []))[2].append(feed)
    return _rows(rows, days, dates)


def by_vendor(
    lines: Iterable[Line], days: Iterable[VenueDay], dates: Sequence[date]
) -> list[DayRow]:
    """Give a row for each vendor of the lines by name; sources without one are left out."""
    rows: dict[str, tuple[str, str, list[Feed]]] = {}
    for line in lines:
        feed = line.feed
        if feed.vendor_code:
            name = feed.vendor or feed.vendor_code
            rows.setdefault(feed.vendor_code, (name, "", []))[2].append(feed)
    ordered = dict(sorted(rows.items(), key=lambda each: each[1][0]))
    return _rows(ordered, days, dates)


def _rows(
    rows: Mapping[str, tuple[str, str, list[Feed]]],
    days: Iterable[VenueDay],
    dates: Sequence[date],
) -> list[DayRow]:
    known: dict[tuple[int, int, date], VenueDay] = {
        (each.source_id, each.venue_id, each.business_date): each for each in days
    }
    return [
        DayRow(
            code=code,
            name=name,
            note=note,
            cells=tuple(_cell(day, feeds, known) for day in dates),
        )
        for code, (name, note, feeds) in rows.items()
    ]


def _cell(
    day: date, feeds: Sequence[Feed], known: Mapping[tuple[int, int, date], VenueDay]
) -> DayCell:
    found = [
        (feed, row)
        for feed in feeds
        if (row := known.get((feed.source_id, feed.venue_id, day))) is not None
    ]
    if not found:
        return DayCell(day=day)
    feed, row = max(found, key=lambda pair: _badness(pair[1]))
    return DayCell(
        day=day,
        state=row.state,
        completeness_ppm=mean_ppm(each for _, each in found)
        if len(found) > 1
        else row.completeness_ppm,
        is_excused=row.is_excused,
        is_closed=all(each.is_closed for _, each in found),
        source=feed.source,
        venue=feed.venue,
        feeds=sum(each.state not in {CLOSED_DAY, NOTHING_KNOWN} for _, each in found),
        on_line=sum(each.state == State.ON_LINE for _, each in found),
    )


def _badness(day: VenueDay) -> tuple[bool, int, int]:
    """Rank days: excused ones before others, closed ones the best, then as states are ordered."""
    rank = {NOTHING_KNOWN: -2, CLOSED_DAY: -1}.get(day.state)
    rank = ORDER.index(State(day.state)) if rank is None else rank
    missing = WHOLE_PPM - (
        day.completeness_ppm if day.completeness_ppm is not None else WHOLE_PPM
    )
    return not day.is_excused, rank, missing


# ---- vendors -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorLine:
    """A vendor over all its sources."""

    code: str
    name: str
    sources: int
    venues: int
    states: Mapping[State, int]
    days_ppm: int | None
    refused: int
    missing: int


def vendors_of(lines: Iterable[Line]) -> list[VendorLine]:
    """Add lines up by vendor, by name; sources without one are left out."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        if line.feed.vendor_code:
            found.setdefault(line.feed.vendor_code, []).append(line)
    vendors = [
        VendorLine(
            code=code,
            name=own[0].feed.vendor or code,
            sources=len({line.feed.source_id for line in own}),
            venues=len({line.feed.venue_id for line in own}),
            states=count_states(own),
            days_ppm=_mean([line.days_ppm for line in own]),
            refused=sum(line.refused for line in own),
            missing=sum(line.feed.missing for line in own),
        )
        for code, own in found.items()
    ]
    return sorted(vendors, key=lambda vendor: vendor.name)


def _mean(shares: Iterable[int | None]) -> int | None:
    known = [share for share in shares if share is not None]
    return sum(known) // len(known) if known else None
