"""Records of fixed width: a dataclass says which columns hold what, one line a record."""

import dataclasses
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar, cast

from ekino.ingest.formats.facts import malformed, verify_size
from ekino.ingest.formats.refusals import problem_at
from ekino.kernel.bounds import is_clean
from ekino.kernel.errors import Problem

_KEY = "ekino.column"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cells:
    """How one kind of value fills its columns: `read` raises `ValueError`, `write` fills them."""

    words: str
    read: Callable[[str], Any]
    write: Callable[[Any, int], str]


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a record: the first and the last column, counted from 1."""

    first: int
    last: int
    cells: Cells
    # What it means, for the reference pages.
    words: str
    field: str = ""

    @property
    def width(self) -> int:
        """How many columns it has."""
        return self.last - self.first + 1


def column(first: int, last: int, cells: Cells, words: str) -> Any:
    """Declare a field of a record."""
    return field(metadata={_KEY: Column(first, last, cells, words)})


def line_of() -> Any:
    """Declare the line that the record stood on: told in problems, no part of the value."""
    return field(default=0, compare=False, repr=False)


@lru_cache(maxsize=64)
def columns_of(record: Any) -> tuple[Column, ...]:
    """Give the columns of a record in their order."""
    return tuple(
        dataclasses.replace(each.metadata[_KEY], field=each.name)
        for each in dataclasses.fields(record)
        if _KEY in each.metadata
    )


class Misread(ValueError):
    """One record cannot be read or written, and why: a problem."""

    def __init__(self, problem: Problem) -> None:
        """Keep the problem."""
        super().__init__(problem.detail)
        self.problem = problem


def read_record(text: str, record: type[T], width: int, line: int) -> T:
    """
    Read one line as a record of `width` columns; blanks at its end may be missing.

    Raises `Misread`: record_too_long, columns_wrong.
    """
    if len(text) > width and text[width:].strip():
        raise Misread(
            problem_at(
                place=f"line {line}",
                code="record_too_long",
                detail=f"the record has {len(text)} columns, of {width}",
                fix=f"Write {width} columns; cut texts that are longer than theirs.",
            )
        )
    padded = text.ljust(width)
    values: dict[str, Any] = {"line": line}
    for each in columns_of(cast("Any", record)):
        cells = padded[each.first - 1 : each.last]
        try:
            values[each.field] = each.cells.read(cells)
        except ValueError as error:
            raise Misread(_wrong(f"line {line}", each, str(error))) from error
    return record(**values)


def write_record(record: Any, head: str, width: int) -> str:
    """
    Write a record in exactly `width` columns after its head.

    Raises `Misread` (columns_wrong) for a value that its columns cannot hold.
    """
    cells = list(head.ljust(width))
    for each in columns_of(cast("Any", type(record))):
        value = getattr(record, each.field)
        try:
            text = each.cells.write(value, each.width)
            if len(text) != each.width or each.cells.read(text) != value:
                raise Misread(_wrong("", each, f"{str(value)[:64]!r} does not fit"))
        except Misread:
            raise
        except (ValueError, AttributeError, ArithmeticError) as error:
            raise Misread(_wrong("", each, str(error))) from error
        cells[each.first - 1 : each.last] = text
    return "".join(cells)


def _wrong(place: str, column: Column, why: str) -> Problem:
    where = f"columns {column.first}–{column.last}"
    return problem_at(
        place=f"{place}, {where}" if place else where,
        code="columns_wrong",
        detail=f"{column.words}: {why}",
        fix=f"Write {column.cells.words} in {where}.",
    )


def decoded(raw: bytes) -> list[str]:
    """Give the lines of a file in ISO-8859-1; `encoding_wrong` for another encoding."""
    verify_size(raw)
    found = _other_encoding(raw)
    if found:
        raise malformed(
            "line 1",
            "encoding_wrong",
            f"the file has to be ISO-8859-1, and {found}",
            "Save the file as ISO-8859-1 (Latin 1).",
        )
    lines = raw.decode("iso-8859-1").split("\n")
    if not lines[-1].strip("\r\x1a"):
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def _other_encoding(raw: bytes) -> str:
    """Say what a file looks like that is not ISO-8859-1; "" where it may well be."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in raw:
        return "looks like UTF-16"
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    # Letters of Latin 1 that happen to be UTF-8 as well are pairs such as Ã©: nobody's name.
    return "" if text.isascii() else "looks like UTF-8"


def encoded(rows: Iterable[Any]) -> bytes:
    """Write records, one a line."""
    try:
        lines = [write_record(row, row.HEAD, row.WIDTH) for row in rows]
    except Misread as misread:
        problem = misread.problem
        raise malformed(
            problem.pointer, problem.code, problem.detail, problem.fix
        ) from misread
    text = "".join(f"{line}\r\n" for line in lines)
    raw = text.encode("iso-8859-1", "replace")
    if raw.decode("iso-8859-1") != text or _other_encoding(raw):
        raise malformed(
            "",
            "encoding_wrong",
            "a title or a name has letters that ISO-8859-1 does not have",
            "Write them with Latin letters.",
        )
    return raw


_DIGITS = re.compile(r"[0-9]+", re.ASCII)


def _read_number(text: str) -> int:
    if not _DIGITS.fullmatch(text):
        message = f"{text!r} is no number filled with zeros"
        raise ValueError(message)
    return int(text)


def _read_text(text: str) -> str:
    if not is_clean(text):
        message = f"{text.strip()[:64]!r} holds control characters"
        raise ValueError(message)
    return text.rstrip(" ")


def _write_text(text: str, width: int) -> str:
    return text.ljust(width)


def money(digits: int = 2) -> Cells:
    """Make the form of an amount filled with zeros, with a point and so many digits after it."""
    form = re.compile(rf"[0-9]+\.[0-9]{{{digits}}}", re.ASCII)

    def read(text: str) -> Decimal:
        if not form.fullmatch(text):
            message = f"{text!r} is no amount filled with zeros, with {digits} decimals"
            raise ValueError(message)
        return Decimal(text)

    return Cells(
        f"an amount with a point and {digits} decimals, filled with zeros",
        read,
        lambda amount, width: f"{amount:0{width}.{digits}f}",
    )


def moment(pattern: str, words: str, make: Callable[[datetime], Any]) -> Cells:
    """Make the form of a date or a time by its `strftime` pattern; blanks are None."""

    def read(text: str) -> Any:
        if not text.strip(" "):
            return None
        if not _DIGITS.fullmatch(text):
            message = f"{text!r} is no {words}"
            raise ValueError(message)
        return make(datetime.strptime(text, pattern))  # noqa: DTZ007 - local, no zone

    return Cells(
        words,
        read,
        lambda value, width: " " * width if value is None else value.strftime(pattern),
    )


def _needed(cells: Cells) -> Cells:
    def read(text: str) -> Any:
        value = cells.read(text)
        if value is None:
            message = f"{cells.words} is missing"
            raise ValueError(message)
        return value

    return Cells(cells.words, read, cells.write)


NUMBER = Cells(
    "a number filled with zeros", _read_number, lambda number, width: f"{number:0{width}d}"
)
CELLS_TEXT = Cells("text filled with blanks", _read_text, _write_text)
MONEY = money()
SHORT_DAY = _needed(moment("%d%m%y", "date ddmmyy", lambda each: each.date()))
SHORT_TIME = _needed(moment("%H%M", "time hhmm", lambda each: each.time()))
