"""What people write in a cell: dates, times, amounts and counts, read in one way or refused."""

import re
from datetime import date, datetime, time
from decimal import Decimal

from ekino.ingest.formats.sheet_words import MONTHS, fold
from ekino.kernel.bounds import AMOUNT_MINOR_MAX, is_day_of_ours
from ekino.kernel.money import minor_digits

Cell = str | int | float | date | time | datetime | None

# A sheet's own whole numbers: places, tickets of a row. More is a mistyped number.
COUNT_MAX = 10_000
_NUMERIC = re.compile(r"(\d{1,2})[./\-](\d{1,2})[./\-](\d{2}|\d{4})")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_NAMED = re.compile(r"(\d{1,2})\s+([^\W\d]+)\.?\s+(\d{4})(?:\s*(?:г|ж|года|жыл)\.?)?")
_YEAR_FIRST = re.compile(r"(\d{4})\s*(?:ж|жыл|жылғы)\.?\s+(\d{1,2})\s+([^\W\d]+)")
_CLOCK = re.compile(r"(\d{1,2})[:.\-](\d{2})(?:[:.](\d{2}))?\s*(am|pm)?", re.IGNORECASE)
_COMPACT = re.compile(r"([01]\d|2[0-4])([0-5]\d)")
_CURRENCY = re.compile(
    r"(?:₸|тг|тнг|тенге|теңге|kzt|руб|₽|₹|€|\$|[A-Z]{3})\.?$", re.IGNORECASE
)
_BLANKS = re.compile(r"[\s\u00a0\u202f']+")
_PLAIN = re.compile(r"-?\d{1,13}(?:[.,]\d{1,2})?", re.ASCII)
_GROUPED = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|-?\d{1,3}(?:\.\d{3})+,\d{1,2}")
_THOUSAND_OR_PART = re.compile(r"-?\d{1,3}[.,]\d{3}")
_NOON = 12
_CENTURY = 2000
_LONG_YEAR = 4


class Unreadable(ValueError):
    """A cell that says nothing we read: `code` is stable, the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        """Say what it is called and what was met."""
        super().__init__(message)
        self.code = code


def text_of(cell: Cell) -> str:
    """Give a cell as text, as a person would read it off the sheet."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return str(cell).strip()


def read_day(cell: Cell) -> date:
    """
    Read a date: 26.11.2026, 26/11/26, 2026-11-26, 26 ноября 2026, 26 қараша 2026, a date cell.

    The day stands before the month, as it is written here; a month above 12 is refused, never
    turned round.
    """
    if isinstance(cell, datetime):
        return _ours(cell.date(), cell)
    if isinstance(cell, date):
        return _ours(cell, cell)
    text = text_of(cell)
    if match := _ISO.fullmatch(text):
        return _day(int(match[1]), int(match[2]), int(match[3]), text)
    if match := _NUMERIC.fullmatch(text):
        year = int(match[3]) + (0 if len(match[3]) == _LONG_YEAR else _CENTURY)
        return _day(year, int(match[2]), int(match[1]), text)
    if match := _NAMED.fullmatch(text):
        return _day(int(match[3]), MONTHS.get(fold(match[2]), 0), int(match[1]), text)
    if match := _YEAR_FIRST.fullmatch(text):
        return _day(int(match[1]), MONTHS.get(fold(match[3]), 0), int(match[2]), text)
    raise Unreadable("date_unreadable", f"{text[:40]!r} is no date such as 26.11.2026")


def _day(year: int, month: int, day: int, text: str) -> date:
    try:
        return _ours(date(year, month, day), text)
    except ValueError as error:
        message = f"{text[:40]!r} is no day of the calendar (day.month.year)"
        raise Unreadable("date_unreadable", message) from error


def _ours(day: date, met: object) -> date:
    if not is_day_of_ours(day):
        raise Unreadable("date_unreadable", f"{met!s} is not a day of our time")
    return day


