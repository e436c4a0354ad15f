"""Attendize: attendees as its REST API lists them; their names and addresses are not read."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

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
    fit,
)
from ekino.ingest.formats.readings import Reading, Secret, keep, short
from ekino.kernel.money import to_minor

FORMAT = "attendize"
SYSTEM = "Attendize"
# PHP writes what is true as a word or as a number.
Yes = bool | int


class TicketKind(Struct, frozen=True):
    """A class of tickets with its price."""

    price: Decimal
    title: str = ""


class Order(Struct, frozen=True):
    """The order that an attendee came with."""

    reference: str = msgspec.field(name="order_reference", default="")
    is_cancelled: Yes = False
    is_refunded: Yes = False
    is_partially_refunded: Yes = False
    amount_refunded: Decimal | None = None


class Attendee(Struct, frozen=True):
    """One ticket. The private reference number opens the door, so only its digest is kept."""

    id: int
    event_id: int
    code: Secret = msgspec.field(name="private_reference_number")
    created_at: str
    updated_at: str | None = None
    is_cancelled: Yes = False
    is_refunded: Yes = False
    has_arrived: Yes = False
    arrival_time: str | None = None
    ticket: TicketKind | None = None
    order: Order | None = None


class Event(Struct, frozen=True):
    """An event: one showing."""

    id: int
    title: str
    start_date: str
    venue_name: str = ""


class AttendeePage(Struct, frozen=True):
    """A page of attendees."""

    attendees: list[Attendee] = msgspec.field(name="data")
    current_page: int = 1
    last_page: int = 1


class EventPage(Struct, frozen=True):
    """A page of events."""

    events: list[Event] = msgspec.field(name="data")
    current_page: int = 1
    last_page: int = 1


ATTENDEES = readings.decoder(AttendeePage)
EVENTS = readings.decoder(EventPage)


def read_attendees(
    attendees: Sequence[Attendee],
    events: Mapping[int, Event],
    *,
    prefix: str,
    currency: str,
    timezone: str,
) -> Reading:
    """
    Give how some tickets stand; each again says the same.

    Attendize names its currency by a number and writes local times: both are the venue's.
    """
    reading = Reading(facts=Facts(format=FORMAT, currency=currency))
    zone = ZoneInfo(timezone)
    announced: set[int] = set()
    for attendee in attendees:
        reading.facts.counts["tickets_read"] += 1
        place = f"attendee {attendee.id}"
        event = events.get(attendee.event_id)
        if event is None or attendee.ticket is None:
            keep(
                reading.facts,
                place,
                {"event": attendee.event_id},
                reason="event_unknown" if event is None else "price_unknown",
                words="Attendize does not say which event this is of, or what it cost.",
            )
            continue
        showing = fit(f"{prefix}-{event.id}", prefix)
        if event.id not in announced:
            announced.add(event.id)
            reading.facts.showings.append(_showing(event, showing, zone))
        _read_attendee(reading, attendee, attendee.ticket, (place, showing, prefix), zone)
    return reading


def _showing(event: Event, code: str, zone: ZoneInfo) -> Showing:
    return Showing(
        place=f"event {event.id}",
        code=code,
        venue=short(event.venue_name) or str(event.id),
        hall="",
        starts_at=_local(event.start_date, zone),
        film=FilmName(title=short(event.title)),
    )


def _read_attendee(
    reading: Reading,
    attendee: Attendee,
    kind: TicketKind,
    names: tuple[str, str, str],
    zone: ZoneInfo,
) -> None:
    place, showing, prefix = names
    facts, order = reading.facts, attendee.order or Order()
    ticket = fit(f"{prefix}-{attendee.id}", prefix)
    sold_at = _local(attendee.created_at, zone)
    changed = _local(attendee.updated_at, zone) if attendee.updated_at else sold_at
    price = to_minor(kind.price, facts.currency)
    reading.secrets[ticket], reading.changed[ticket] = attendee.code.sha256, changed
    facts.counts["tickets"] += 1
    facts.sales.append(
        Sale(
            place=place,
            showing=showing,
            ticket=ticket,
            sold_at=sold_at,
            price_minor=price,
            currency=facts.currency,
            sales_channel="web",
            concession=short(kind.title),
        )
    )
    if attendee.has_arrived and attendee.arrival_time:
        at = _local(attendee.arrival_time, zone)
        facts.admissions.append(
            Admission(place=place, showing=showing, ticket=ticket, at=at)
        )
    is_refunded = bool(attendee.is_refunded or order.is_refunded)
    if attendee.is_cancelled or order.is_cancelled or is_refunded:
        facts.reversals.append(
            Reversal(
                place=place,
                showing=showing,
                ticket=ticket,
                at=changed,
                kind=ReversalKind.REFUNDED
                if is_refunded and price
                else ReversalKind.VOIDED,
                price_minor=price,
                reason="refunded" if is_refunded else "cancelled",
            )
        )
    elif order.is_partially_refunded and order.amount_refunded:
        keep(
            facts,
            f"order {short(order.reference)}",
            {"refunded": str(order.amount_refunded)},
            reason="refund_of_no_ticket",
            words="A part of the order was given back, and no ticket says which.",
        )


def _local(text: str, zone: ZoneInfo) -> datetime:
    """Read a local time; an older Attendize writes `2026-11-26 19:30:00`."""
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=zone) if found.tzinfo is None else found
