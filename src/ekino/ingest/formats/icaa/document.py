"""The ICAA file as a whole: read with every total and reference checked, and written."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from ekino.ingest.formats.fixed import Misread, decoded, encoded, read_record
from ekino.ingest.formats.icaa.records import (
    RECORDS,
    REGULAR,
    Film,
    Hall,
    Header,
    Held,
    Programmed,
    Shown,
)
from ekino.ingest.formats.refusals import problem_at
from ekino.ingest.formats.shapes import FILE_PROBLEMS_MAX, refuse
from ekino.kernel.errors import Problem

_LONGEST_YEAR_DAYS = 366
_BY_HEAD: dict[str, Any] = {record.HEAD: record for record in RECORDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A box-office file without its totals, which are the sums of what is in it."""

    mailbox: str
    file_kind: str = REGULAR
    previous_day: int
    sent_day: int
    halls: tuple[Hall, ...] = ()
    held: tuple[Held, ...] = ()
    shown: tuple[Shown, ...] = ()
    films: tuple[Film, ...] = ()
    programmed: tuple[Programmed, ...] = ()

    @property
    def rows(self) -> Iterator[Any]:
        """Every record after the header, in the order in which they are written."""
        for group in (self.halls, self.held, self.shown, self.films, self.programmed):
            yield from group

    @property
    def header(self) -> Header:
        """The header with the totals that the file has to have."""
        return Header(
            mailbox=self.mailbox,
            file_kind=self.file_kind,
            previous_day=self.previous_day,
            sent_day=self.sent_day,
            lines=1 + sum(1 for _ in self.rows),
            showings=len(self.held),
            spectators=sum(held.spectators for held in self.held),
            gross=sum((held.gross for held in self.held), Decimal(0)),
        )


def parse(raw: bytes) -> Document:
    """
    Read a file, or refuse it whole: each record, each reference, each total.

    Codes: file_too_large, file_empty, encoding_wrong, header_missing, record_unknown,
    record_too_long, columns_wrong, records_out_of_order, record_given_twice, and those of
    `problems_of` and of `differences`.
    """
    rows, header = _records(decoded(raw))
    document = Document(
        mailbox=header.mailbox,
        file_kind=header.file_kind,
        previous_day=header.previous_day,
        sent_day=header.sent_day,
        halls=_of(rows, Hall),
        held=_of(rows, Held),
        shown=_of(rows, Shown),
        films=_of(rows, Film),
        programmed=_of(rows, Programmed),
    )
    problems = [*problems_of(document), *differences(header, document.header)]
    if problems:
        refuse(problems)
    return document


def _of(rows: Sequence[Any], kind: type) -> tuple[Any, ...]:
    return tuple(row for row in rows if isinstance(row, kind))


def _records(lines: list[str]) -> tuple[list[Any], Header]:
    """Read every line; one that is wrong is told, and the others are looked at all the same."""
    rows: list[Any] = []
    problems: list[Problem] = []
    for number, text in enumerate(lines, 1):
        record = _BY_HEAD.get(text[:1])
        try:
            if record is None:
                raise Misread(_unknown(text, number))
            rows.append(read_record(text, record, record.WIDTH, number))
        except Misread as misread:
            problems.append(misread.problem)
            if len(problems) >= FILE_PROBLEMS_MAX:
                break
    if not lines[0].startswith(Header.HEAD):
        problems.insert(0, _no_header(lines[0]))
    problems.extend(
        _problem(
            row, "records_out_of_order", "a second header", "Send each file by itself."
        )
        for row in rows[1:]
        if isinstance(row, Header)
    )
    if problems:
        refuse(problems)
    header: Header = rows[0]
    return rows[1:], header


def _unknown(text: str, number: int) -> Problem:
    return problem_at(
        place=f"line {number}",
        code="record_unknown",
        detail=f"the line begins with {text[:1]!r}, which is no record from 0 to 5",
        fix="Send records 0 to 5, one a line, and nothing else.",
    )


def _no_header(text: str) -> Problem:
    return problem_at(
        place="line 1",
        code="header_missing",
        detail=f"the file begins with {text[:1]!r} instead of the header, record 0",
        fix="Send the file whole, its header first.",
    )


def _problem(row: Any, code: str, detail: str, fix: str) -> Problem:
    place = f"line {row.line}" if row.line else f"record {row.HEAD}"
    return problem_at(
        place=place,
        code=code,
        detail=f"record {row.HEAD} {_name(row)}: {detail}",
        fix=fix,
    )


def _name(row: Any) -> str:
    return " ".join(str(part) for part in getattr(row, "key", ()))


