"""pretix: orders as its REST API gives them, read into facts; whoever bought them is never read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime as Instant  # noqa: N812 - fields of pretix are named `datetime`
from decimal import Decimal
from typing import Any

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
from ekino.ingest.formats.pretix_answers import (
    Event,
    Order,
    Payment,
    Position,
    Product,
    Seat,
    SubEvent,
    Words,
)
from ekino.ingest.formats.readings import Reading, keep, short
from ekino.kernel.money import Minor, minor_digits, split, to_minor

FORMAT = "pretix"
# The fee that is kept when an order is cancelled belongs to no ticket any more.
_CANCELLATION = "cancellation"
# A payment that has been made, even if it was given back later.
_PAID = frozenset({"confirmed", "refunded"})
# A refund that was at least begun.
_REFUNDED = frozenset({"done", "transit", "created", "external"})
_CHANNELS = {"web": "web", "pretixpos": "box_office", "resellers": "agent", "api": "agent"}
_PAYMENTS = {
    "banktransfer": "transfer",
    "sepadebit": "transfer",
    "cash": "cash",
    "boxoffice": "cash",
    "giftcard": "voucher",
    "paypal": "card",
    "izettle": "card",
    "sumup": "card",
}


@dataclass(slots=True)
class Programme:
    """An event with its dates and products, as far as orders name them."""

    event: Event
    subevents: dict[int, SubEvent] = field(default_factory=dict)
    products: dict[int, Product] = field(default_factory=dict)


def ticket_of(prefix: str, position: Position) -> str:
    """Name a ticket: a position keeps its id when it moves to another order."""
    return fit(f"{prefix}-{position.id}", prefix)


def read_orders(
    orders: Sequence[Order], programme: Programme, *, organiser: str, prefix: str
) -> Reading:
    """Give how the tickets of some orders of one event stand; each again says the same."""
    event = programme.event
    minor_digits(event.currency)
    reader = _Reader(
        Facts(format=FORMAT, currency=event.currency), programme, organiser, prefix
    )
    for order in orders:
        reader.facts.counts["orders"] += 1
        if order.event != event.slug:
            message = f"order {order.code} is of another event than {event.slug}"
            raise ValueError(message)
        if order.testmode:
            reader.facts.counts["orders_in_test_mode"] += 1
            continue
        reader.read(order)
    return Reading(facts=reader.facts, secrets=reader.secrets, changed=reader.changed)


def read_dates(
    dates: Sequence[SubEvent | None], programme: Programme, *, organiser: str, prefix: str
) -> Reading:
    """Give how dates of one event stand, or the event's own (None), without any ticket."""
    facts = Facts(format=FORMAT, currency=programme.event.currency)
    reader = _Reader(facts, programme, organiser, prefix)
    for date in dates:
        reader.announce(date)
    return Reading(facts=facts)


