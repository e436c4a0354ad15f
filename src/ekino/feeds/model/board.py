"""Feeds laid side by side: one line each, a field of days, vendors, and what is chosen of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TypeVar

from ekino.feeds.model.lag import Lags
from ekino.feeds.model.picture import DayMark, Feed, FeedKey, Lately, Sender, Wholeness
from ekino.feeds.model.states import ORDER, State

T = TypeVar("T")
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
        return self.feed.key

    @property
    def needs_explanation(self) -> bool:
        """Whether anything about it is asked, and nobody has said why."""
        return not self.is_excused and self.feed.state not in _NOT_ASKED

    def ends_soon(self, at: datetime) -> bool:
        """Whether a key of its source ends within ENDS_SOON."""
        return self.valid_until is not None and self.valid_until <= at + ENDS_SOON


def lines_of(
    feeds: Iterable[Feed],
    lately: Iterable[Lately],
    wholeness: Iterable[Wholeness],
    senders: Iterable[Sender],
    excused: frozenset[FeedKey],
    *,
    at: datetime,
) -> list[Line]:
    """Lay what is known of each feed beside it, in the order of the feeds."""
    came = {each.key: each for each in lately}
    whole = {each.key: each for each in wholeness}
    senders_of: dict[int, list[Sender]] = {}
    for sender in senders:
        if not sender.is_revoked and sender.valid_until > at:
            senders_of.setdefault(sender.source_id, []).append(sender)
    return [
        _line(
            feed,
            came.get(feed.key),
            whole.get(feed.key),
            senders_of.get(feed.source_id, []),
            is_excused=feed.key in excused,
        )
        for feed in feeds
    ]


def _line(
    feed: Feed,
    came: Lately | None,
    whole: Wholeness | None,
    senders: Sequence[Sender],
    *,
    is_excused: bool,
) -> Line:
    came = came or Lately(source_id=feed.source_id, venue_id=feed.venue_id)
    clocks = [each.clock_ahead_s for each in senders if each.clock_ahead_s is not None]
    return Line(
        feed=feed,
        events=came.events,
        refused=came.refused,
        late=came.late,
        lags=came.lags,
        day_ppm=whole.day_ppm if whole else None,
        days_ppm=whole.days_ppm if whole else None,
        clock_ahead_s=max(clocks, key=abs, default=None),
        valid_until=min((each.valid_until for each in senders), default=None),
        is_excused=is_excused,
    )


def mean_ppm(days: Iterable[DayMark]) -> int | None:
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


@dataclass(frozen=True, slots=True)
class Turn:
    """One page of a list that may be long: a register of a thousand sources is no page."""

    # From 1.
    number: int
    pages: int
    rows_max: int

    def cut(self, rows: Sequence[T]) -> Sequence[T]:
        """Give the rows that stand on it."""
        first = (self.number - 1) * self.rows_max
        return rows[first : first + self.rows_max]


def turn(rows: Sequence[object], number: int, *, rows_max: int = LINES_SHOWN_MAX) -> Turn:
    """Turn to a page of rows; beyond the last is the last, and there is one at least."""
    pages = max(1, -(-len(rows) // rows_max))
    return Turn(max(1, min(number, pages)), pages, rows_max)


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
    lines: Sequence[Line], marks: Iterable[DayMark], dates: Sequence[date]
) -> list[DayRow]:
    """Give a row for each venue of the lines, in their order."""
    rows = {line.feed.venue: (line.feed.venue_name, line.feed.city) for line in lines}
    return _rows(rows, {line.key: line.feed.venue for line in lines}, lines, marks, dates)


def by_vendor(
    lines: Sequence[Line], marks: Iterable[DayMark], dates: Sequence[date]
) -> list[DayRow]:
    """Give a row for each vendor of the lines by name; sources without one are left out."""
    rows = {
        line.feed.vendor_code: (line.feed.vendor or line.feed.vendor_code, "")
        for line in lines
        if line.feed.vendor_code
    }
    ordered = dict(sorted(rows.items(), key=lambda each: each[1][0]))
    codes = {line.key: line.feed.vendor_code for line in lines}
    return _rows(ordered, codes, lines, marks, dates)


def _rows(
    rows: Mapping[str, tuple[str, str]],
    codes: Mapping[FeedKey, str],
    lines: Sequence[Line],
    marks: Iterable[DayMark],
    dates: Sequence[date],
) -> list[DayRow]:
    """Lay the marks of feeds out: `codes` says which row each feed belongs to."""
    feeds = {line.key: line.feed for line in lines}
    found: dict[tuple[str, date], list[DayMark]] = {}
    for mark in marks:
        code = codes.get(mark[:2])
        if code is not None:
            found.setdefault((code, mark.business_date), []).append(mark)
    return [
        DayRow(
            code=code,
            name=name,
            note=note,
            cells=tuple(_cell(day, found.get((code, day), ()), feeds) for day in dates),
        )
        for code, (name, note) in rows.items()
    ]


def _cell(day: date, marks: Sequence[DayMark], feeds: Mapping[FeedKey, Feed]) -> DayCell:
    if not marks:
        return DayCell(day=day)
    worst = max(marks, key=_badness)
    feed = feeds[worst[:2]]
    return DayCell(
        day=day,
        state=worst.state,
        completeness_ppm=mean_ppm(marks) if len(marks) > 1 else worst.completeness_ppm,
        is_excused=worst.is_excused,
        is_closed=all(each.is_closed for each in marks),
        source=feed.source,
        venue=feed.venue,
        feeds=sum(each.state not in _IDLE for each in marks),
        on_line=sum(each.state == State.ON_LINE for each in marks),
    )


# What says nothing of how a feed did.
_IDLE = frozenset({NOTHING_KNOWN, CLOSED_DAY})
_RANKS: Mapping[str, int] = {
    NOTHING_KNOWN: -2,
    CLOSED_DAY: -1,
    **{state.value: rank for rank, state in enumerate(ORDER)},
}


def _badness(mark: DayMark) -> tuple[bool, int, int]:
    """Rank days: excused ones before others, closed ones the best, then as states are ordered."""
    ppm = WHOLE_PPM if mark.completeness_ppm is None else mark.completeness_ppm
    return not mark.is_excused, _RANKS[mark.state], WHOLE_PPM - ppm


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
