"""
Session tables: one row a showing with seats sold and takings, as the India sample has them.

Source: shared/data/india_sessions/README.md, "From session rows to ticket events". Nothing is
mended in silence: every row is one of RowClass, and a refused one has a name.
"""

import csv
import gzip
import hashlib
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Any

from ekino.ingest.formats.csv_lines import Lines
from ekino.ingest.formats.facts import (
    Facts,
    FilmName,
    Sale,
    Showing,
    Total,
    Unmapped,
    malformed,
    spread,
    verify_size,
)
from ekino.ingest.formats.unpacking import unpack
from ekino.kernel.bounds import CODE_CHARACTERS_MAX, TEXT_CHARACTERS_MAX
from ekino.kernel.errors import Malformed, Problem
from ekino.kernel.moments import zone
from ekino.kernel.money import minor_digits

NAME = "sessions"
COLUMNS = (
    "date", "film", "city", "state", "venue", "time", "audi",
    "totalSeats", "available", "sold", "gross", "minsLeft",
)  # fmt: skip
# Seats of one showing: a stadium five times over. More is a mistyped number.
SEATS_MAX = 1_000_000
# Takings of one showing in whole units; no dearer evening was ever sold.
GROSS_MAX = Decimal(10_000_000_000)
# A file is read into memory whole; the largest day of India has 3 MB.
FILE_BYTES_MAX = 512 * 1024 * 1024
UNKNOWN_LANGUAGE = "und"
# Tickets spread out of one table that is handed in; the largest day of India has 1,085,101.
TICKETS_MAX = 1_500_000
# Plain digits only: `1e9` and `1_000` are whole numbers to Python, and neither to a till.
_WHOLE = re.compile(r"-?[0-9]{1,9}", re.ASCII)
# Python's decimals are exact up to 28 digits; real takings carry up to 17.
_AMOUNT = re.compile(r"-?[0-9]{1,11}(\.[0-9]{1,16})?", re.ASCII)


