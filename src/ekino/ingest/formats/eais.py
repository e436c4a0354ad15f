"""
EAIS XML 3.2.0 (Russia): one showing with its tickets; a negative price is a return.

Source: wire formats, §1.1. The format is known from working integrations, not from a schema, so
attributes that we do not know are kept and told. Times are local to the cinema, without a zone.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import ClassVar, NamedTuple

from ekino.ingest.formats.facts import (
    Facts,
    FilmName,
    Reversal,
    ReversalKind,
    Sale,
    Showing,
    code_of,
    malformed,
)
from ekino.ingest.formats.forms import (
    LOCAL,
    NAME,
    TEXT,
    YES,
    Form,
    code_form,
    text_form,
)
from ekino.ingest.formats.leftovers import Leftovers
from ekino.ingest.formats.shapes import (
    Reading,
    attribute,
    line_of,
    others,
    read_document,
    rows_of,
    write_element,
)
from ekino.ingest.formats.xml import read_tree, write_tree
from ekino.kernel.bounds import CODE_CHARACTERS_MAX
from ekino.kernel.moments import zone
from ekino.kernel.money import minor_digits

VERSION = "3.2.0"
# The ticket type that is no concession: the plain one.
PLAIN_TICKET = "Основной"
# A season ticket that the file marks and does not number.
SEASON_TICKET_UNNUMBERED = "unnumbered"
_SEAT_CHARACTERS = 24
_AMOUNT = re.compile(r"(-?)([0-9]{1,10}(?:\.[0-9]{1,2})?)", re.ASCII)
_FILE_NAME = re.compile(r"ekb_([0-9]{1,12})_([0-9]{8}_[0-9]{6})([0-9]{3})\.xml", re.ASCII)


class Price(NamedTuple):
    """What a line is about: an amount in whole units, paid or given back."""

    amount: Decimal
    # Said by the minus alone: a free ticket is returned for -0.
    is_return: bool = False


def _read_price(text: str) -> Price:
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        message = f"{text[:64]!r} is no amount with a decimal point and two digits at most"
        raise ValueError(message)
    return Price(Decimal(found[2]), bool(found[1]))


def _write_price(price: Price) -> str:
    digits = f"{price.amount:f}"
    plain = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return f"-{plain}" if price.is_return else plain


PRICE = Form("amount with a decimal point; negative on a return", _read_price, _write_price)
DISCOUNT = Form(
    "amount with a decimal point",
    lambda text: _read_price(text.lstrip("-")).amount,
    lambda amount: _write_price(Price(amount)),
)
_SHORT = text_form(CODE_CHARACTERS_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One ticket, sold or returned."""

    ELEMENT: ClassVar[str] = "form"

    seat: str = attribute("place_x", _SHORT, "seat number", default="")
    row: str = attribute("place_y", _SHORT, "row number", default="")
    section: str = attribute("section", _SHORT, "section or zone", default="")
    price: Price = attribute("price", PRICE, "price; negative on a return")
    discount: Decimal = attribute("discount", DISCOUNT, "discount", default=Decimal(0))
    ticket_class: str = attribute("ticket_type", _SHORT, "ticket type", default="")
    sold_at: datetime = attribute("sale_date", LOCAL, "moment of sale, local")
    is_season_ticket: bool = attribute(
        "subscription", YES, "given for a season ticket", default=False
    )
    is_online: bool = attribute("online", YES, "sold online", default=False)
    has_fee_inside: bool = attribute(
        "webtax_included", YES, "the service fee is part of the price", default=False
    )
    payment_code: str = attribute("payment_type", _SHORT, "way to pay", default="")
    payment_reference: str = attribute(
        "payment_id", TEXT, "reference of the acquirer (RRN)", default=""
    )
    terminal: str = attribute("terminal_id", _SHORT, "acquiring terminal", default="")
    terminal_owner: str = attribute(
        "terminal_owner", _SHORT, "tax number of the terminal's owner", default=""
    )
    others: tuple[tuple[str, str], ...] = others("attributes that we do not know, kept")
    line: int = line_of()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One showing and its tickets, as `<seans>` holds them."""

    ELEMENT: ClassVar[str] = "seans"

    version: str = attribute(
        "ver",
        code_form(re.escape(VERSION), VERSION),
        "version of the format, never left out",
        default=VERSION,
    )
    cinema: str = attribute(
        "org_id", code_form("[0-9]{1,12}", "whole number, ≤ 12 digits"), "cinema in EAIS"
    )
    hall: str = attribute("showroom", text_form(least=1), "hall, as registered")
    starts_at: datetime = attribute("seans_date", LOCAL, "start of the showing, local")
    certificate: str = attribute("pu_number", NAME, "distribution certificate", default="")
    format: str = attribute("format", NAME, "2D, 3D, IMAX", default="")
    title: str = attribute("seans_title", TEXT, "title as shown", default="")
    culture_event: str = attribute(
        "event_id", NAME, "event of PRO.Культура.РФ, for the Pushkin card", default=""
    )
    others: tuple[tuple[str, str], ...] = others("attributes that we do not know, kept")
    lines: tuple[Line, ...] = rows_of(Line, "tickets")

    @property
    def showing(self) -> str:
        """The showing's code: cinema, hall and start, whatever is corrected later."""
        return code_of("eais-", self.cinema, self.hall, self.starts_at.isoformat())


