"""
A nightly summary in the manner of Comscore: per cinema, hall and title what a day took.

Source: wire formats, §8. Their schema is not public; this is ours, version 1: showings, admissions
and takings in whole minor units, sent in the night and corrected for 14 days.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from ekino.ingest.formats.facts import Facts, Total, malformed
from ekino.ingest.formats.forms import CENTS, COUNT, DAY, NAME, TEXT, choice_form, code_form
from ekino.ingest.formats.shapes import (
    Reading,
    attribute,
    line_of,
    read_document,
    rows_of,
    write_element,
)
from ekino.ingest.formats.xml import read_tree, write_tree
from ekino.kernel.moments import zone
from ekino.kernel.money import minor_digits

VERSION = "1"
# Days after a business date on which its figures may still be corrected.
CORRECTION_DAYS_MAX = 14
# Local hour at which a night's summary goes out.
SENT_AT_HOUR = 3
FIRST, CORRECTED = "first", "corrected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one title took in one hall."""

    ELEMENT: ClassVar[str] = "line"

    hall: str = attribute("hall", NAME, "hall")
    certificate: str = attribute("certificate", NAME, "certificate", default="")
    title: str = attribute("title", TEXT, "title as shown")
    showings: int = attribute("showings", COUNT, "showings")
    admissions: int = attribute("admissions", COUNT, "tickets sold and not given back")
    gross_minor: int = attribute("gross_minor", CENTS, "takings in minor units")
    line: int = line_of()

    @property
    def key(self) -> tuple[str, str, str]:
        """What may stand in a summary once."""
        return self.hall, self.certificate, self.title


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A cinema's business date."""

    ELEMENT: ClassVar[str] = "nightly"

    version: str = attribute(
        "version",
        code_form(VERSION, VERSION),
        "version of the format, never left out",
        default=VERSION,
    )
    cinema: str = attribute("cinema", NAME, "cinema")
    day: date = attribute("business_date", DAY, "business date")
    sent_day: date = attribute("sent", DAY, "the day it is sent")
    state: str = attribute("state", choice_form(FIRST, CORRECTED), "first or corrected")
    currency: str = attribute("currency", code_form("[A-Z]{3}", "ISO 4217"), "currency")
    # What follows is the whole of the day, in a correction too: it replaces what was sent.
    admissions: int = attribute("admissions", COUNT, "of the day")
    gross_minor: int = attribute("gross_minor", CENTS, "of the day, in minor units")
    lines: tuple[Line, ...] = rows_of(Line, "hall and title")


