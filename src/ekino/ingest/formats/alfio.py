"""alf.io: tickets and the log of scans as its API gives them; whoever holds them is not read."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec import Struct

from ekino.ingest.formats import readings
from ekino.ingest.formats.facts import (
    Admission,
    Facts,
    FilmName,
    Reversal,
    ReversalKind,
    Sale,
    Showing,
    code_of,
    fit,
)
from ekino.ingest.formats.readings import Reading, Secret, keep, moment, short

FORMAT = "alfio"
SYSTEM = "alf.io"
_SOLD = frozenset({"ACQUIRED", "CHECKED_IN", "TO_BE_PAID"})
_ENDED = frozenset({"CANCELLED", "INVALIDATED", "RELEASED", "EXPIRED"})
# Places that are on sale, or on their way to somebody: no ticket yet.
_NOT_SOLD = frozenset({"FREE", "PENDING", "PRE_RESERVED"})
_SCANNED = "CHECK_IN"


class Ticket(Struct, frozen=True):
    """One ticket. Its uuid is what its code is made of, so of that only digests are kept."""

    uuid: Secret
    id: int
    state: str = msgspec.field(name="status")
    category_id: int | None = msgspec.field(name="categoryId", default=None)
    source_cents: int = msgspec.field(name="srcPriceCts", default=0)
    final_cents: int = msgspec.field(name="finalPriceCts", default=0)
    discount_cents: int = msgspec.field(name="discountCts", default=0)
    currency: str = msgspec.field(name="currencyCode", default="")
    created: str = msgspec.field(name="creation", default="")
    changed: str = msgspec.field(name="lastUpdate", default="")


class Category(Struct, frozen=True):
    """A class of tickets."""

    id: int
    name: str = ""


class Event(Struct, frozen=True):
    """An event: one showing."""

    slug: str = msgspec.field(name="shortName")
    begin: str
    currency: str
    name: str = msgspec.field(name="displayName", default="")
    location: str = ""
    seats: int | None = msgspec.field(name="availableSeats", default=None)
    categories: list[Category] = msgspec.field(
        name="ticketCategories", default_factory=list
    )


class Scan(Struct, frozen=True):
    """A line of the log of scans; what it says of a person is not read."""

    kind: str = msgspec.field(name="type")
    at: str = msgspec.field(name="timestamp")


class ScannedTicket(Struct, frozen=True):
    """The scans of one ticket."""

    ticket: Secret = msgspec.field(name="ticketId")
    audit: list[Scan] = []


EVENT = readings.decoder(Event)
TICKETS = readings.decoder(list[Ticket])
SCANS = readings.decoder(list[ScannedTicket])


def read_tickets(
    tickets: list[Ticket],
    event: Event,
    scans: list[ScannedTicket],
    *,
    prefix: str,
    read_at: datetime,
) -> Reading:
    """
    Give how an event's tickets stand; each again says the same.

    `read_at` stands in where alf.io does not say when a ticket was sold or changed.
    """
    facts = Facts(format=FORMAT, currency=event.currency)
    reading = Reading(facts=facts)
    showing = Showing(
        place=f"event {event.slug}",
        code=fit(f"{prefix}-{event.slug}", prefix),
        venue=short(event.location) or event.slug,
        hall="",
        starts_at=moment(event.begin),
        film=FilmName(title=short(event.name or event.slug)),
        capacity=event.seats,
    )
    facts.showings.append(showing)
    names = {each.id: short(each.name) for each in event.categories}
    found: dict[str, str] = {}
    for ticket in tickets:
        facts.counts["tickets_read"] += 1
        name = ticket_of(prefix, ticket.uuid)
        found[ticket.uuid.sha256] = name
        _read_ticket(reading, ticket, showing.code, name, names, read_at)
    for scanned in scans:
        for scan in scanned.audit:
            if scan.kind != _SCANNED:
                facts.counts["scans_undone"] += 1
                continue
            facts.admissions.append(
                Admission(
                    place=f"event {event.slug}, scan at {scan.at}",
                    showing=showing.code,
                    ticket=found.get(scanned.ticket.sha256)
                    or ticket_of(prefix, scanned.ticket),
                    at=moment(scan.at),
                )
            )
    return reading


def ticket_of(prefix: str, uuid: Secret) -> str:
    """Name a ticket by a digest: its uuid would open the door."""
    return code_of(f"{prefix}-", uuid.sha256)


def _read_ticket(
    reading: Reading,
    ticket: Ticket,
    showing: str,
    name: str,
    names: Mapping[int, str],
    read_at: datetime,
) -> None:
    facts, place = reading.facts, f"ticket {ticket.id}"
    if ticket.state in _NOT_SOLD:
        facts.counts["tickets_not_sold"] += 1
        return
    if ticket.state not in _SOLD | _ENDED:
        keep(
            facts,
            place,
            {"status": ticket.state},
            reason="state_unknown",
            words="alf.io names a state of a ticket that is not known here.",
        )
        return
    if ticket.currency and ticket.currency != facts.currency:
        keep(
            facts,
            place,
            {"currency": ticket.currency},
            reason="currency_differs",
            words="An event sells in one currency.",
        )
        return
    reading.secrets[name] = ticket.uuid.sha256
    changed = moment(ticket.changed) if ticket.changed else read_at
    reading.changed[name] = changed
    if ticket.state in _SOLD:
        facts.counts["tickets"] += 1
        facts.sales.append(
            Sale(
                place=place,
                showing=showing,
                ticket=name,
                sold_at=moment(ticket.created) if ticket.created else changed,
                price_minor=ticket.final_cents,
                currency=facts.currency,
                discount_minor=ticket.discount_cents,
                sales_channel="web",
                concession=names.get(ticket.category_id or -1, ""),
            )
        )
        return
    # A ticket that is over before anybody read it was never told as sold: alf.io does not say
    # whether it had been.
    facts.reversals.append(
        Reversal(
            place=place,
            showing=showing,
            ticket=name,
            at=changed,
            kind=ReversalKind.REFUNDED if ticket.final_cents else ReversalKind.VOIDED,
            price_minor=ticket.final_cents,
            reason=ticket.state.lower(),
        )
    )