def parse(raw: bytes) -> Document:
    """Read a document, or refuse it whole: version_wrong, and what xml and shapes refuse."""
    tree = read_tree(raw)
    version = tree.root.attributes.get("ver", "")
    if tree.root.name == Document.ELEMENT and version != VERSION:
        raise malformed(
            f"line {tree.root.line}",
            "version_wrong",
            f"version {version[:64]!r} of the format is not read",
            f"Send version {VERSION}, and say so in the attribute ver.",
        )
    return read_document(tree, Document, Reading(VERSION))


def serialise(document: Document) -> bytes:
    """Write a document so that `parse` gives it back; `Malformed` where it cannot be said."""
    return write_tree(write_element(document))


def seat_key(document: Document, line: Line) -> str:
    """
    Name a seat at a showing, by which a return finds its sale in whatever file it stands.

    Where there is no seat, the section is what was sold. Source: wire formats, §1.1, return rule.
    """
    seat = (line.row, line.seat) if line.row or line.seat else (line.section,)
    return code_of("", document.showing, *seat)[:_SEAT_CHARACTERS]


def facts(
    document: Document,
    *,
    currency: str,
    timezone: str,
    sold_before: Mapping[str, str] | None = None,
) -> Facts:
    """
    Map a document: each line a sale or a reversal, in the order of the file.

    A return takes back the last sale of its seat in the file, else `sold_before[seat_key]`, else
    the sale with the moment that it gives itself: the same document is sent again for a return.
    Raises `Malformed` (amount_too_fine) for kopecks in a currency that has none.
    """
    result = Facts(format="eais", version=document.version, currency=currency)
    local = zone(timezone)
    result.showings.append(
        Showing(
            place="seans",
            code=document.showing,
            venue=document.cinema,
            hall=document.hall,
            starts_at=document.starts_at.replace(tzinfo=local),
            film=FilmName(
                certificate=document.certificate,
                title=document.title,
                format=document.format,
            ),
        )
    )
    leftovers = Leftovers()
    leftovers.note("event_id", document.culture_event)
    for name, value in document.others:
        leftovers.note(name, value)
    seats = _Seats(sold_before or {})
    for number, line in enumerate(document.lines, 1):
        place = f"line {line.line}" if line.line else f"form {number}"
        _note(leftovers, line)
        if line.price.is_return:
            ticket, is_here = seats.give_back(seat_key(document, line), line)
            result.counts["returned"] += 1
            if not is_here:
                result.counts["returned_of_another_file"] += 1
            result.reversals.append(
                Reversal(
                    place=place,
                    showing=document.showing,
                    ticket=ticket,
                    at=line.sold_at.replace(tzinfo=local),
                    kind=ReversalKind.REFUNDED,
                    price_minor=_minor(line.price.amount, currency, place),
                )
            )
        else:
            ticket = seats.sell(seat_key(document, line), line)
            result.counts["sold"] += 1
            if not line.price.amount:
                result.counts["free"] += 1
            result.sales.append(_sale(document, line, place, ticket, local, currency))
    result.unmapped.extend(leftovers.unmapped())
    return result