class RowClass(StrEnum):
    """What a row is."""

    SOLD = "sold"
    SOLD_WITHOUT_GROSS = "sold_without_gross"
    NO_SALES = "no_sales"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A row that is a showing; `sold` tickets of it become sales, none when it is refused."""

    # 16 hexadecimal digits that name the showing, whatever else is in the file.
    code: str
    state: str
    city: str
    # Empty where the file has none.
    venue: str
    hall: str
    title: str
    language: str
    starts_at: datetime
    # When the row was read, which is all that is known of when its tickets were sold.
    read_at: datetime
    capacity: int
    sold: int
    gross_minor: int

    @property
    def place(self) -> tuple[str, str, str]:
        """What tells venues apart: one name may stand under two cities."""
        return self.state, self.city, self.venue


@dataclass(slots=True)
class Table:
    """A file, read: its showings, and every row accounted for."""

    sessions: list[Session] = field(default_factory=list)
    rows: Counter[str] = field(default_factory=Counter)
    # Rows that cannot be tickets, by name.
    refused: Counter[str] = field(default_factory=Counter)
    # Rows that are taken, and worth a look.
    flags: Counter[str] = field(default_factory=Counter)
    # The first few refusals in words, with their line.
    words: list[str] = field(default_factory=list)
    # Every refused row, whole: nothing is dropped.
    unmapped: list[Unmapped] = field(default_factory=list)
    # The line of each showing, by its code.
    lines: dict[str, int] = field(default_factory=dict)


# Refusals told in words; the others are only counted.
WORDS_MAX = 200


def read_table(path: Path, *, currency: str, timezone: str) -> Table:
    """
    Read a CSV file, gzip or plain, into showings.

    Raises `Malformed` when the file is no such table at all: wrong header, not UTF-8, too
    large. A row that cannot be read is refused by name and counted.
    """
    return _read(_open(path.read_bytes(), str(path)), str(path), currency, timezone)


def _read(text: io.StringIO, path: str, currency: str, timezone: str) -> Table:
    table = Table()
    seen: set[str] = set()
    lines = Lines(text)
    reader = csv.DictReader(lines, strict=True)
    try:
        heads = reader.fieldnames or ()
    except csv.Error as error:
        detail = f"{path}, line 1: {error}"
        raise malformed(
            "line 1", "file_unreadable", detail, "Send the table as it is issued."
        ) from error
    missing = [name for name in COLUMNS if name not in heads]
    if missing:
        detail = f"{path} lacks the columns {', '.join(missing)}"
        problem = Problem(
            pointer="header",
            code="columns_missing",
            detail=detail,
            fix="Give a table with the columns " + ", ".join(COLUMNS),
        )
        raise Malformed(detail, problems=[problem], code="columns_missing")
    try:
        for row in reader:
            lines.end_record()
            _read_row(table, seen, row, reader.line_num, currency, timezone)
    except (csv.Error, UnicodeDecodeError, EOFError, OSError) as error:
        detail = f"{path}, line {reader.line_num}: {error}"
        raise Malformed(detail, code="file_unreadable") from error
    return table


def _open(raw: bytes, path: str) -> io.StringIO:
    try:
        if raw[:2] == b"\x1f\x8b":
            with gzip.open(io.BytesIO(raw)) as packed:
                raw = packed.read(FILE_BYTES_MAX + 1)
        if len(raw) > FILE_BYTES_MAX:
            detail = f"{path} has more than {FILE_BYTES_MAX} bytes"
            raise Malformed(detail, code="file_too_large")
        return io.StringIO(raw.decode("utf-8-sig"), newline="")
    except (UnicodeDecodeError, EOFError, OSError) as error:
        detail = f"{path} cannot be read: {error}"
        raise Malformed(detail, code="file_unreadable") from error


def _read_row(
    table: Table,
    seen: set[str],
    row: dict[str, Any],
    line: int,
    currency: str,
    timezone: str,
) -> None:
    try:
        session = _session(row, currency, timezone)
    except (ValueError, InvalidOperation, OverflowError) as error:
        words = str(error) or "a number cannot be read"
        _refuse(table, "row_malformed", line, words, row)
        return
    if session.code in seen:
        words = "this showing stands above already"
        _refuse(table, "session_given_twice", line, words, row)
        return
    seen.add(session.code)
    table.lines[session.code] = line
    if any(not row[name].isprintable() for name in COLUMNS):
        table.flags["unprintable_folded"] += 1
    if not session.venue:
        table.flags["venue_missing"] += 1
    if session.language == UNKNOWN_LANGUAGE:
        table.flags["language_missing"] += 1
    if session.capacity == 0:
        table.flags["hall_without_seats"] += 1
    reason = _reason(session)
    if reason is not None:
        detail = f"{session.sold} seats sold, takings {session.gross_minor} minor units"
        _refuse(table, reason, line, detail, row)
        table.sessions.append(_emptied(session))
        return
    table.sessions.append(session)
    if session.sold == 0:
        table.rows[RowClass.NO_SALES] += 1
    elif session.gross_minor == 0:
        table.rows[RowClass.SOLD_WITHOUT_GROSS] += 1
        table.flags["sold_without_gross"] += 1
    else:
        table.rows[RowClass.SOLD] += 1


def _refuse(table: Table, name: str, line: int, detail: str, row: dict[str, Any]) -> None:
    table.rows[RowClass.REFUSED] += 1
    table.refused[name] += 1
    raw = json.dumps(list(row.values()), ensure_ascii=False).replace("\\u0000", "")
    table.unmapped.append(
        Unmapped(place=f"line {line}", raw=raw, reason=name, words=detail)
    )
    if len(table.words) < WORDS_MAX:
        table.words.append(f"line {line}: {name}: {detail}")


def _reason(session: Session) -> str | None:
    """Name what keeps a row from being tickets; the showing itself stays on the schedule."""
    if session.sold < 0:
        return "seats_sold_negative"
    if session.gross_minor < 0:
        return "takings_negative"
    if session.sold == 0 and session.gross_minor != 0:
        return "takings_without_seats"
    return None


def _emptied(session: Session) -> Session:
    return Session(
        **{
            **{name: getattr(session, name) for name in Session.__slots__},
            "sold": 0,
            "gross_minor": 0,
        }
    )


def _session(row: dict[str, Any], currency: str, timezone: str) -> Session:
    if None in row or any(row[name] is None for name in COLUMNS):
        message = "the row has more or fewer fields than the header"
        raise ValueError(message)
    texts = {name: text_of(name, row[name]) for name in COLUMNS}
    title, language = split_film(texts["film"])
    moment = f"{texts['date']} {texts['time']}"
    local = datetime.strptime(moment, "%Y-%m-%d %I:%M %p")  # noqa: DTZ007 - zoned below
    if date.fromisoformat(texts["date"]) != local.date():
        message = f"date {texts['date']!r} is not written YYYY-MM-DD"
        raise ValueError(message)
    starts_at = local.replace(tzinfo=zone(timezone))
    state, city, venue = (texts[name].strip() for name in ("state", "city", "venue"))
    if not state or not city:
        message = "state or city is empty"
        raise ValueError(message)
    key = "\n".join(
        (texts["date"], state, city, venue, row["audi"], texts["time"], row["film"])
    )
    gross = _decimal("gross", texts["gross"], _AMOUNT)
    if abs(gross) > GROSS_MAX:
        message = f"gross {texts['gross']!r} is no amount up to {GROSS_MAX}"
        raise ValueError(message)
    return Session(
        code=hashlib.sha256(key.encode()).hexdigest()[:16],
        state=state,
        city=city,
        venue=venue,
        hall=texts["audi"],
        title=title,
        language=language,
        starts_at=starts_at,
        read_at=starts_at - timedelta(minutes=_whole("minsLeft", texts["minsLeft"])),
        capacity=max(0, _whole("totalSeats", texts["totalSeats"])),
        sold=_whole("sold", texts["sold"]),
        gross_minor=_minor(gross, currency),
    )


def _minor(gross: Decimal, currency: str) -> int:
    """Round half up in minor units: the file carries binary noise, such as 2360.3999999999996."""
    return int(
        gross.scaleb(minor_digits(currency)).to_integral_value(rounding=ROUND_HALF_UP)
    )


def text_of(name: str, text: str) -> str:
    """Give a cell as a text that can be shown; `ValueError` for one that is too long."""
    if len(text) > TEXT_CHARACTERS_MAX or "\0" in text:
        message = f"{name} is longer than {TEXT_CHARACTERS_MAX} characters or holds a NUL"
        raise ValueError(message)
    return _printable(text)


def _printable(text: str) -> str:
    """Put a blank for what cannot be printed (tabs, no-break spaces): names are shown."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else " " for each in text)