def problems_of(document: Document) -> list[Problem]:
    """
    Check every reference and count within a file.

    Codes: record_given_twice, hall_unknown, showing_unknown, film_unknown, film_count_differs,
    programmed_below_held, records_out_of_order, day_of_year_wrong.
    """
    problems = [
        *_twice(document),
        *_unreferenced(document),
        *_film_counts(document),
        *_programmes(document),
    ]
    for words, day in (
        ("the sending before", document.previous_day),
        ("this sending", document.sent_day),
    ):
        if not 1 <= day <= _LONGEST_YEAR_DAYS:
            problems.append(
                problem_at(
                    place="line 1",
                    code="day_of_year_wrong",
                    detail=f"the day of {words} is {day}",
                    fix=f"Give the day of the year, 1 to {_LONGEST_YEAR_DAYS}.",
                )
            )
    return problems


def _twice(document: Document) -> Iterator[Problem]:
    seen: set[tuple[Any, ...]] = set()
    for row in document.rows:
        key = (row.HEAD, *row.key)
        if key in seen:
            yield _problem(
                row, "record_given_twice", "it stands above already", "Give it once."
            )
        seen.add(key)


def _unreferenced(document: Document) -> Iterator[Problem]:
    halls = {hall.hall: hall for hall in document.halls}
    held = {each.key: each for each in document.held}
    films = {film.key: film for film in document.films}
    of_halls: tuple[Any, ...] = (
        *document.held,
        *document.shown,
        *document.films,
        *document.programmed,
    )
    for row in of_halls:
        yield from _refers(row, halls.get(row.hall), "hall_unknown", "its hall, record 1")
    for row in document.shown:
        showing = held.get((row.hall, row.day, row.clock))
        yield from _refers(row, showing, "showing_unknown", "its showing, record 2")
        # A film is described before or after it is shown: writers differ.
        if (row.hall, row.film) not in films:
            yield from _refers(row, None, "film_unknown", "its film, record 4")


def _refers(row: Any, target: Any, code: str, words: str) -> Iterator[Problem]:
    """Demand that what a record refers to is there, and above it."""
    if target is None:
        yield _problem(row, code, f"{words} is not in the file", f"Give {words}, too.")
    elif row.line and target.line > row.line:
        yield _problem(
            row,
            "records_out_of_order",
            f"{words} stands below it, in line {target.line}",
            f"Write {words} first.",
        )


def _film_counts(document: Document) -> Iterator[Problem]:
    shown = Counter((row.hall, row.day, row.clock) for row in document.shown)
    for row in document.held:
        if shown[row.key] != row.films:
            yield _problem(
                row,
                "film_count_differs",
                f"it says {row.films} films, and the file has {shown[row.key]} of it",
                "Give one record 3 for each film of the showing.",
            )


def _programmes(document: Document) -> Iterator[Problem]:
    """Demand as many showings programmed as were held; those of the night are of the day before."""
    programmed = {row.key: row.showings for row in document.programmed}
    held = Counter((row.hall, row.business_date) for row in document.held)
    first = {(row.hall, row.business_date): row for row in reversed(document.held)}
    for key, count in held.items():
        if programmed.get(key, 0) < count:
            yield _problem(
                first[key],
                "programmed_below_held",
                f"showings of {key[1]}: held {count}, programmed {programmed.get(key, 0)}",
                "Give record 5 with every showing on the programme; those before 06:00 belong to"
                " the day before.",
            )


def differences(header: Header, actual: Header) -> list[Problem]:
    """Compare a header's totals with the sums: lines, showings, spectators, takings."""
    return [
        problem_at(
            place="line 1",
            code=code,
            detail=f"the header says {said} {words}, and the file adds up to {sums}",
            fix="Send the file whole, with the totals of what is in it.",
        )
        for code, words, said, sums in (
            ("lines_differ", "lines", header.lines, actual.lines),
            ("showings_differ", "showings", header.showings, actual.showings),
            ("spectators_differ", "spectators", header.spectators, actual.spectators),
            ("takings_differ", "of takings", header.gross, actual.gross),
        )
        if said != sums
    ]


def serialise(document: Document) -> bytes:
    """
    Write a file in ISO-8859-1 with CRLF, its totals added up.

    Raises `Malformed` for what cannot be read back: columns that are too narrow (columns_wrong),
    another alphabet (encoding_wrong), references that lead nowhere.
    """
    problems = problems_of(document)
    if problems:
        refuse(problems)
    return encoded([document.header, *document.rows])


def period(document: Document) -> tuple[date, date] | None:
    """
    Give the days of the sending before and of this one; None for a file without showings.

    The file gives days of the year only; this sending is the first such day on or after the last
    showing, and the one before it the last such day on or before this one.
    """
    if not document.held:
        return None
    last = max(held.business_date for held in document.held)
    sent = next(
        (day for day in _days(last, 1) if day.timetuple().tm_yday == document.sent_day),
        last,
    )
    before = next(
        (
            day
            for day in _days(sent, -1)
            if day.timetuple().tm_yday == document.previous_day
        ),
        sent,
    )
    return before, sent


# Day 366 comes back after eight years at most, around a century that is no leap year.
_DAYS_LOOKED_AT = 8 * 366


def _days(first: date, step: int) -> Iterator[date]:
    for number in range(_DAYS_LOOKED_AT):
        yield first + timedelta(days=number * step)
