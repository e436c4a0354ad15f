"""Hi.Events: orders and attendees as its REST API gives them; whoever bought them is not read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

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
from ekino.ingest.formats.readings import Reading, Secret, keep, moment, parts, short
from ekino.kernel.money import to_minor

FORMAT = "hi_events"
_SOLD = "COMPLETED"
_CANCELLED = "CANCELLED"
_PAID = frozenset({"PAYMENT_RECEIVED", "NO_PAYMENT_REQUIRED"})
_REFUNDED = frozenset({"REFUNDED", "PARTIALLY_REFUNDED"})


class CheckIn(Struct, frozen=True):
    """A scan at a door."""

    id: int
    created_at: str


class Attendee(Struct, frozen=True):
    """One ticket. What its code holds is its public id, so of that only a digest is kept."""

    id: int
    public_id: Secret
    state: str = msgspec.field(name="status")
    order_id: int | None = None
    # `ticket_…` in the Hi.Events of 2024, `product_…` since.
    product_id: int | None = None
    product_price_id: int | None = None
    ticket_id: int | None = None
    ticket_price_id: int | None = None
    check_ins: list[CheckIn] = []
    updated_at: str | None = None

    @property
    def line(self) -> tuple[int | None, int | None]:
        """The line of the order that it was sold by."""
        return (
            self.product_id or self.ticket_id,
            self.product_price_id or self.ticket_price_id,
        )


class Line(Struct, frozen=True):
    """So many tickets of one kind, or so many of a product that is none."""

    price: Decimal
    quantity: int
    name: str = msgspec.field(name="item_name", default="")
    price_before_discount: Decimal | None = None
    product_id: int | None = None
    product_price_id: int | None = None
    ticket_id: int | None = None
    ticket_price_id: int | None = None

    def sells(self, attendee: Attendee) -> bool:
        """Say whether an attendee was sold by this line."""
        product, price = attendee.line
        own = self.product_price_id or self.ticket_price_id
        return (self.product_id or self.ticket_id) == product and own in (None, price)


class Order(Struct, frozen=True):
    """One order as it stands now."""

    id: int
    currency: str
    created_at: str
    total_gross: Decimal
    state: str = msgspec.field(name="status")
    payment_state: str = msgspec.field(name="payment_status")
    short_id: str = ""
    refund_state: str | None = msgspec.field(name="refund_status", default=None)
    total_fee: Decimal = Decimal()
    total_tax: Decimal = Decimal()
    total_refunded: Decimal = Decimal()
    is_manually_created: bool = False
    payment_provider: str | None = None
    lines: list[Line] = msgspec.field(name="order_items", default_factory=list)
    attendees: list[Attendee] = []


class Meta(Struct, frozen=True):
    """Where a page is among the others."""

    current_page: int = 1
    last_page: int = 1


class OrderPage(Struct, frozen=True):
    """A page of orders."""

    orders: list[Order] = msgspec.field(name="data")
    meta: Meta = Meta()


class AttendeePage(Struct, frozen=True):
    """A page of attendees."""

    attendees: list[Attendee] = msgspec.field(name="data")
    meta: Meta = Meta()


class Event(Struct, frozen=True):
    """An event: one showing."""

    id: int
    title: str
    start_date: str
    currency: str


class EventAnswer(Struct, frozen=True):
    """An event, as it is answered."""

    event: Event = msgspec.field(name="data")


ORDERS = readings.decoder(OrderPage)
ATTENDEES = readings.decoder(AttendeePage)
EVENT = readings.decoder(EventAnswer)
SYSTEM = "Hi.Events"


def read_orders(orders: Sequence[Order], event: Event, *, prefix: str) -> Reading:
    """Give how the tickets of some orders of an event stand; each again says the same."""
    currency = event.currency
    reading = Reading(facts=Facts(format=FORMAT, currency=currency))
    showing = Showing(
        place=f"event {event.id}",
        code=showing_of(prefix, event.id),
        venue=str(event.id),
        hall="",
        starts_at=moment(event.start_date),
        film=FilmName(title=short(event.title)),
    )
    reading.facts.showings.append(showing)
    for order in orders:
        reading.facts.counts["orders"] += 1
        if order.currency != currency:
            keep(
                reading.facts,
                f"order {order.short_id or order.id}",
                {"currency": order.currency},
                reason="currency_differs",
                words="An event sells in one currency.",
            )
            continue
        _Order(reading, order, showing.code, prefix).read()
    return reading


def read_check_ins(attendees: Sequence[Attendee], event: Event, *, prefix: str) -> Reading:
    """Give who went in, of the attendees of an event."""
    facts = Facts(format=FORMAT, currency=event.currency)
    for attendee in attendees:
        facts.admissions += _check_ins(attendee, showing_of(prefix, event.id), prefix)
    return Reading(facts=facts)


def showing_of(prefix: str, event_id: int) -> str:
    """Name the showing that an event is."""
    return fit(f"{prefix}-{event_id}", prefix)


def _ticket(prefix: str, attendee: Attendee) -> str:
    return fit(f"{prefix}-{attendee.id}", prefix)


def _check_ins(attendee: Attendee, showing: str, prefix: str) -> list[Admission]:
    return [
        Admission(
            place=f"attendee {attendee.id}, scan {each.id}",
            showing=showing,
            ticket=_ticket(prefix, attendee),
            at=moment(each.created_at),
        )
        for each in attendee.check_ins
    ]


@dataclass
class _Unit:
    """One thing sold: a ticket, or what is none."""

    line: Line
    price: int
    fee: int
    taken: bool = field(default=False)


class _Order:
    """One order, read into a reading."""

    def __init__(self, reading: Reading, order: Order, showing: str, prefix: str) -> None:
        self._reading, self._facts = reading, reading.facts
        self._order = order
        self._showing, self._prefix = showing, prefix
        self._place = f"order {order.short_id or order.id}"

    def read(self) -> None:
        order = self._order
        is_valid = order.state == _SOLD and order.refund_state != "REFUNDED"
        was_sold = order.state in {_SOLD, _CANCELLED} and order.payment_state in _PAID
        if not was_sold:
            self._facts.counts["orders_not_paid"] += 1
        units = self._units()
        given_back = 0
        for attendee in order.attendees:
            unit = next(
                (each for each in units if not each.taken and each.line.sells(attendee)),
                None,
            )
            if unit is None:
                self._keep(
                    f"{self._place}, attendee {attendee.id}",
                    "price_unknown",
                    "No line of the order says what this ticket cost.",
                    product=attendee.line[0],
                )
                continue
            unit.taken = True
            stands = is_valid and attendee.state != _CANCELLED
            self._tell(attendee, unit, was_sold=was_sold, stands=stands)
            given_back += 0 if stands else unit.price + unit.fee
        self._look_at_rest(units, given_back, is_valid=is_valid and was_sold)

    def _units(self) -> list[_Unit]:
        """Part an order into what was sold by it, taxes and fees shared out without loss."""
        order = self._order
        lines = [line for line in order.lines for _ in range(max(0, line.quantity))]
        prices = [to_minor(line.price, order.currency) for line in lines]
        taxes = parts(order.total_tax, [int(price) for price in prices], order.currency)
        fees = parts(order.total_fee, [int(price) for price in prices], order.currency)
        return [
            _Unit(line, price + tax, fee)
            for line, price, tax, fee in zip(lines, prices, taxes, fees, strict=True)
        ]

    def _tell(
        self, attendee: Attendee, unit: _Unit, *, was_sold: bool, stands: bool
    ) -> None:
        order, ticket = self._order, _ticket(self._prefix, attendee)
        place = f"{self._place}, attendee {attendee.id}"
        sold_at = moment(order.created_at)
        changed = moment(attendee.updated_at) if attendee.updated_at else sold_at
        self._reading.secrets[ticket] = attendee.public_id.sha256
        self._reading.changed[ticket] = changed
        before = unit.line.price_before_discount
        if was_sold:
            self._facts.counts["tickets"] += 1
            self._facts.sales.append(
                Sale(
                    place=place,
                    showing=self._showing,
                    ticket=ticket,
                    sold_at=sold_at,
                    price_minor=unit.price,
                    currency=order.currency,
                    fee_minor=unit.fee,
                    discount_minor=0
                    if before is None
                    else max(0, to_minor(before - unit.line.price, order.currency)),
                    sales_channel="box_office" if order.is_manually_created else "web",
                    payment="card" if order.payment_provider == "STRIPE" else "other",
                    concession=short(unit.line.name),
                )
            )
        self._facts.admissions += _check_ins(attendee, self._showing, self._prefix)
        if not stands:
            self._facts.reversals.append(self._reversal(place, ticket, unit, changed))

    def _reversal(self, place: str, ticket: str, unit: _Unit, at: datetime) -> Reversal:
        is_refunded = self._order.refund_state in _REFUNDED and unit.price
        return Reversal(
            place=place,
            showing=self._showing,
            ticket=ticket,
            at=at,
            kind=ReversalKind.REFUNDED if is_refunded else ReversalKind.VOIDED,
            price_minor=unit.price,
            fee_minor=unit.fee,
            reason="cancelled in Hi.Events",
        )

    def _look_at_rest(
        self, units: Sequence[_Unit], given_back: int, *, is_valid: bool
    ) -> None:
        """Keep what is no ticket, and money given back that no cancelled ticket explains."""
        for unit in units:
            if not unit.taken:
                self._facts.counts["positions_no_ticket"] += 1
                self._keep(
                    f"product {unit.line.product_id or unit.line.ticket_id}",
                    "product_is_no_ticket",
                    "The product admits nobody, so its sales are not the register's.",
                    name=short(unit.line.name),
                )
        refunded = to_minor(self._order.total_refunded, self._order.currency)
        if is_valid and refunded > given_back:
            self._keep(
                self._place,
                "refund_of_no_ticket",
                "More was given back than the tickets that were cancelled had cost.",
                refunded=str(self._order.total_refunded),
            )

    def _keep(self, place: str, reason: str, words: str, **raw: object) -> None:
        keep(self._facts, place, raw, reason=reason, words=words)
