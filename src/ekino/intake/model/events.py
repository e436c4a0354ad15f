"""From facts to events of the native format: fields by name, without a number of their own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ekino.ingest.formats.facts import (
    Admission,
    Correction,
    Reversal,
    ReversalKind,
    Sale,
    Showing,
)
from ekino.intake.model.mapping import Target
from ekino.kernel.bounds import CODE_CHARACTERS_MAX

# A native event's fields.
Event = dict[str, Any]
# As ingest.model.PRICES_MAX.
_PRICES_MAX = 40
# Where a ticket was spread out of a sum: there was no such till.
SPREAD = "spread"
CHANNELS = frozenset({"box_office", "web", "app", "kiosk", "agent"})
PAYMENTS = frozenset({"cash", "card", "transfer", "voucher", "mobile", "other"})


def plain(text: str) -> str:
    """Give a text as the native format takes it: printable, of at most 64 characters."""
    kept = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(kept.split())[:CODE_CHARACTERS_MAX]


def _without_defaults(event: Event, defaults: Mapping[str, object]) -> Event:
    """Leave out what says nothing: an event is the same whoever wrote it."""
    return {
        name: value for name, value in event.items() if defaults.get(name, ...) != value
    }


def announced(showing: Showing, target: Target, *, at: datetime) -> Event:
    """Give the event that puts a showing on the schedule; `at` is when the file was handed in."""
    event: Event = {
        "kind": "showing_announced",
        "venue": target.venue.code,
        "showing": showing.code,
        "happened_at": at.isoformat(),
        "hall": target.hall,
        "film_version": target.version,
        "starts_at": showing.starts_at.isoformat(),
        "format": plain(showing.film.format) or "2D",
        "capacity": showing.capacity,
        "prices": {
            plain(name): price for name, price in list(showing.prices.items())[:_PRICES_MAX]
        },
    }
    return _without_defaults(event, {"format": "2D", "capacity": None, "prices": {}})


def moved(showing: Showing, target: Target, *, at: datetime) -> Event:
    """Give the event that moves a showing; `at` is when its system was asked."""
    return {
        "kind": "showing_moved",
        "venue": target.venue.code,
        "showing": showing.code,
        "happened_at": at.isoformat(),
        "hall": target.hall,
        "starts_at": showing.starts_at.isoformat(),
    }


_OF_SALES: Mapping[str, object] = {
    "fee_minor": 0, "discount_minor": 0, "concession": "", "section": "", "row": "",
    "seat": "", "payment": "other", "season_ticket": "", "till": "",
}  # fmt: skip


def sold(sale: Sale, venue: str, showing: str) -> Event:
    """Give the event of a ticket sold."""
    event: Event = {
        "kind": "sold",
        "ticket": sale.ticket,
        "venue": venue,
        "showing": showing,
        "happened_at": sale.sold_at.isoformat(),
        "price_minor": sale.price_minor,
        "sales_channel": sale.sales_channel if sale.sales_channel in CHANNELS else "agent",
        "fee_minor": sale.fee_minor,
        "discount_minor": sale.discount_minor,
        "payment": sale.payment if sale.payment in PAYMENTS else "other",
        "till": SPREAD if sale.is_synthetic else "",
        **{
            name: plain(getattr(sale, name))
            for name in ("concession", "section", "row", "seat", "season_ticket")
        },
    }
    return _without_defaults(event, _OF_SALES)


def reversed_(reversal: Reversal, venue: str, showing: str) -> Event:
    """Give the event of a sale undone."""
    event: Event = {
        "kind": reversal.kind.value,
        "ticket": reversal.ticket,
        "venue": venue,
        "showing": showing,
        "happened_at": reversal.at.isoformat(),
        "reason": plain(reversal.reason),
    }
    if reversal.kind is ReversalKind.REFUNDED:
        event["price_minor"] = reversal.price_minor
        event["fee_minor"] = reversal.fee_minor
    return _without_defaults(event, {"reason": "", "fee_minor": 0})


def corrected(correction: Correction, venue: str, showing: str) -> Event:
    """Give the event of a sale whose figures have changed."""
    event: Event = {
        "kind": "corrected",
        "ticket": correction.ticket,
        "venue": venue,
        "showing": showing,
        "happened_at": correction.at.isoformat(),
        "price_minor": correction.price_minor,
        "reason": plain(correction.reason) or "changed",
        "fee_minor": correction.fee_minor,
        "discount_minor": correction.discount_minor,
        **{
            name: plain(getattr(correction, name))
            for name in ("concession", "section", "row", "seat")
        },
    }
    return _without_defaults(event, _OF_SALES)


def admitted(admission: Admission, venue: str, showing: str) -> Event:
    """Give the event of a viewer who went in."""
    event: Event = {
        "kind": "admitted",
        "ticket": admission.ticket,
        "venue": venue,
        "showing": showing,
        "happened_at": admission.at.isoformat(),
        "gate": plain(admission.gate),
    }
    return _without_defaults(event, {"gate": ""})
