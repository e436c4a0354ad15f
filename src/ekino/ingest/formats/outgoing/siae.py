"""Facts as SIAE's LOG and LTA: a title for each sale, an annulment for each reversal."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import msgspec

from ekino.ingest.formats.facts import (
    Facts,
    Reversal,
    ReversalKind,
    Sale,
    Showing,
    malformed,
)
from ekino.ingest.formats.outgoing import Outgoing, Written, evenings, verify_euros
from ekino.ingest.formats.siae import log, lta
from ekino.ingest.formats.siae.codes import FileName
from ekino.kernel.errors import Malformed

# The reasons that stand for what we know of a reversal. Source: wire formats, §3.1.
_REASONS = {ReversalKind.VOIDED: "001", ReversalKind.REFUNDED: "004"}
_FULL, _FREE, _REDUCED = "I1", "O1", "R1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuing:
    """Whose ticketing system issues the titles, and how it seals them."""

    organiser: str
    licensee: str
    system: str
    card: str
    genre: str
    # Venue → its code of 13 digits.
    venues: dict[str, str]
    # Gives the seal of a number: 16 hexadecimal digits out of the fiscal device.
    seal: Callable[[int], str]
    first_number: int = 1
    requester: str = "01"
    # The order of seats of a ticket that names no section.
    seat_order: str = "UN"


class _Statement(msgspec.Struct, forbid_unknown_fields=True, frozen=True, gc=False):
    """What whoever has the fiscal device says of it: JSON, its seals in the order of numbers."""

    organiser: str
    licensee: str
    system: str
    card: str
    genre: str
    venue: str
    seals: list[str]
    first_number: int = 1
    requester: str = "01"
    seat_order: str = "UN"


def read_issuing(raw: bytes, venue: str) -> Issuing:
    """
    Read who issues a venue's titles, and the seals that their fiscal device gave.

    A number without a seal is refused while it is written (seals_missing): none is made up.
    Raises `Malformed` (issuing_unreadable).
    """
    try:
        said = msgspec.json.decode(raw, type=_Statement)
    except msgspec.MsgspecError as error:
        raise malformed(
            "",
            "issuing_unreadable",
            f"the statement of who issues the titles cannot be read: {error}",
            "Give JSON with organiser, licensee, system, card, genre, venue and seals.",
        ) from error

    def seal(number: int) -> str:
        place = number - said.first_number
        if not 0 <= place < len(said.seals):
            raise no_seals(f"title {number}", f"of {len(said.seals)} seals none is its own")
        return said.seals[place]

    return Issuing(
        organiser=said.organiser,
        licensee=said.licensee,
        system=said.system,
        card=said.card,
        genre=said.genre,
        venues={venue: said.venue},
        seal=seal,
        first_number=said.first_number,
        requester=said.requester,
        seat_order=said.seat_order,
    )


def no_seals(place: str, why: str) -> Malformed:
    """Give the refusal to write titles whose seals nobody gave."""
    return malformed(
        place,
        "seals_missing",
        f"titles of SIAE bear seals of a fiscal device, which the register is not: {why}",
        "Have the device seal the titles, and hand in its statement.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """A sale or a reversal under its number; `original` is the number of what it takes back."""

    number: int
    showing: Showing
    sale: Sale
    reversal: Reversal | None = None
    original: int | None = None

    @property
    def at(self) -> datetime:
        """When it happened, in the showing's zone."""
        moment = self.reversal.at if self.reversal else self.sale.sold_at
        return moment.astimezone(self.showing.starts_at.tzinfo)


def write(facts: Facts, issuing: Issuing, *, day: date, progressive: int = 1) -> Outgoing:
    """
    Write facts as a LOG and an LTA that agree with one another by all the checks.

    Told as unsaid: rows of seats, which SIAE does not know, and reversals of tickets that these
    facts do not sell. A season ticket's own sale is none of the facts and stands in no file.
    Raises `Malformed` for what the documents cannot say, such as a venue without its code, and
    `currency_differs` for amounts that are no euros.
    """
    verify_euros(facts, "SIAE")
    result = Outgoing()
    numbered = _numbered(facts, issuing, result)
    entered = {admission.ticket: admission.at for admission in facts.admissions}
    the_log = log.Document(issues=tuple(_issue(each, issuing) for each in numbered))
    result.files.append(_file("LOG", issuing, day, progressive, log.serialise(the_log)))
    events = _events(numbered, issuing, entered)
    if events:
        the_list = lta.Document(
            system=issuing.system, licensee=issuing.licensee, day=day, events=events
        )
        result.files.append(
            _file("LTA", issuing, day, progressive, lta.serialise(the_list))
        )
    return result


def _file(kind: str, issuing: Issuing, day: date, number: int, content: bytes) -> Written:
    name = FileName(
        document=kind, day=f"{day:%Y%m%d}", system=issuing.system, number=number
    )
    return Written(name=name.text, content=content)


def _numbered(facts: Facts, issuing: Issuing, result: Outgoing) -> list[Numbered]:
    """Give sales and reversals their numbers in the order of their moments, as a system would."""
    happened: list[tuple[datetime, int, Showing, Sale | None, Reversal | None]] = []
    for evening in evenings(facts):
        happened += [
            (sale.sold_at, 0, evening.showing, sale, None) for sale in evening.sales
        ]
        happened += [
            (each.at, 1, evening.showing, None, each) for each in evening.reversals
        ]
    happened.sort(key=lambda each: each[:2])
    sold: dict[str, Numbered] = {}
    numbered: list[Numbered] = []
    for _, _, showing, sale, reversal in happened:
        number = issuing.first_number + len(numbered)
        if sale is not None:
            if sale.row:
                result.leave_out(sale.place, sale.row, "row_unsaid", "SIAE knows no rows.")
            sold[sale.ticket] = Numbered(number=number, showing=showing, sale=sale)
            numbered.append(sold[sale.ticket])
        elif reversal is not None and reversal.ticket in sold:
            original = sold[reversal.ticket]
            numbered.append(
                Numbered(
                    number=number,
                    showing=showing,
                    sale=original.sale,
                    reversal=reversal,
                    original=original.number,
                )
            )
        elif reversal is not None:
            result.leave_out(
                reversal.place,
                reversal.ticket,
                "return_unsaid",
                "Its sale is not among the facts.",
            )
    return numbered


