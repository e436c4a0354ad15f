"""The ICAA file of incidents: halls that did not report, by day. Source: wire formats, §2."""

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from ekino.ingest.formats.facts import Facts, Unmapped
from ekino.ingest.formats.fixed import (
    CELLS_TEXT,
    SHORT_DAY,
    Cells,
    Misread,
    column,
    decoded,
    encoded,
    line_of,
    read_record,
    write_record,
)
from ekino.ingest.formats.icaa.records import CODE
from ekino.ingest.formats.leftovers import Leftovers
from ekino.ingest.formats.refusals import problem_at
from ekino.ingest.formats.shapes import refuse
from ekino.kernel.errors import Problem

NAME = "icaa_incidents"
# Columns of the free comment; the record has no length of its own.
COMMENT_CHARACTERS_MAX = 200
_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _read_days(text: str) -> tuple[bool, ...]:
    if set(text) - {"0", "1"}:
        message = f"{text!r} is not seven times 0 or 1"
        raise ValueError(message)
    return tuple(each == "1" for each in text)


DAYS = Cells(
    "seven times 0 or 1, Monday to Sunday",
    _read_days,
    lambda days, _: "".join("1" if day else "0" for day in days),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Record 0: who tells, of which days."""

    HEAD: ClassVar[str] = "0"
    WIDTH: ClassVar[int] = 16

    mailbox: str = column(2, 4, CODE, "mailbox (buzón)")
    first: date = column(5, 10, SHORT_DAY, "first day")
    last: date = column(11, 16, SHORT_DAY, "last day")
    line: int = line_of()


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Record 1: a hall, the days it is about, and why."""

    HEAD: ClassVar[str] = "1"
    WIDTH: ClassVar[int] = 20 + COMMENT_CHARACTERS_MAX

    hall: str = column(2, 13, CODE, "hall code")
    days: tuple[bool, ...] = column(14, 20, DAYS, "days, Monday to Sunday")
    comment: str = column(21, 20 + COMMENT_CHARACTERS_MAX, CELLS_TEXT, "comment")
    line: int = line_of()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file of incidents."""

    week: Week
    incidents: tuple[Incident, ...] = ()


def read(raw: bytes, *, currency: str, timezone: str) -> Facts:
    """Read a file of incidents: every record is kept and told, and nothing is entered of it."""
    del timezone
    document = parse(raw)
    week = document.week
    facts = Facts(format=NAME, currency=currency)
    facts.counts["record_0"] = 1
    facts.counts["record_1"] = len(document.incidents)
    facts.unmapped.extend(
        Unmapped(
            place=f"line {each.line}",
            raw=write_record(each, each.HEAD, each.WIDTH).rstrip(" "),
            reason="hall_incident",
            words=f"Hall {each.hall}, {week.first} to {week.last}, days"
            f" {_named(each.days)}: {each.comment.strip() or 'no comment'}.",
        )
        for each in document.incidents
    )
    leftovers = Leftovers()
    leftovers.note("mailbox", week.mailbox)
    leftovers.note("days told of", f"{week.first} to {week.last}")
    facts.unmapped.extend(leftovers.unmapped())
    return facts


def _named(days: tuple[bool, ...]) -> str:
    return (
        ", ".join(name for name, is_day in zip(_WEEK, days, strict=True) if is_day)
        or "none"
    )


def parse(raw: bytes) -> Document:
    """
    Read a file of incidents, or refuse it whole.

    Codes: encoding_wrong, file_empty, file_too_large, record_unknown, record_too_long,
    columns_wrong, header_missing.
    """
    lines = decoded(raw)
    rows: list[Any] = []
    problems: list[Problem] = []
    for number, text in enumerate(lines, 1):
        record: Any = Week if number == 1 else Incident
        try:
            if not text.startswith(record.HEAD):
                raise Misread(_misplaced(text, number))
            rows.append(read_record(text, record, record.WIDTH, number))
        except Misread as misread:
            problems.append(misread.problem)
    if problems:
        refuse(problems)
    return Document(week=rows[0], incidents=tuple(rows[1:]))


def _misplaced(text: str, number: int) -> Problem:
    code = "header_missing" if number == 1 else "record_unknown"
    return problem_at(
        place=f"line {number}",
        code=code,
        detail=f"the line begins with {text[:1]!r}",
        fix="Send record 0 first, and then a record 1 for each hall.",
    )


def serialise(document: Document) -> bytes:
    """Write a file of incidents; blanks at the end of a comment are not written."""
    for incident in document.incidents:
        if len(incident.days) != len(_WEEK):
            refuse(
                [
                    problem_at(
                        "", "columns_wrong", "a week has seven days", "Give seven days."
                    )
                ]
            )
    raw = encoded([document.week, *document.incidents])
    return b"".join(line.rstrip(b" ") + b"\r\n" for line in raw.split(b"\r\n")[:-1])
