"""
Week tables: one row a house and week, with tickets sold, takings and seats, as theatres report.

A week knows no single performances. Each row becomes one showing, the week's run, whose places
are seats × performances, with the tickets spread over it; standing room over 100 % is how a full
house sells and no error. Two rows for one house and week are two productions in it or a mistake:
both are kept apart, and reported.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from ekino.ingest.formats.csv_lines import Lines
from ekino.ingest.formats.facts import (
    Facts,
    FilmName,
    Sale,
    Showing,
    Total,
    Unmapped,
    code_of,
    malformed,
    spread,
    verify_size,
)
from ekino.ingest.formats.unpacking import decode
from ekino.kernel.bounds import TEXT_CHARACTERS_MAX, is_day_of_ours
from ekino.kernel.errors import Problem
from ekino.kernel.moments import zone
from ekino.kernel.money import to_minor

NAME = "weeks"
COLUMNS = (
    "Date", "Theatre_name", "Weekly_Gross", "Seats_Sold", "Seats_in_theater", "Previews", "%cap",
)  # fmt: skip
# Of the first line, what is looked at: the heads have eighty.
HEAD_CHARACTERS_MAX = 4_096
# Tickets spread out of one file. A season of a city has forty million: it is handed in by weeks.
TICKETS_MAX = 1_000_000
# Seats of a week: the largest house twice a day.
SEATS_MAX = 1_000_000
# When a week's run is said to begin: on its last day, in the evening.
_EVENING = time(20, 0)
# Percentage points between the file's own part of capacity and ours that are still rounding.
_POINTS_MAX = Decimal(1)
_FULL = Decimal(100)
_NUMBER = re.compile(r"-?\d{1,12}(?:\.\d{1,6})?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """One house's week."""

    line: int
    ends_on: date
    venue: str
    tickets: int
    gross_minor: int
    # Seats of one performance.
    seats: int
    # How many performances the file counts; 0 where it does not know.
    performances: int
    # Capacity used, in per cent, as the file says it.
    used_percent: Decimal
    # The how-manieth row of this house and week.
    turn: int

    @property
    def capacity(self) -> int | None:
        """Places of the week, or None where the performances are not known."""
        return self.seats * self.performances if self.performances else None


@dataclass(slots=True, kw_only=True)
class Table:
    """A file, read: its weeks, and every row accounted for."""

    weeks: list[Week] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    unmapped: list[Unmapped] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def parse(content: bytes, *, currency: str) -> Table:
    """
    Read a table of weeks without spreading its tickets.

    Raises `Malformed` when the file as a whole cannot be taken.
    """
    verify_size(content)
    text, _ = decode(content, lambda start: _heads(start.splitlines()[:1]) is not None)
    lines = text.splitlines()
    if _heads(lines[:1]) is None:
        detail = f"the table lacks one of the columns {', '.join(COLUMNS)}"
        raise malformed(
            "line 1", "columns_missing", detail, "Send the table as it is issued."
        )
    table = Table()
    turns: Counter[tuple[date, str]] = Counter()
    counted = Lines(io.StringIO(text, newline=""))
    reader = csv.DictReader(counted, strict=True)
    try:
        for row in reader:
            counted.end_record()
            _read_row(table, turns, row, reader.line_num, currency)
    except csv.Error as error:
        place = f"line {reader.line_num}"
        raise malformed(
            place, "file_truncated", f"{error}", "Send it again, whole."
        ) from error
    if not text.endswith(("\n", "\r")) and table.unmapped and lines:
        last = f"line {len(lines)}"
        if table.unmapped[-1].place == last:
            detail = "the last line stops in the middle"
            raise malformed(last, "file_truncated", detail, "Send the file again, whole.")
    return table


def _heads(lines: Sequence[str]) -> list[str] | None:
    # A first line longer than our heads is cut: it need not be made cells of to be none of ours.
    heads = next(csv.reader(line[:HEAD_CHARACTERS_MAX] for line in lines), [])
    return heads if set(COLUMNS) <= set(heads) else None


def _read_row(
    table: Table,
    turns: Counter[tuple[date, str]],
    row: dict[str | Any, Any],
    line: int,
    currency: str,
) -> None:
    table.counts["rows"] += 1
    try:
        week = _week(turns, row, line, currency)
    except (ValueError, ArithmeticError) as error:
        table.counts["rows_wrong"] += 1
        raw = ",".join("" if value is None else str(value) for value in row.values())
        table.unmapped.append(
            Unmapped(
                place=f"line {line}", raw=raw, reason="row_malformed", words=str(error)
            )
        )
        return
    table.weeks.append(week)
    for name, words in _flags(week):
        table.counts[name] += 1
        if name != "standing_room":
            table.problems.append(
                Problem(pointer=f"line {line}", code=name, detail=words, fix=_FIX[name])
            )