class _Reader:
    """Facts as they are gathered."""

    def __init__(
        self, facts: Facts, programme: Programme, organiser: str, prefix: str
    ) -> None:
        self.facts = facts
        self.secrets: dict[str, str] = {}
        self.changed: dict[str, Instant] = {}
        self._programme = programme
        self._organiser = organiser
        self._prefix = prefix
        self._showings: set[str] = set()

    def read(self, order: Order) -> None:
        """Read one order's tickets, fees and refunds."""
        place = f"order {order.code}"
        if order.state not in _REASONS:
            self._keep(
                place,
                {"status": order.state},
                "state_unknown",
                "pretix names a state of an order that is not known here.",
            )
            return
        is_valid = _is_valid(order)
        paid = [each for each in order.payments if each.state in _PAID]
        was_sold = is_valid or (
            bool(paid) and sum(each.amount for each in paid) >= order.total
        )
        if not was_sold:
            self.facts.counts["orders_not_paid"] += 1
        tickets = [each for each in order.positions if self._is_ticket(each, order)]
        standing = [each for each in tickets if is_valid and not each.canceled]
        fees = self._fees(order, standing, place) if is_valid else {}
        for position in tickets:
            self._read_ticket(
                order, position, fees.get(position.id, 0), paid, was_sold=was_sold
            )
        if is_valid:
            self._look_at_refunds(order, standing, paid, place)

    def _is_ticket(self, position: Position, order: Order) -> bool:
        product = self._programme.products.get(position.product)
        if product is not None and product.admission:
            return True
        self.facts.counts["positions_no_ticket"] += 1
        # Once a product, not once a sale of it.
        self._keep(
            f"event {order.event}, product {position.product}",
            {"item": position.product, "name": words_of(product.name) if product else ""},
            "product_is_no_ticket",
            "The product admits nobody, so its sales are not the register's.",
        )
        return False

    def _fees(self, order: Order, standing: list[Position], place: str) -> dict[int, Minor]:
        """Divide an order's fees among the tickets that stand, losing nothing."""
        kept = [each for each in order.fees if not each.canceled]
        shared = sum(
            (self._minor(each.value) for each in kept if each.fee_type != _CANCELLATION), 0
        )
        for each in kept:
            alone = each.fee_type == _CANCELLATION or not standing or shared < 0
            if alone and each.value:
                self._keep(
                    f"{place}, fee {each.id}",
                    {"fee_type": each.fee_type, "value": str(each.value)},
                    "fee_of_no_ticket",
                    "The fee belongs to no ticket that stands, so it is no part of a sale.",
                )
        if not standing or shared <= 0:
            return {}
        parts = split(Minor(shared), [1] * len(standing))
        return {each.id: part for each, part in zip(standing, parts, strict=True)}

    def _read_ticket(
        self,
        order: Order,
        position: Position,
        fee: int,
        paid: list[Payment],
        *,
        was_sold: bool,
    ) -> None:
        place = f"order {order.code}, position {position.positionid}"
        showing = self._showing(order, position, place)
        if showing is None:
            return
        ticket = ticket_of(self._prefix, position)
        price = self._minor(position.price)
        self.secrets[ticket] = position.secret.sha256
        self.changed[ticket] = order.last_modified
        if was_sold:
            self.facts.sales.append(
                self._sale(order, position, (place, showing, ticket), price, fee, paid)
            )
            self.facts.counts["tickets"] += 1
        for checkin in position.checkins:
            if checkin.kind != "entry":
                self.facts.counts["scans_out"] += 1
                continue
            self.facts.admissions.append(
                Admission(
                    place=f"{place}, scan {checkin.id}",
                    showing=showing,
                    ticket=ticket,
                    at=checkin.datetime,
                    gate="" if checkin.gate is None else str(checkin.gate),
                )
            )
        if _is_valid(order) and not position.canceled:
            return
        self.facts.reversals.append(
            Reversal(
                place=place,
                showing=showing,
                ticket=ticket,
                at=_ended_at(order),
                kind=_how_it_ended(order, price),
                price_minor=price,
                reason="position cancelled" if position.canceled else _REASONS[order.state],
            )
        )

    def _sale(
        self,
        order: Order,
        position: Position,
        names: tuple[str, str, str],
        price: int,
        fee: int,
        paid: list[Payment],
    ) -> Sale:
        place, showing, ticket = names
        seat = position.seat or Seat()
        product = self._programme.products[position.product]
        provider = paid[0].provider or "" if paid else ""
        return Sale(
            place=place,
            showing=showing,
            ticket=ticket,
            sold_at=min(
                (each.payment_date for each in paid if each.payment_date),
                default=order.datetime,
            ),
            price_minor=price,
            currency=self.facts.currency,
            fee_minor=fee,
            discount_minor=self._minor(position.voucher_budget_use or Decimal(0)),
            section=short(seat.zone_name),
            row=short(seat.row_label or seat.row_name),
            seat=short(seat.seat_label or seat.seat_number or seat.name),
            sales_channel=_CHANNELS.get(order.sales_channel.partition(".")[0], "web"),
            payment=_PAYMENTS.get(
                provider.partition("_")[0],
                "card" if provider.startswith("stripe") else "other",
            ),
            concession=short(words_of(product.name)),
        )

    def _showing(self, order: Order, position: Position, place: str) -> str | None:
        """Give the code of a ticket's showing; None, and it is kept, where there is none."""
        date = self._programme.subevents.get(position.subevent or -1)
        if position.subevent is not None and date is None:
            self._keep(
                place,
                {"event": order.event, "subevent": position.subevent},
                "date_unknown",
                "pretix no longer says when this date of the series is.",
            )
            return None
        return self.announce(date)

    def announce(self, date: SubEvent | None) -> str:
        """Tell a date of the event, or the event's own, once, and give its showing's code."""
        name = f"{self._prefix}-{self._programme.event.slug}"
        code = fit(name if date is None else f"{name}-{date.id}", self._prefix)
        if code not in self._showings:
            self._showings.add(code)
            self.facts.showings.append(self._showing_of(code, date))
        return code

    def _showing_of(self, code: str, date: SubEvent | None) -> Showing:
        event = self._programme.event
        meta = {**event.meta, **(date.meta if date else {})}

        def said(key: str) -> str:
            return short(str(meta.get(key) or ""))

        return Showing(
            place=f"event {event.slug}" + ("" if date is None else f", date {date.id}"),
            code=code,
            venue=said("venue") or f"{self._organiser}/{event.slug}",
            hall=said("hall"),
            starts_at=(date or event).date_from,
            film=FilmName(
                certificate=said("certificate"),
                title=words_of((date.name if date else None) or event.name),
                language=said("language"),
                format=said("format"),
                distributor=said("distributor"),
            ),
        )

    def _look_at_refunds(
        self, order: Order, standing: list[Position], paid: list[Payment], place: str
    ) -> None:
        """
        Keep a refund that the order's tickets do not show.

        Money that was given back out of courtesy leaves every ticket at its price: pretix counts
        the order as owed again, and nobody can say which ticket it was for.
        """
        back = sum(
            (each.amount for each in order.refunds if each.state in _REFUNDED), Decimal()
        )
        held = sum((each.amount for each in paid), Decimal()) - back
        if back and standing and held < order.total:
            self._keep(
                place,
                {"refunded": str(back), "held": str(held), "total": str(order.total)},
                "refund_of_no_ticket",
                "More was given back than the tickets that were cancelled had cost.",
            )

    def _minor(self, amount: Decimal) -> int:
        return to_minor(amount, self.facts.currency)

    def _keep(self, place: str, raw: Mapping[str, Any], reason: str, words: str) -> None:
        keep(self.facts, place, raw, reason=reason, words=words)


_REASONS = {
    "c": "order cancelled",
    "e": "order expired",
    "n": "order not paid",
    "p": "position cancelled",
}


def _is_valid(order: Order) -> bool:
    """Say whether an order's tickets are good: paid, or let in before they are."""
    if order.state == "n":
        return order.valid_if_pending and not order.require_approval
    return order.state == "p"


def _ended_at(order: Order) -> Instant:
    refunds = [
        each.execution_date or each.created
        for each in order.refunds
        if each.state in _REFUNDED
    ]
    return order.cancellation_date or max(refunds, default=order.last_modified)


def _how_it_ended(order: Order, price: int) -> ReversalKind:
    """Say whether money went back: nothing was given back for a ticket that cost nothing."""
    if price and any(each.state in _REFUNDED for each in order.refunds):
        return ReversalKind.REFUNDED
    return ReversalKind.VOIDED


def words_of(name: Words) -> str:
    """Give a name in the first of kk, ru, en that it has, else in the first of the alphabet."""
    if not isinstance(name, dict):
        return short(name)
    for language in ("kk", "ru", "en", *sorted(name)):
        if words := name.get(language):
            return short(words)
    return ""