def _sale(
    document: Document,
    line: Line,
    place: str,
    ticket: str,
    local: tzinfo,
    currency: str,
) -> Sale:
    return Sale(
        place=place,
        showing=document.showing,
        ticket=ticket,
        sold_at=line.sold_at.replace(tzinfo=local),
        price_minor=_minor(line.price.amount, currency, place),
        currency=currency,
        discount_minor=_minor(line.discount, currency, place),
        section=line.section,
        row=line.row,
        seat=line.seat,
        sales_channel="web" if line.is_online else "box_office",
        payment="card" if line.terminal or line.payment_reference else "other",
        concession="" if line.ticket_class == PLAIN_TICKET else line.ticket_class,
        season_ticket=SEASON_TICKET_UNNUMBERED if line.is_season_ticket else "",
    )


class _Seats:
    """Which tickets of which seats are sold and not given back, as the lines go by."""

    def __init__(self, sold_before: Mapping[str, str]) -> None:
        self._before = dict(sold_before)
        self._open: dict[str, list[tuple[Price, str]]] = defaultdict(list)
        self._met: dict[tuple[str, datetime, bool], int] = defaultdict(int)

    def sell(self, key: str, line: Line) -> str:
        """Name the ticket of a sale; standing tickets of one moment are told apart by number."""
        ticket = self._name(key, line)
        self._open[key].append((line.price, ticket))
        return ticket

    def give_back(self, key: str, line: Line) -> tuple[str, bool]:
        """Name the ticket that a return is of, and whether its sale stands in this file."""
        sold = self._open[key]
        same = [each for each in sold if each[0].amount == line.price.amount]
        if sold:
            found = (same or sold)[-1]
            sold.remove(found)
            return found[1], True
        before = self._before.pop(key, "")
        return before or self._name(key, line), False

    def _name(self, key: str, line: Line) -> str:
        group = (key, line.sold_at, line.price.is_return)
        self._met[group] += 1
        return f"{key}.{line.sold_at:%Y%m%d%H%M%S}.{self._met[group]}"


def _note(leftovers: Leftovers, line: Line) -> None:
    leftovers.note("webtax_included", line.has_fee_inside)
    leftovers.note("payment_type", line.payment_code)
    leftovers.note("payment_id", line.payment_reference)
    leftovers.note("terminal_id", line.terminal)
    leftovers.note("terminal_owner", line.terminal_owner)
    for name, value in line.others:
        leftovers.note(name, value)


def _minor(amount: Decimal, currency: str, place: str) -> int:
    scaled = amount.scaleb(minor_digits(currency))
    if scaled != scaled.to_integral_value():
        raise malformed(
            place,
            "amount_too_fine",
            f"{amount} is no whole number of minor units of {currency}",
            "Send the amount that was paid, in the currency of the venue.",
        )
    return int(scaled)


def read(raw: bytes, *, currency: str, timezone: str) -> Facts:
    """Read a file into facts, or refuse it whole."""
    return facts(parse(raw), currency=currency, timezone=timezone)


def file_name(document: Document, written_at: datetime) -> str:
    """Name the file as clients do: cinema, second and three digits of it, all local."""
    milliseconds = written_at.microsecond // 1000
    return f"ekb_{document.cinema}_{written_at:%Y%m%d_%H%M%S}{milliseconds:03d}.xml"


def verify_file_name(name: str, document: Document) -> None:
    """Raise `Malformed` (file_name_wrong) for a name of another form or of another cinema."""
    found = _FILE_NAME.fullmatch(name)
    if found is None or found[1] != document.cinema:
        raise malformed(
            "file name",
            "file_name_wrong",
            f"{name[:64]!r} is not ekb_{document.cinema}_YYYYMMDD_HHMMSSnnn.xml",
            "Name the file after the cinema that it is of and the moment it was written.",
        )