def read_clock(cell: Cell) -> time:
    """Read a time of day: 19:30, 19.30, 1930, 7:30 PM, a time cell."""
    if isinstance(cell, datetime):
        return cell.time()
    if isinstance(cell, time):
        return cell
    if isinstance(cell, float) and 0 <= cell < 1:
        seconds = round(cell * 86_400)
        return time(seconds // 3600 % 24, seconds // 60 % 60, seconds % 60)
    text = text_of(cell)
    match = _CLOCK.fullmatch(text) or _COMPACT.fullmatch(text)
    if match is None:
        raise Unreadable("time_unreadable", f"{text[:40]!r} is no time such as 19:30")
    hour, minute = int(match[1]), int(match[2])
    half = (match[4] or "").lower() if match.re is _CLOCK else ""
    second = int(match[3] or 0) if match.re is _CLOCK else 0
    if half:
        hour = hour % _NOON + (_NOON if half == "pm" else 0)
    try:
        return time(hour, minute, second)
    except ValueError as error:
        message = f"{text[:40]!r} is no time of a day"
        raise Unreadable("time_unreadable", message) from error


def read_moment(cell: Cell) -> datetime:
    """Read a date with a time, without a zone: 26.11.2026 18:05, 2026-11-26T18:05:00."""
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=None)
    if isinstance(cell, date):
        return datetime.combine(cell, time())
    text = text_of(cell).replace("T", " ")
    day, _, clock = text.rpartition(" ")
    if clock.lower() in ("am", "pm"):
        day, _, first = day.rpartition(" ")
        clock = f"{first} {clock}"
    if not day:
        return datetime.combine(read_day(text), time())
    return datetime.combine(read_day(day.rstrip(" ,")), read_clock(clock))


def read_amount(cell: Cell, currency: str) -> int:
    """
    Read an amount in whole units into minor units: 2500, 2 500, 2500,50, 2 500,50 ₸.

    Raises `Unreadable`: `amount_ambiguous` for 1.500 and 1,500, which are one and a half to one
    reader and fifteen hundred to another.
    """
    text = _BLANKS.sub("", text_of(cell))
    text = _CURRENCY.sub("", text)
    if isinstance(cell, str) and _THOUSAND_OR_PART.fullmatch(text):
        message = f"{text_of(cell)[:40]!r} can be read in two ways"
        raise Unreadable("amount_ambiguous", message)
    if _PLAIN.fullmatch(text):
        number = Decimal(text.replace(",", "."))
    elif _GROUPED.fullmatch(text):
        last = max(text.rfind(","), text.rfind("."))
        is_part = len(text) - last <= 3  # noqa: PLR2004 - a separator and two digits
        whole = text[:last] if is_part else text
        digits = whole.replace(",", "").replace(".", "")
        number = Decimal(f"{digits}.{text[last + 1 :]}" if is_part else digits)
    else:
        message = f"{text_of(cell)[:40]!r} is no amount such as 2500 or 2500,50"
        raise Unreadable("amount_unreadable", message)
    minor = number.scaleb(minor_digits(currency))
    if minor != minor.to_integral_value():
        message = f"{text_of(cell)[:40]!r} has more decimal places than {currency}"
        raise Unreadable("amount_unreadable", message)
    if minor < 0:
        raise Unreadable("amount_negative", f"{text_of(cell)[:40]!r} is below zero")
    if minor > AMOUNT_MINOR_MAX:
        raise Unreadable("amount_too_large", f"{text_of(cell)[:40]!r} is no price")
    return int(minor)


def read_count(cell: Cell, *, most: int = COUNT_MAX) -> int:
    """Read a whole number from 0 to `most`."""
    text = _BLANKS.sub("", text_of(cell))
    if not (text.isascii() and text.isdigit()) or int(text[:12]) > most:
        message = f"{text_of(cell)[:40]!r} is no whole number from 0 to {most}"
        raise Unreadable("count_unreadable", message)
    return int(text)
