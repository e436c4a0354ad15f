"""
Tables of sums by film and day, or by film, city and day: declared, and nothing to enter.

Source: shared/data/india_daily/README.md. They know no venue and no ticket, so each film's day
becomes one total, which is laid beside what the source's own halls took. A sum of a city, or of a
format (`Title [3D | Hindi]`, as pre-sales are named), is part of its film's day: rows are added
up and counted, and a day of which a row cannot be read is not compared.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from ekino.ingest.formats.csv_lines import Lines, too_many_rows
from ekino.ingest.formats.facts import (
    Facts,
    FilmName,
    Total,
    Unmapped,
    malformed,
    verify_size,
)
from ekino.ingest.formats.sessions_csv import split_film, text_of
from ekino.ingest.formats.unpacking import decode, unpack
from ekino.kernel.bounds import AMOUNT_MINOR_MAX, is_day_of_ours
from ekino.kernel.money import to_minor

NAME = "film_days"
# What is read of either table; by the others they are known.
COLUMNS = ("date", "film", "shows", "gross", "sold")
BY_FILM = frozenset({*COLUMNS, "totalSeats", "venues", "cities"})
BY_CITY = frozenset({*COLUMNS, "city", "state", "venues"})
# Of the first line, what is looked at: the heads have a hundred.
HEAD_CHARACTERS_MAX = 4_096
# Rows of one file: half a year of a country by film, city and day has 492,808.
ROWS_MAX = 1_000_000
# Films' days of one file, each laid beside the register: half a year of a country has 19,227.
FILM_DAYS_MAX = 100_000
# Tickets, or showings, that one row may sum up: a film's best day of a country has 2 million.
COUNT_MAX = 100_000_000
_WHOLE = re.compile(r"-?[0-9]{1,9}", re.ASCII)
# Python's decimals are exact up to 28 digits; real takings carry up to 19.
_AMOUNT = re.compile(r"-?[0-9]{1,11}(\.[0-9]{1,16})?", re.ASCII)
# Pre-sales name the format within brackets: `Title [3D | Hindi]`.
_WITH_FORMAT = re.compile(r"(?P<title>.*\S) \[[^\[\]]*\|(?P<language>[^\[\]|]*)\]")
_READ_AT = "%I:%M %p, %d %B %Y"
_SEND_WHOLE = "Send the file again, whole."


@dataclass(slots=True, kw_only=True)
class FilmDay:
    """A film's day, added up over its rows."""

    # The first of its rows.
    line: int
    # (label, city, state) of its rows: each may stand once.
    parts: set[tuple[str, str, str]] = field(default_factory=set)
    tickets: int = 0
    gross_minor: int = 0
    is_whole: bool = True


@dataclass(slots=True, kw_only=True)
class _State:
    """A file that is being read."""

    heads: Sequence[str]
    facts: Facts
    film_days: dict[tuple[date, FilmName], FilmDay] = field(default_factory=dict)
    # One text of each city and label, however many rows name it.
    texts: dict[str, str] = field(default_factory=dict)


def is_film_days(heads: set[str]) -> bool:
    """Say whether these are the heads of such a table."""
    return heads >= BY_FILM or heads >= BY_CITY


def read(content: bytes, *, currency: str, timezone: str) -> Facts:
    """
    Read a table, gzip or plain, into one total a film's day; rows that are none are `unmapped`.

    Takings are rounded to minor units row by row, half away from zero: they carry binary noise.
    Sums below zero are what is declared, and taken. Raises `Malformed` when the file as a whole
    cannot be taken: its heads, its encoding, a cut end, more than ROWS_MAX rows.
    """
    del timezone
    plain = unpack(content)
    verify_size(plain)
    text, _ = decode(plain, lambda start: is_film_days(set(_heads(start))))
    heads = _heads(text)
    if not is_film_days(set(heads)):
        detail = f"the table lacks one of the columns {', '.join(sorted(BY_FILM))}"
        fix = (
            f"Send the table as it is issued; by city it has {', '.join(sorted(BY_CITY))}."
        )
        raise malformed("line 1", "columns_missing", detail, fix)
    if len(set(heads)) != len(heads):
        detail = "two columns have the same head"
        raise malformed("line 1", "column_given_twice", detail, "Take one of them out.")
    facts = Facts(format=NAME, version="1", currency=currency)
    state = _State(heads=heads, facts=facts)
    _read_rows(state, text)
    facts.counts["film_days"] = len(state.film_days)
    first = sum(1 for each in state.film_days.values() if each.parts)
    facts.counts["rows_added_to_others"] = facts.counts["rows_taken"] - first
    facts.totals.extend(
        _total(day, film, found, currency)
        for (day, film), found in state.film_days.items()
        if found.is_whole
    )
    facts.counts["film_days_not_whole"] = len(state.film_days) - len(facts.totals)
    return facts


def _heads(text: str) -> list[str]:
    # A first line longer than our heads is cut: it need not be made cells of to be none of ours.
    first = text[:HEAD_CHARACTERS_MAX].partition("\n")[0].strip("\r\ufeff")
    return next(csv.reader([first]), [])