_FIX = {
    "week_given_twice": "Say which production each row is of, or send the right one alone.",
    "performances_unknown": "Give the number of performances.",
    "capacity_share_differs": "Check seats, performances and tickets against each other.",
}


def _flags(week: Week) -> list[tuple[str, str]]:
    """Name what is worth a look in a row that is taken."""
    found = []
    if week.turn > 1:
        words = f"{week.venue} has {week.turn} rows for the week to {week.ends_on}"
        found.append(("week_given_twice", words))
    if week.capacity is None:
        found.append(("performances_unknown", "the row counts no performance"))
    elif week.capacity:
        ours = _FULL * week.tickets / week.capacity
        if abs(ours - week.used_percent) > _POINTS_MAX:
            words = f"{week.used_percent} % of capacity is said, {ours:.2f} % worked out"
            found.append(("capacity_share_differs", words))
    if week.used_percent > _FULL:
        found.append(("standing_room", f"{week.used_percent} % of the seats"))
    return found


def _week(
    turns: Counter[tuple[date, str]], row: dict[str | Any, Any], line: int, currency: str
) -> Week:
    if None in row or any(row.get(name) is None for name in COLUMNS):
        message = "the row has more or fewer fields than the head"
        raise ValueError(message)
    ends_on = date.fromisoformat(row["Date"])
    venue = " ".join(row["Theatre_name"].split())
    if not venue or len(venue) > TEXT_CHARACTERS_MAX or not venue.isprintable():
        message = "the house has no name that can be printed"
        raise ValueError(message)
    if not is_day_of_ours(ends_on):
        message = f"{ends_on} is not a day of our time"
        raise ValueError(message)
    gross = to_minor(_number(row, "Weekly_Gross"), currency)
    tickets = _whole(row, "Seats_Sold")
    if gross < 0 or (tickets == 0 and gross):
        message = f"{tickets} tickets for {gross} minor units are no sales"
        raise ValueError(message)
    turns[ends_on, venue] += 1
    return Week(
        line=line,
        ends_on=ends_on,
        venue=venue,
        tickets=tickets,
        gross_minor=gross,
        seats=_whole(row, "Seats_in_theater"),
        performances=_whole(row, "Previews"),
        used_percent=_number(row, "%cap"),
        turn=turns[ends_on, venue],
    )


def _number(row: dict[str | Any, Any], name: str) -> Decimal:
    text = str(row[name]).strip()
    if _NUMBER.fullmatch(text) is None:
        message = f"{name} {text[:40]!r} is not a number written in plain digits"
        raise ValueError(message)
    return Decimal(text)


def _whole(row: dict[str | Any, Any], name: str) -> int:
    number = _number(row, name)
    if number != int(number) or not 0 <= number <= SEATS_MAX:
        message = f"{name} {row[name][:40]!r} is no whole number from 0 to {SEATS_MAX}"
        raise ValueError(message)
    return int(number)


def read(content: bytes, *, currency: str, timezone: str) -> Facts:
    """
    Read a table of weeks into showings and tickets; prices are the takings, spread without loss.

    Raises `Malformed` as `parse` does, and with `file_has_too_many_tickets` above TICKETS_MAX.
    """
    table = parse(content, currency=currency)
    tickets = sum(week.tickets for week in table.weeks)
    if tickets > TICKETS_MAX:
        detail = f"the weeks hold {tickets} tickets; at most {TICKETS_MAX} are read at once"
        raise malformed("", "file_has_too_many_tickets", detail, "Hand it in by weeks.")
    facts = Facts(
        format=NAME,
        version="1",
        currency=currency,
        counts=table.counts,
        unmapped=table.unmapped,
        problems=table.problems,
    )
    for week in table.weeks:
        _add(facts, week, currency, timezone)
    return facts


def _add(facts: Facts, week: Week, currency: str, timezone: str) -> None:
    place = f"line {week.line}"
    words = (week.ends_on.isoformat(), week.venue, str(week.turn))
    starts_at = datetime.combine(week.ends_on, _EVENING, tzinfo=zone(timezone))
    showing = Showing(
        place=place,
        code=code_of("w-", *words),
        venue=week.venue,
        hall="",
        starts_at=starts_at,
        # The table names no production: it is that house's bill of the week.
        film=FilmName(title=week.venue, format="stage"),
        capacity=week.capacity,
    )
    facts.showings.append(showing)
    facts.totals.append(
        Total(
            place=place,
            venue=week.venue,
            showing=showing.code,
            day=week.ends_on,
            tickets=week.tickets,
            gross_minor=week.gross_minor,
            currency=currency,
        )
    )
    stem = code_of("w", *words)[:40]
    facts.sales.extend(
        Sale(
            place=place,
            showing=showing.code,
            ticket=f"{stem}-{number}",
            sold_at=starts_at,
            price_minor=price,
            currency=currency,
            is_synthetic=True,
        )
        for number, price in enumerate(spread(week.gross_minor, week.tickets), start=1)
    )