def _class(sale: Sale) -> str:
    if sale.concession[:1] in {"R", "O"} and len(sale.concession) <= len(_FULL):
        return sale.concession
    if sale.season_ticket:
        return _FULL
    if not sale.price_minor:
        return _FREE
    return _REDUCED if sale.concession or sale.discount_minor else _FULL


def _issue(each: Numbered, issuing: Issuing) -> log.Issue:
    sale = each.sale
    given: dict[str, Any] = {
        "annuls": "S" if each.reversal else "N",
        "venue": issuing.venues.get(each.showing.venue, ""),
        "day": each.showing.starts_at.date(),
        "clock": _minute(each.showing.starts_at),
        "genre": _genre(each.showing, issuing),
        "title": each.showing.film.title,
    }
    code, _, number = sale.season_ticket.partition(".")
    if sale.season_ticket:
        content: dict[str, Any] = {
            "pass_ticket": log.PassTicket(
                code=code,
                number=_pass_number(number),
                figurative_minor=0,
                figurative_vat_minor=0,
                **given,
            )
        }
    else:
        content = {
            "access": log.AccessTitle(
                gross_minor=sale.price_minor, presale_minor=sale.fee_minor, **given
            )
        }
    reference = None
    if each.reversal is not None:
        reference = log.AnnulledReference(
            number=each.original or 0,
            card=issuing.card,
            reason=_REASONS[each.reversal.kind],
        )
    return log.Issue(
        organiser=issuing.organiser,
        licensee=issuing.licensee,
        vat_paid_before="B" if sale.season_ticket else "N",
        taxation="S",
        system=issuing.system,
        card=issuing.card,
        seal=issuing.seal(each.number),
        issued_day=each.at.date(),
        issued_clock=_minute(each.at),
        number=each.number,
        title_class=_class(sale),
        seat_order=sale.section or issuing.seat_order,
        seat=sale.seat,
        requester=issuing.requester,
        reference=reference,
        **content,
    )


def _genre(showing: Showing, issuing: Issuing) -> str:
    """Give the code of the genre: facts out of SIAE have it for a format, others have `2D`."""
    given = showing.film.format
    return given if given.isdecimal() else issuing.genre


def _pass_number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _minute(moment: datetime) -> time:
    return time(moment.hour, moment.minute)


def _events(
    numbered: list[Numbered], issuing: Issuing, entered: dict[str, datetime]
) -> tuple[lta.Event, ...]:
    annulled = {each.original: each for each in numbered if each.original is not None}
    by_showing: dict[str, list[Numbered]] = {}
    for each in numbered:
        if each.original is None:
            by_showing.setdefault(each.showing.code, []).append(each)
    return tuple(
        lta.Event(
            organiser=issuing.organiser,
            venue=issuing.venues.get(group[0].showing.venue, ""),
            day=group[0].showing.starts_at.date(),
            clock=_minute(group[0].showing.starts_at),
            title=group[0].showing.film.title,
            genre=_genre(group[0].showing, issuing),
            opened_day=group[0].showing.starts_at.date(),
            opened_clock=_minute(group[0].showing.starts_at),
            supports=(lta.Support(name="BIGLIETTO TRADIZIONALE", code="BT"),),
            titles=tuple(
                _title(each, issuing, annulled.get(each.number), entered) for each in group
            ),
        )
        for group in by_showing.values()
    )


def _title(
    each: Numbered,
    issuing: Issuing,
    annulment: Numbered | None,
    entered: dict[str, datetime],
) -> lta.Title:
    sale, given = each.sale, dict[str, Any]()
    code, _, number = sale.season_ticket.partition(".")
    inside = entered.get(sale.ticket)
    if sale.season_ticket:
        given |= {
            "for_season_ticket": "S",
            "pass_code": code,
            "pass_number": _pass_number(number),
        }
    if annulment is not None:
        given |= {
            "is_annulled": "S",
            "annulled_day": annulment.at.date(),
            "annulled_clock": _minute(annulment.at),
            "annulled_card": issuing.card,
            "annulled_number": annulment.number,
            "annulled_seal": issuing.seal(annulment.number),
        }
    elif inside is not None:
        local = inside.astimezone(each.showing.starts_at.tzinfo)
        given |= {
            "entered_day": local.date(),
            "entered_clock": local.time().replace(microsecond=0),
        }
    state = "AT" if annulment is not None else ("ZT" if inside is not None else "VT")
    return lta.Title(
        system=issuing.system,
        card=issuing.card,
        number=each.number,
        seal=issuing.seal(each.number),
        issued_day=each.at.date(),
        issued_clock=_minute(each.at),
        listed_day=each.at.date(),
        listed_clock=_minute(each.at),
        title_class=_class(sale),
        seat_order=sale.section or issuing.seat_order,
        gross_minor=sale.price_minor + sale.fee_minor,
        seat=sale.seat,
        support="BT",
        support_id=f"{each.number:020d}",
        state=state,
        **given,
    )