def nightly(
    cinema: str, day: date, lines: Iterable[Line], *, sent_day: date, currency: str
) -> Document:
    """Give the summary of a business date, its lines in the order of halls and titles."""
    ordered = tuple(sorted(lines, key=lambda line: line.key))
    return Document(
        cinema=cinema,
        day=day,
        sent_day=sent_day,
        state=FIRST,
        currency=currency,
        admissions=sum(line.admissions for line in ordered),
        gross_minor=sum(line.gross_minor for line in ordered),
        lines=ordered,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """What has to be sent anew, and what changed too late to be."""

    documents: tuple[Document, ...]
    # Business dates that changed after their window had closed.
    too_late: tuple[date, ...]


def corrections(
    sent: Mapping[date, Document], now: Mapping[date, Document], *, today: date
) -> Corrections:
    """
    Compare what was sent with what is true now, day by day.

    A day that changed is sent whole and marked corrected, up to CORRECTION_DAYS_MAX days after
    it; one that changed later is named, not sent. A day that was never sent is none of these.
    """
    documents: list[Document] = []
    too_late: list[date] = []
    for day in sorted(sent.keys() & now.keys()):
        before, after = sent[day], now[day]
        if _figures(before) == _figures(after):
            continue
        if today - day > timedelta(days=CORRECTION_DAYS_MAX):
            too_late.append(day)
            continue
        whole = nightly(
            after.cinema, day, after.lines, sent_day=today, currency=after.currency
        )
        documents.append(_marked(whole))
    return Corrections(documents=tuple(documents), too_late=tuple(too_late))


def _figures(document: Document) -> tuple[object, ...]:
    return document.cinema, document.currency, frozenset(document.lines)


def _marked(document: Document) -> Document:
    return Document(
        cinema=document.cinema,
        day=document.day,
        sent_day=document.sent_day,
        state=CORRECTED,
        currency=document.currency,
        admissions=document.admissions,
        gross_minor=document.gross_minor,
        lines=document.lines,
    )


def verify(document: Document) -> None:
    """
    Raise `Malformed` for a summary whose parts do not fit together.

    Codes: line_given_twice, totals_differ, sent_too_late, currency_unknown.
    """
    minor_digits(document.currency)
    seen: set[tuple[str, str, str]] = set()
    for line in document.lines:
        if line.key in seen:
            raise malformed(
                f"line {line.line}" if line.line else "line",
                "line_given_twice",
                f"{' '.join(line.key)} stands above already",
                "Add up what one title took in one hall.",
            )
        seen.add(line.key)
    for words, said, sums in (
        (
            "admissions",
            document.admissions,
            sum(line.admissions for line in document.lines),
        ),
        ("takings", document.gross_minor, sum(line.gross_minor for line in document.lines)),
    ):
        if said != sums:
            raise malformed(
                "nightly",
                "totals_differ",
                f"the summary says {words} {said}, and its lines add up to {sums}",
                "Send the summary whole, with the totals of what is in it.",
            )
    late = document.sent_day - document.day
    if not timedelta() <= late <= timedelta(days=CORRECTION_DAYS_MAX):
        raise malformed(
            "nightly",
            "sent_too_late",
            f"{document.day} is sent on {document.sent_day}",
            f"Send a day on the night after it, and corrections for {CORRECTION_DAYS_MAX} days.",
        )


def parse(raw: bytes) -> Document:
    """Read a summary, or refuse it whole: version_wrong, what shapes refuse, and `verify`."""
    tree = read_tree(raw)
    version = tree.root.attributes.get("version", "")
    if tree.root.name == Document.ELEMENT and version != VERSION:
        raise malformed(
            f"line {tree.root.line}",
            "version_wrong",
            f"version {version[:64]!r} of the format is not read",
            f"Send version {VERSION}.",
        )
    document = read_document(tree, Document, Reading(VERSION))
    verify(document)
    return document


def serialise(document: Document) -> bytes:
    """Write a summary so that `parse` gives it back."""
    verify(document)
    return write_tree(write_element(document))


def file_name(document: Document) -> str:
    """Name the file by cinema and business date."""
    return f"nightly_{document.cinema}_{document.day:%Y%m%d}.xml"


def facts(document: Document, *, currency: str, timezone: str) -> Facts:
    """Map a summary: totals to compare with; it knows no tickets and no showings."""
    if currency != document.currency:
        raise malformed(
            "nightly",
            "currency_differs",
            f"the summary is in {document.currency}, and {currency} is asked for",
            "Hand the file in for cinemas of its currency.",
        )
    zone(timezone)
    result = Facts(format="nightly", version=document.version, currency=currency)
    result.counts["lines"] = len(document.lines)
    for number, line in enumerate(document.lines, 1):
        result.totals.append(
            Total(
                place=f"line {line.line}" if line.line else f"line {number}",
                venue=document.cinema,
                hall=line.hall,
                film=line.certificate or line.title,
                day=document.day,
                tickets=line.admissions,
                gross_minor=line.gross_minor,
                currency=currency,
            )
        )
    return result


def read(raw: bytes, *, currency: str, timezone: str) -> Facts:
    """Read a file into facts, or refuse it whole."""
    return facts(parse(raw), currency=currency, timezone=timezone)
