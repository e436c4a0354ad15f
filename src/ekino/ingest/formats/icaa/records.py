"""
Records of the ICAA file: which columns hold what. Source: wire formats, §2.

Positions count from 1 and include both ends. The code tables (incidents, languages, projection)
are not confirmed, so codes are kept as they are written.
"""

import re
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from ekino.ingest.formats.fixed import (
    CELLS_TEXT,
    MONEY,
    NUMBER,
    SHORT_DAY,
    SHORT_TIME,
    Cells,
    column,
    line_of,
)

# Showings before this hour belong to the day before.
DAY_STARTS_HOUR = 6
# A file that is sent when it is due; every other kind is late.
REGULAR = "FL"
_FILE_KIND = re.compile(r"FL|AT|[0-9]{2}", re.ASCII)


def _read_kind(text: str) -> str:
    if not _FILE_KIND.fullmatch(text):
        message = f"{text!r} is neither FL nor AT nor a number such as 01"
        raise ValueError(message)
    return text


def _read_code(text: str) -> str:
    code = text.rstrip(" ")
    if not code or not code.isprintable() or code != code.lstrip(" "):
        message = f"{text!r} is no code, aligned to the left"
        raise ValueError(message)
    return code


FILE_KIND = Cells("FL, AT or a number such as 01", _read_kind, lambda text, _: str(text))
CODE = Cells(
    "a code aligned to the left", _read_code, lambda text, width: text.ljust(width)
)
_HALL = (2, 13, CODE, "hall code")


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Record 0, exactly one and first: who sends, when, and the totals of the file."""

    HEAD: ClassVar[str] = "0"
    WIDTH: ClassVar[int] = 56

    mailbox: str = column(2, 4, CODE, "mailbox (buzón)")
    file_kind: str = column(5, 6, FILE_KIND, "FL regular; AT or a number when late")
    previous_day: int = column(7, 9, NUMBER, "day of the year of the sending before")
    sent_day: int = column(10, 12, NUMBER, "day of the year of this sending")
    lines: int = column(13, 23, NUMBER, "lines of the file")
    showings: int = column(24, 34, NUMBER, "showings of the file")
    spectators: int = column(35, 45, NUMBER, "spectators of the file")
    gross: Decimal = column(46, 56, MONEY, "takings of the file")
    line: int = line_of()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hall:
    """Record 1: a hall."""

    HEAD: ClassVar[str] = "1"
    WIDTH: ClassVar[int] = 43

    hall: str = column(*_HALL)
    name: str = column(14, 43, CELLS_TEXT, "name of the hall")
    line: int = line_of()

    @property
    def key(self) -> tuple[Any, ...]:
        """What may stand in the file once."""
        return (self.hall,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Record 2: a showing that was held, with what it took."""

    HEAD: ClassVar[str] = "2"
    WIDTH: ClassVar[int] = 41

    hall: str = column(*_HALL)
    day: date = column(14, 19, SHORT_DAY, "date of the showing")
    clock: time = column(20, 23, SHORT_TIME, "time of the showing")
    films: int = column(24, 25, NUMBER, "films of the showing")
    spectators: int = column(26, 30, NUMBER, "spectators")
    gross: Decimal = column(31, 38, MONEY, "takings")
    incident: str = column(39, 41, CELLS_TEXT, "incident code")
    line: int = line_of()

    @property
    def key(self) -> tuple[Any, ...]:
        """What may stand in the file once."""
        return (self.hall, self.day, self.clock)

    @property
    def business_date(self) -> date:
        """The day that it counts to: one before six in the morning belongs to the day before."""
        before = timedelta(days=self.clock.hour < DAY_STARTS_HOUR)
        return self.day - before


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Record 3: a film of a showing."""

    HEAD: ClassVar[str] = "3"
    WIDTH: ClassVar[int] = 28

    hall: str = column(*_HALL)
    day: date = column(14, 19, SHORT_DAY, "date of the showing")
    clock: time = column(20, 23, SHORT_TIME, "time of the showing")
    film: str = column(24, 28, CODE, "the cinema's own code of the film")
    line: int = line_of()

    @property
    def key(self) -> tuple[Any, ...]:
        """What may stand in the file once."""
        return (self.hall, self.day, self.clock, self.film)


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """Record 4: a film; its code differs for each version and language."""

    HEAD: ClassVar[str] = "4"
    WIDTH: ClassVar[int] = 146

    hall: str = column(*_HALL)
    film: str = column(14, 18, CODE, "the cinema's own code of the film")
    rating_file: str = column(19, 30, CELLS_TEXT, "number of the rating file")
    title: str = column(31, 80, CELLS_TEXT, "title")
    distributor: str = column(81, 92, CELLS_TEXT, "code of the distributor")
    distributor_name: str = column(93, 142, CELLS_TEXT, "name of the distributor")
    original_version: str = column(143, 143, CELLS_TEXT, "original version, a code")
    language: str = column(144, 144, CELLS_TEXT, "language shown, a code")
    subtitles: str = column(145, 145, CELLS_TEXT, "language of the subtitles, a code")
    projection: str = column(146, 146, CELLS_TEXT, "projection format, a code")
    line: int = line_of()

    @property
    def key(self) -> tuple[Any, ...]:
        """What may stand in the file once."""
        return (self.hall, self.film)


@dataclass(frozen=True, slots=True, kw_only=True)
class Programmed:
    """Record 5: how many showings a hall had on its programme of a day."""

    HEAD: ClassVar[str] = "5"
    WIDTH: ClassVar[int] = 21

    hall: str = column(*_HALL)
    day: date = column(14, 19, SHORT_DAY, "date")
    showings: int = column(20, 21, NUMBER, "showings programmed")
    line: int = line_of()

    @property
    def key(self) -> tuple[Any, ...]:
        """What may stand in the file once."""
        return (self.hall, self.day)


RECORDS = (Header, Hall, Held, Shown, Film, Programmed)
