"""From an LTA to facts: who went in, what was annulled and, unless LOG tells them, the sales."""

import json

from ekino.ingest.formats.facts import (
    Admission,
    Facts,
    Reversal,
    ReversalKind,
    Sale,
    Unmapped,
)
from ekino.ingest.formats.leftovers import Leftovers
from ekino.ingest.formats.siae import lta, lta_fixed
from ekino.ingest.formats.siae.codes import ENTERED, Entry, entry_of
from ekino.ingest.formats.siae.mapping import (
    Showings,
    begin,
    concession_of,
    place_of,
    seat_of,
    ticket_code,
)


def read(raw: bytes, *, currency: str, timezone: str) -> Facts:
    """Read an LTA in XML into facts, or refuse it whole."""
    return lta_facts(lta.parse(raw), currency=currency, timezone=timezone)


def read_fixed(raw: bytes, *, currency: str, timezone: str) -> Facts:
    """Read an LTA in records of fixed width into facts, or refuse it whole."""
    rows = lta_fixed.parse(raw)
    result = begin("siae_lta_fixed", lta.VERSION, currency)
    for document in lta_fixed.documents(rows):
        part = lta_facts(document, currency=currency, timezone=timezone)
        for name in ("showings", "sales", "reversals", "admissions", "unmapped"):
            getattr(result, name).extend(getattr(part, name))
        result.counts.update(part.counts)
    return result


def lta_facts(
    document: lta.Document, *, currency: str, timezone: str, is_with_sales: bool = True
) -> Facts:
    """
    Map a list: who went in, what was annulled and, unless LOG tells them, the sales.

    A sale has the same identity as in LOG. Where there was a presale fee its price holds the fee,
    which the list does not tell apart: let LOG come first then, and leave the sales out here.
    """
    result = begin("siae_lta", lta.VERSION, currency)
    showings = Showings(result, timezone)
    leftovers = Leftovers()
    for event_number, event in enumerate(document.events, 1):
        place = place_of(event.line, event_number, event.ELEMENT)
        code = showings.tell(place, event, event.organiser)
        leftovers.note("DataApertura", f"{event.opened_day} {event.opened_clock}")
        for number, title in enumerate(event.titles, 1):
            place = place_of(title.line, number, title.ELEMENT)
            if is_with_sales:
                result.sales.append(_listed(result, place, title, code, showings))
            _end(result, place, title, code, showings)
            _note_title(leftovers, title)
    result.unmapped.extend(leftovers.unmapped())
    return result


def _listed(
    result: Facts, place: str, title: lta.Title, code: str, showings: Showings
) -> Sale:
    is_season_ticket = title.for_season_ticket == "S"
    return Sale(
        place=place,
        showing=code,
        ticket=ticket_code(title.key),
        sold_at=showings.moment(title.issued_day, title.issued_clock),
        price_minor=_paid(title),
        currency=result.currency,
        section=title.seat_order,
        seat=seat_of(title.seat),
        concession=concession_of(title.title_class),
        season_ticket=f"{title.pass_code}.{title.pass_number or 0}"
        if is_season_ticket
        else "",
    )


def _paid(title: lta.Title) -> int:
    """Give what was paid for this event: a season pass was paid for all of its events at once."""
    return 0 if title.for_season_ticket == "S" else title.gross_minor


def _end(
    result: Facts, place: str, title: lta.Title, code: str, showings: Showings
) -> None:
    """Tell what became of a title: it went in, it was annulled, or what no fact says."""
    entry = entry_of(title.state)
    result.counts[f"state_{title.state}"] += 1
    result.counts[entry.value] += 1
    ticket = ticket_code(title.key)
    if title.gross_minor != _paid(title):
        result.counts["season_pass"] += 1
        result.unmapped.append(
            Unmapped(
                place=place,
                raw=json.dumps({"ticket": ticket, "gross_minor": title.gross_minor}),
                reason="season_pass_price",
                words=f"{title.gross_minor} cents were paid for the season pass (events:"
                f" {title.pass_events or 0}); its ticket {ticket} is counted as free.",
            )
        )
    if entry in ENTERED:
        day, clock = title.entered_day, title.entered_clock
        if day is None or clock is None:
            day, clock = title.listed_day, title.listed_clock
        moment = showings.moment(day, clock)
        result.admissions.append(
            Admission(place=place, ticket=ticket, showing=code, at=moment)
        )
    elif entry is Entry.ANNULLED or title.is_annulled == "S":
        day, clock = title.annulled_day, title.annulled_clock
        if day is None or clock is None:
            day, clock = title.listed_day, title.listed_clock
        result.reversals.append(
            Reversal(
                place=place,
                ticket=ticket,
                showing=code,
                at=showings.moment(day, clock),
                kind=ReversalKind.REFUNDED,
                price_minor=_paid(title),
            )
        )
    elif entry is not Entry.NOT_ENTERED:
        result.unmapped.append(
            Unmapped(
                place=place,
                raw=json.dumps({"ticket": ticket, "state": title.state}),
                reason=f"title_{entry}",
                words=f"The title {ticket} is {entry}; it stays sold.",
            )
        )


def _note_title(leftovers: Leftovers, title: lta.Title) -> None:
    for name, value in (
        ("SigilloFiscale", title.seal),
        ("TipoTitolo", title.title_class),
        ("CodSupporto", title.support),
        ("IdSupporto", title.support_id),
        ("IdSupAlt", title.support_other_id),
        ("SigilloFiscaleANN", title.annulled_seal),
        ("QEventiAbilitati", title.pass_events),
    ):
        leftovers.note(name, value)