def _whole(name: str, text: str) -> int:
    number = _decimal(name, text, _WHOLE)
    if abs(number) > SEATS_MAX:
        message = f"{name} {text!r} is no whole number up to {SEATS_MAX}"
        raise ValueError(message)
    return int(number)


def _decimal(name: str, text: str, form: re.Pattern[str]) -> Decimal:
    if form.fullmatch(text) is None:
        message = f"{name} {text[:40]!r} is not a number written in plain digits"
        raise ValueError(message)
    return Decimal(text)


def split_film(label: str) -> tuple[str, str]:
    """Split `Title | Language` at the last bar, and fold runs of blanks."""
    title, bar, language = label.rpartition("|")
    if not bar:
        title, language = label, UNKNOWN_LANGUAGE
    title, language = " ".join(title.split()), " ".join(language.split())
    if not title:
        message = "film is empty"
        raise ValueError(message)
    if len(language) > CODE_CHARACTERS_MAX:
        message = "language is too long"
        raise ValueError(message)
    return title, language or UNKNOWN_LANGUAGE


def sales(session: Session, *, venue_code: str, first_sequence: int) -> Iterator[bytes]:
    """
    Give a showing's sales as events of the native format, one a seat, always the same bytes.

    The takings are spread without loss: the first `gross mod sold` tickets cost one minor
    unit more. Channel `web`: the table comes from an online booking site. Seats, tills and
    the moment of each sale are not in the table and are not invented.
    """
    base, more = divmod(session.gross_minor, session.sold) if session.sold else (0, 0)
    middle = (
        f'","venue":"{venue_code}","showing":"{session.code}",'
        f'"happened_at":"{session.read_at.isoformat()}",'
        '"sales_channel":"web","price_minor":'
    )
    head = f'{{"kind":"sold","ticket":"{session.code}-'
    for number in range(session.sold):
        price = base + 1 if number < more else base
        yield (
            f'{head}{number + 1}{middle}{price},"sequence":{first_sequence + number}}}'
        ).encode()


def read(content: bytes, *, currency: str, timezone: str) -> Facts:
    """
    Read a table that was handed in as facts: the same tickets and prices as `sales` gives.

    A venue is named by its name, city and state together, because one name stands in several
    cities. Raises `Malformed` as `read_table` does, and for more than TICKETS_MAX tickets.
    """
    plain = unpack(content)
    verify_size(plain)
    if not plain.endswith((b"\n", b"\r")) and plain.count(b"\n"):
        last = plain[plain.rfind(b"\n") + 1 :]
        head = plain[: plain.find(b"\n")]
        if last.count(b",") < head.count(b","):
            lines = plain.count(b"\n") + 1
            detail = "the last line stops in the middle"
            fix = "Send the file again, whole."
            raise malformed(f"line {lines}", "file_truncated", detail, fix)
    table = _read(_open(plain, "the table"), "the table", currency, timezone)
    if (tickets := sum(each.sold for each in table.sessions)) > TICKETS_MAX:
        detail = (
            f"the table holds {tickets} tickets; at most {TICKETS_MAX} are read at once"
        )
        raise malformed("", "file_has_too_many_tickets", detail, "Hand it in by days.")
    facts = Facts(
        format=NAME, version="1", currency=currency, counts=Counter(table.rows),
        unmapped=table.unmapped,
    )  # fmt: skip
    facts.counts.update(table.flags)
    for session in table.sessions:
        _add(facts, session, f"line {table.lines[session.code]}")
    return facts


def _add(facts: Facts, session: Session, place: str) -> None:
    showing = Showing(
        place=place,
        code=session.code,
        venue=" | ".join(each for each in reversed(session.place) if each),
        hall=session.hall,
        starts_at=session.starts_at,
        film=FilmName(title=session.title, language=session.language),
        capacity=session.capacity,
    )
    facts.showings.append(showing)
    facts.totals.append(
        Total(
            place=place,
            venue=showing.venue,
            showing=showing.code,
            tickets=session.sold,
            gross_minor=session.gross_minor,
            currency=facts.currency,
        )
    )
    facts.sales.extend(
        Sale(
            place=place,
            showing=session.code,
            ticket=f"{session.code}-{number}",
            sold_at=session.read_at,
            price_minor=price,
            currency=facts.currency,
            sales_channel="web",
            is_synthetic=True,
        )
        for number, price in enumerate(spread(session.gross_minor, session.sold), start=1)
    )
