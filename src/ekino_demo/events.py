"""What a ticketing system of the country says: one event, as it goes on the wire."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct


class Event(
    Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """
    One event of one cinema; fields that its kind does not have stay at their defaults.

    Amounts are in tiyn. `sequence` is 0 until the cinema's books have numbered the event.
    """

    kind: str
    venue: str
    showing: str
    happened_at: datetime
    sequence: int = 0
    ticket: str = ""
    price_minor: int | None = None
    fee_minor: int = 0
    discount_minor: int = 0
    sales_channel: str = ""
    concession: str = ""
    section: str = ""
    row: str = ""
    seat: str = ""
    payment: str = ""
    operator: str = ""
    till: str = ""
    reason: str = ""
    gate: str = ""
    hall: str = ""
    film_version: str = ""
    starts_at: datetime | None = None
    format: str = ""
    capacity: int | None = None
    prices: dict[str, int] = {}

    def to_wire(self) -> dict[str, Any]:
        """Give the event as the API takes it: only the fields that it has."""
        return dict(msgspec.to_builtins(self))


DECODER = msgspec.json.Decoder(Event)
ENCODER = msgspec.json.Encoder()
