"""Ticket events: made and checked at the till, before anything is written down or sent."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

CODE_CHARACTERS_MAX = 64
AMOUNT_MINOR_MAX = 1_000_000_000_000
# A token's 104 bytes in base32 without padding.
TOKEN_CHARACTERS = 167
SALES_CHANNELS = ("box_office", "web", "app", "kiosk", "agent")
_CODES = ("ticket", "venue", "showing", "hall", "film_version")
_AMOUNTS = ("price_minor", "fee_minor", "discount_minor", "capacity")
_INSTANTS = ("happened_at", "starts_at")
# What each kind must say besides venue, showing and happened_at.
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


class EventMalformed(ValueError):
    """A field of an event is missing or wrong; the message names it, the reason and the fix."""

    def __init__(self, field: str, reason: str, fix: str) -> None:
        """Name the field, why it is refused and what to do."""
        super().__init__(f"{field}: {reason}. {fix}")
        self.field = field


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
        return cls(kind, venue, {name: _plain(name, each) for name, each in whole.items()})

    def to_bytes(self, sequence: int) -> bytes:
        """Write the event as it is sent: compact JSON, always in the same order."""
        whole = {"kind": self.kind, "sequence": sequence, **self.fields}
        return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


def _plain(name: str, value: Any) -> Any:
    if name in _INSTANTS:
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise EventMalformed(name, f"{value!r} has no zone", "Give an aware datetime")
        return value.isoformat()
    if name in _AMOUNTS:
        if type(value) is not int or not 0 <= value <= AMOUNT_MINOR_MAX:
            fix = "Give whole minor units, such as 150000 for 1,500 tenge"
            raise EventMalformed(name, f"{value!r} is not 0 … {AMOUNT_MINOR_MAX}", fix)
        return value
    if isinstance(value, str):
        if name == "token":
            return _checked_token(value)
        if len(value) > CODE_CHARACTERS_MAX or (name in _CODES and not value):
            reason = f"{value!r} has not 1 … {CODE_CHARACTERS_MAX} characters"
            raise EventMalformed(name, reason, "Shorten it")
        if not value.isprintable():
            raise EventMalformed(
                name, f"{value!r} cannot be printed", "Remove the character"
            )
        if name == "sales_channel" and value not in SALES_CHANNELS:
            fix = f"Use {', '.join(SALES_CHANNELS)}"
            raise EventMalformed(name, f"{value!r} is none", fix)
    return value


def _checked_token(value: str) -> str:
    if len(value) not in (0, TOKEN_CHARACTERS):
        reason = f"{value!r} has not {TOKEN_CHARACTERS} characters"
        raise EventMalformed("token", reason, "Make it with make_token")
    return value
