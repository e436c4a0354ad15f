"""Ticket events: made and checked at the till, before anything is written down or sent."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

# The register's own bounds: what it would refuse is refused before the ticket is sold.
CODE_CHARACTERS_MAX = 64
AMOUNT_MINOR_MAX = 1_000_000_000_000
# The register's own: a stadium five times over.
CAPACITY_MAX = 1_000_000
# The register's own: prices named in one announced showing.
PRICES_MAX = 40
# A clock that lost its battery starts at 1970.
YEAR_MIN = 2000
_YEAR_PAST_END = 9000
# A token's 104 bytes in base32 without padding.
TOKEN_CHARACTERS = 167
SALES_CHANNELS = ("box_office", "web", "app", "kiosk", "agent")
PAYMENTS = ("cash", "card", "transfer", "voucher", "mobile", "other")
_WORDS = {"sales_channel": SALES_CHANNELS, "payment": PAYMENTS}
# Texts that may not be empty; of a corrected event the reason too.
_CODES = frozenset({"ticket", "venue", "showing", "hall", "film_version"})
_AMOUNTS = frozenset({"price_minor", "fee_minor", "discount_minor", "total_minor"})
_INSTANTS = frozenset({"happened_at", "starts_at", "issued_at"})
_SEAT = ("section", "row", "seat")
_WHO = ("operator", "till")
# What each kind must say besides venue, showing and happened_at; and what it may say. The
# register refuses a field that it does not know, and then the ticket is sold already.
_REQUIRED: dict[str, tuple[str, ...]] = {
    "sold": ("ticket", "price_minor", "sales_channel"),
    "refunded": ("ticket", "price_minor"),
    "voided": ("ticket",),
    "corrected": ("ticket", "price_minor", "reason"),
    "admitted": ("ticket",),
    "showing_announced": ("hall", "film_version", "starts_at"),
    "showing_moved": (),
    "showing_cancelled": (),
}
_ALLOWED: dict[str, tuple[str, ...]] = {
    "sold": (
        *("fee_minor", "discount_minor", "concession", "payment", "fiscal_receipt"),
        *("season_ticket", "token", *_SEAT, *_WHO),
    ),
    "refunded": ("fee_minor", "reason", "fiscal_receipt", *_WHO),
    "voided": ("reason", *_WHO),
    "corrected": ("fee_minor", "discount_minor", "concession", *_SEAT, *_WHO),
    "admitted": ("gate",),
    "showing_announced": ("format", "capacity", "prices"),
    "showing_moved": ("starts_at", "hall", "capacity"),
    "showing_cancelled": ("reason",),
}
_ALWAYS = ("venue", "showing", "happened_at")


class EventMalformed(ValueError):
    """A field of an event is missing or wrong; the message names it, the reason and the fix."""

    def __init__(self, field: str, reason: str, fix: str) -> None:
        """Name the field, why it is refused and what to do."""
        super().__init__(f"{field}: {reason}. {fix}")
        self.field = field
        self.reason = reason
        self.fix = fix


def fields_of(kind: str) -> tuple[str, ...]:
    """Name every field that an event of this kind may have, besides kind and sequence."""
    return _ALWAYS + _REQUIRED[kind] + _ALLOWED[kind]


@dataclass(frozen=True, slots=True)
class Event:
    """One fact about one ticket or showing; the spool gives it its number."""

    kind: str
    venue: str
    fields: dict[str, Any]

    @classmethod
    def of(
        cls, kind: str, *, venue: str, showing: str, happened_at: datetime, **fields: Any
    ) -> "Event":
        """
        Make an event of a kind (sold, refunded, voided, corrected, admitted, showing_…).

        Amounts are whole minor units; instants carry a zone. Raises `EventMalformed`.
        """
        if kind not in _REQUIRED:
            raise EventMalformed("kind", f"{kind!r} is none", f"Use {', '.join(_REQUIRED)}")
        whole = {"venue": venue, "showing": showing, "happened_at": happened_at, **fields}
        for name in _REQUIRED[kind]:
            if name not in whole:
                raise EventMalformed(name, f"a {kind} event has none", "Give it")
        known = fields_of(kind)
        for name in whole:
            if name not in known:
                reason = f"a {kind} event has no such field"
                raise EventMalformed(name, reason, f"Leave it out, or use {known}")
        plain = {name: _plain(name, each) for name, each in whole.items()}
        if kind == "corrected" and not plain["reason"]:
            raise EventMalformed("reason", "it is empty", "Say why")
        return cls(kind, venue, plain)

    def to_bytes(self, sequence: int) -> bytes:
        """Write the event as it is sent: compact JSON, always in the same order."""
        whole = {"kind": self.kind, "sequence": sequence, **self.fields}
        return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


def _plain(name: str, value: Any) -> Any:
    if name in _INSTANTS:
        return _instant(name, value)
    if name in _AMOUNTS:
        return _amount(name, value, AMOUNT_MINOR_MAX)
    if name == "capacity":
        return _amount(name, value, CAPACITY_MAX)
    if name == "prices":
        return _prices(value)
    if name == "fiscal_receipt":
        return _fiscal_receipt(value)
    if name == "token":
        return _checked_token(value)
    return _text(name, value, is_code=name in _CODES)


def _instant(name: str, value: Any) -> str:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise EventMalformed(name, f"{value!r} has no zone", "Give an aware datetime")
    if not YEAR_MIN <= value.year < _YEAR_PAST_END:
        raise EventMalformed(name, f"it is the year {value.year}", "Set the till's clock")
    return value.isoformat()


def _amount(name: str, value: Any, most: int) -> int:
    if type(value) is not int or not 0 <= value <= most:
        fix = "Give whole minor units, such as 150000 for 1,500 tenge"
        raise EventMalformed(name, f"{value!r} is not 0 … {most}", fix)
    return value


def _text(name: str, value: Any, *, is_code: bool) -> str:
    if not isinstance(value, str):
        raise EventMalformed(name, f"{value!r} is no text", "Give a text")
    if len(value) > CODE_CHARACTERS_MAX or (is_code and not value):
        reason = f"{value!r} has not 1 … {CODE_CHARACTERS_MAX} characters"
        raise EventMalformed(name, reason, "Shorten it")
    if not value.isprintable():
        raise EventMalformed(name, f"{value!r} cannot be printed", "Remove the character")
    if name in _WORDS and value not in _WORDS[name]:
        raise EventMalformed(name, f"{value!r} is none", f"Use {', '.join(_WORDS[name])}")
    return value


def _prices(value: Any) -> dict[str, int]:
    if not isinstance(value, dict) or len(value) > PRICES_MAX:
        reason = f"it is not a mapping of at most {PRICES_MAX} names to amounts"
        raise EventMalformed("prices", reason, "Give one, such as {'adult': 250000}")
    return {
        _text("prices", name, is_code=True): _amount("prices", each, AMOUNT_MINOR_MAX)
        for name, each in value.items()
    }


def _fiscal_receipt(value: Any) -> dict[str, Any]:
    known = {"register", "number", "issued_at", "total_minor"}
    if not isinstance(value, dict) or not {"register", "number"} <= set(value) <= known:
        reason = f"{value!r} is no mapping with register and number"
        raise EventMalformed("fiscal_receipt", reason, f"Give {', '.join(sorted(known))}")
    return {
        name: _plain(name, each)
        if name in ("issued_at", "total_minor")
        else _text(f"fiscal_receipt.{name}", each, is_code=True)
        for name, each in value.items()
    }


def _checked_token(value: Any) -> str:
    if not isinstance(value, str) or len(value) not in (0, TOKEN_CHARACTERS):
        reason = f"{value!r} has not {TOKEN_CHARACTERS} characters"
        raise EventMalformed("token", reason, "Make it with make_token")
    return _text_of_token(value)


def _text_of_token(value: str) -> str:
    if not (value.isascii() and value.isprintable()):
        raise EventMalformed("token", f"{value!r} is not base32", "Make it with make_token")
    return value