def _total(day: date, film: FilmName, found: FilmDay, currency: str) -> Total:
    return Total(
        place=f"line {found.line}",
        film=film.title,
        language=film.language,
        day=day,
        tickets=found.tickets,
        gross_minor=found.gross_minor,
        currency=currency,
    )


def _read_rows(state: _State, text: str) -> None:
    lines = Lines(io.StringIO(text, newline=""))
    reader = csv.reader(lines, strict=True)
    cells: Sequence[str] = ()
    try:
        next(reader)
        lines.end_record()
        for cells in reader:
            lines.end_record()
            if cells:
                _read_row(state, cells, reader.line_num)
    except csv.Error as error:
        place = f"line {reader.line_num}"
        raise malformed(place, "file_truncated", f"{error}", _SEND_WHOLE) from error
    if len(cells) < len(state.heads) and not text.endswith(("\n", "\r")):
        detail = "the last line stops in the middle"
        place = f"line {reader.line_num}"
        raise malformed(place, "file_truncated", detail, _SEND_WHOLE)


def _read_row(state: _State, cells: Sequence[str], line: int) -> None:
    counts = state.facts.counts
    counts["rows"] += 1
    if counts["rows"] > ROWS_MAX:
        raise too_many_rows(ROWS_MAX)
    row = dict(zip(state.heads, cells, strict=False))
    film_day: FilmDay | None = None
    try:
        if len(cells) != len(state.heads):
            _refuse(state, cells, line, "the row has more or fewer fields than the head")
            return
        film_day = _film_day(state, row, line)
        shows = _whole("shows", row["shows"])
        tickets = _whole("sold", row["sold"])
        gross_minor = _takings(row["gross"], state.facts.currency)
    except ValueError as error:
        if film_day is not None:
            film_day.is_whole = False
        _refuse(state, cells, line, str(error))
        return
    part = (
        _once(state, row["film"]),
        _once(state, row.get("city", "")),
        _once(state, row.get("state", "")),
    )
    if part in film_day.parts:
        words = "a row of the same film, place and day stands above"
        _refuse(state, cells, line, words, reason="sum_given_twice")
        return
    film_day.parts.add(part)
    film_day.tickets += tickets
    film_day.gross_minor += gross_minor
    counts["rows_taken"] += 1
    counts["showings_summed"] += shows
    if tickets < 0 or gross_minor < 0:
        counts["rows_below_zero"] += 1
    if _is_read_before(row):
        counts["rows_read_before_their_day"] += 1


def _refuse(
    state: _State,
    cells: Sequence[str],
    line: int,
    words: str,
    *,
    reason: str = "row_malformed",
) -> None:
    # Not `rows_wrong`: that is said of files whose rows are sales, which this has none of.
    state.facts.counts["sums_wrong"] += 1
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="").writerow(cells)
    state.facts.unmapped.append(
        Unmapped(place=f"line {line}", raw=out.getvalue(), reason=reason, words=words)
    )


def _film_day(state: _State, row: dict[str, str], line: int) -> FilmDay:
    day = date.fromisoformat(row["date"])
    if row["date"] != day.isoformat() or not is_day_of_ours(day):
        message = f"{row['date'][:40]!r} is not a day of our time, written YYYY-MM-DD"
        raise ValueError(message)
    film = _film(text_of("film", row["film"]))
    found = state.film_days.get((day, film))
    if found is None:
        if len(state.film_days) == FILM_DAYS_MAX:
            detail = f"the table has more than {FILM_DAYS_MAX} days of films"
            raise malformed(
                f"line {line}", "file_has_too_many_rows", detail, "Split the file by days."
            )
        found = state.film_days[day, film] = FilmDay(line=line)
    return found


def _film(label: str) -> FilmName:
    """Name the film as tables of showings do, so that one mapping serves both."""
    named = _WITH_FORMAT.fullmatch(" ".join(label.split()))
    if named is not None:
        label = f"{named['title']} | {named['language']}"
    title, language = split_film(label)
    return FilmName(title=title, language=language)


def _once(state: _State, text: str) -> str:
    return state.texts.setdefault(text, text)


def _whole(name: str, text: str) -> int:
    if _WHOLE.fullmatch(text) is None or abs(int(text)) > COUNT_MAX:
        message = f"{name} {text[:40]!r} is no whole number up to {COUNT_MAX}"
        raise ValueError(message)
    return int(text)


def _takings(text: str, currency: str) -> int:
    if _AMOUNT.fullmatch(text) is None:
        message = f"gross {text[:40]!r} is not a number written in plain digits"
        raise ValueError(message)
    gross_minor = to_minor(Decimal(text), currency)
    if abs(gross_minor) > AMOUNT_MINOR_MAX:
        message = f"gross {text!r} is more than {AMOUNT_MINOR_MAX} minor units"
        raise ValueError(message)
    return gross_minor


def _is_read_before(row: dict[str, str]) -> bool:
    """Say whether a row was read before its day: what it declares is not the day's last word."""
    read_on = _day_read(row.get("last_updated", ""))
    return read_on is not None and read_on < date.fromisoformat(row["date"])


@lru_cache(maxsize=1_000)
def _day_read(text: str) -> date | None:
    try:
        return datetime.strptime(text, _READ_AT).date()  # noqa: DTZ007 - a day, whatever its zone
    except ValueError:
        return None
