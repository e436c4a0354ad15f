"""
What pretix answers, as far as we look at it.

The structures name every field that is looked at, and `fields_wanted` asks pretix for those and
no other. What no field of ours names is not decoded: an e-mail address, a name or an answer never
becomes a value here, even where an old pretix sends it unasked. A ticket's secret is turned into
its digest while it is decoded.
"""

from datetime import datetime as Instant  # noqa: N812 - fields of pretix are named `datetime`
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from ekino.ingest.formats import readings
from ekino.ingest.formats.readings import Secret

Answer = TypeVar("Answer")


class Seat(Struct, frozen=True):
    """Where a ticket sits."""

    name: str = ""
    zone_name: str | None = None
    row_name: str | None = None
    row_label: str | None = None
    seat_label: str | None = None
    seat_number: str | None = None


class Checkin(Struct, frozen=True):
    """A scan at a door."""

    id: int
    datetime: Instant
    kind: str = msgspec.field(name="type", default="entry")
    gate: int | None = None


class Position(Struct, frozen=True):
    """One product of an order; where the product is an admission, a ticket."""

    id: int
    positionid: int
    product: int = msgspec.field(name="item")
    price: Decimal
    secret: Secret
    variation: int | None = None
    subevent: int | None = None
    seat: Seat | None = None
    checkins: list[Checkin] = []
    canceled: bool = False
    voucher_budget_use: Decimal | None = None


class Fee(Struct, frozen=True):
    """What an order costs beside its products."""

    id: int
    fee_type: str
    value: Decimal
    canceled: bool = False


class Payment(Struct, frozen=True):
    """Money that came, or was to come."""

    local_id: int
    state: str
    amount: Decimal
    payment_date: Instant | None = None
    provider: str | None = None


class Refund(Struct, frozen=True):
    """Money that went back, or was to go back."""

    local_id: int
    state: str
    amount: Decimal
    created: Instant
    execution_date: Instant | None = None


class Order(Struct, frozen=True):
    """One order as it stands now."""

    code: str
    event: str
    state: str = msgspec.field(name="status")
    testmode: bool
    datetime: Instant
    last_modified: Instant
    total: Decimal
    positions: list[Position]
    fees: list[Fee] = []
    payments: list[Payment] = []
    refunds: list[Refund] = []
    sales_channel: str = "web"
    valid_if_pending: bool = False
    require_approval: bool = False
    cancellation_date: Instant | None = None


class OrderPage(Struct, frozen=True):
    """A page of orders."""

    results: list[Order]
    next: str | None = None


Words = dict[str, str | None] | str | None


class Event(Struct, frozen=True):
    """An event, or a series of them."""

    slug: str
    currency: str
    timezone: str
    date_from: Instant
    name: Words = None
    has_subevents: bool = False
    meta: dict[str, Any] = msgspec.field(name="meta_data", default_factory=dict)


class SubEvent(Struct, frozen=True):
    """One date of a series."""

    id: int
    date_from: Instant
    # Of the event; only a list of an organiser's dates needs it.
    event: str = ""
    name: Words = None
    meta: dict[str, Any] = msgspec.field(name="meta_data", default_factory=dict)


class SubEventPage(Struct, frozen=True):
    """A page of dates."""

    results: list[SubEvent]
    next: str | None = None


class Product(Struct, frozen=True):
    """A product."""

    id: int
    name: Words = None
    admission: bool = False


class ProductPage(Struct, frozen=True):
    """A page of products."""

    results: list[Product]
    next: str | None = None


_DECODERS: dict[type, msgspec.json.Decoder[Any]] = {
    wanted: readings.decoder(wanted)
    for wanted in (OrderPage, Order, Event, SubEvent, SubEventPage, ProductPage)
}


def decode(body: bytes, wanted: type[Answer]) -> Answer:
    """Decode an answer of pretix; `Malformed` when it is none of the kind."""
    found: Answer = readings.decode(_DECODERS[wanted], body, "pretix")
    return found


def fields_wanted() -> list[str]:
    """Name the fields of an order that are looked at: pretix is asked for nothing else."""
    wanted = []
    nested = {
        "positions": Position,
        "fees": Fee,
        "payments": Payment,
        "refunds": Refund,
    }
    for name in Order.__struct_encode_fields__:
        inner = nested.get(name)
        if inner is None:
            wanted.append(name)
        else:
            wanted += [f"{name}.{each}" for each in inner.__struct_encode_fields__]
    return wanted
