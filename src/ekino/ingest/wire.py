"""The native format: one JSON batch of ticket events, decoded once and checked as it is."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from ekino.ingest.model import (
    BATCH_EVENTS_MAX,
    NESTING_MAX,
    PRICES_MAX,
    TOKEN_CHARACTERS,
    YEAR_MIN,
    Difference,
    Outcome,
)
from ekino.kernel.bounds import AMOUNT_MINOR_MAX, CODE_CHARACTERS_MAX, SEQUENCE_MAX
from ekino.kernel.errors import Malformed, Problem

Code = Annotated[str, Meta(min_length=1, max_length=CODE_CHARACTERS_MAX)]
Text = Annotated[str, Meta(max_length=CODE_CHARACTERS_MAX)]
Amount = Annotated[int, Meta(ge=0, le=AMOUNT_MINOR_MAX)]
Sequence_ = Annotated[int, Meta(ge=1, le=SEQUENCE_MAX)]
Capacity = Annotated[int, Meta(ge=0, le=1_000_000)]
Instant = Annotated[datetime, Meta(tz=True)]
Channel = Literal["box_office", "web", "app", "kiosk", "agent"]
# A ticket token: 104 bytes in base32, 167 characters; "" where the till prints none.
Token = Annotated[str, Meta(max_length=TOKEN_CHARACTERS)]
Payment = Literal["cash", "card", "transfer", "voucher", "mobile", "other"]


class FiscalReceipt(Struct, forbid_unknown_fields=True, frozen=True, gc=False):
    """The fiscal receipt a sale was printed on, as the cash register numbers it."""

    register: Code
    number: Code
    issued_at: Instant | None = None
    total_minor: Amount | None = None


class _Event(
    Struct,
    forbid_unknown_fields=True,
    gc=False,
    kw_only=True,
    tag_field="kind",
):
    """What every event says: which of the source's, about which showing, and when."""

    sequence: Sequence_
    venue: Code
    showing: Code
    happened_at: Instant


class Sold(_Event, tag="sold"):
    """A ticket was sold."""

    ticket: Code
    price_minor: Amount
    sales_channel: Channel
    fee_minor: Amount = 0
    discount_minor: Amount = 0
    concession: Text = ""
    section: Text = ""
    row: Text = ""
    seat: Text = ""
    payment: Payment = "other"
    operator: Text = ""
    till: Text = ""
    fiscal_receipt: FiscalReceipt | None = None
    season_ticket: Text = ""
    # What the ticket's QR code holds, so that whoever holds the ticket can ask for it.
    token: Token = ""


class Refunded(_Event, tag="refunded"):
    """A ticket was given back, and so was this much of what it cost."""

    ticket: Code
    price_minor: Amount
    fee_minor: Amount = 0
    reason: Text = ""
    operator: Text = ""
    till: Text = ""
    fiscal_receipt: FiscalReceipt | None = None


class Voided(_Event, tag="voided"):
    """A sale was undone as if it had never been made."""

    ticket: Code
    reason: Text = ""
    operator: Text = ""
    till: Text = ""


class Corrected(_Event, tag="corrected"):
    """A sale was reported with wrong figures; these are the right ones."""

    ticket: Code
    price_minor: Amount
    reason: Code
    fee_minor: Amount = 0
    discount_minor: Amount = 0
    concession: Text = ""
    section: Text = ""
    row: Text = ""
    seat: Text = ""
    operator: Text = ""
    till: Text = ""


class Admitted(_Event, tag="admitted"):
    """The viewer went in."""

    ticket: Code
    gate: Text = ""


class ShowingAnnounced(_Event, tag="showing_announced"):
    """A showing is on the schedule."""

    hall: Code
    film_version: Code
    starts_at: Instant
    format: Text = "2D"
    capacity: Capacity | None = None
    prices: Annotated[dict[Code, Amount], Meta(max_length=PRICES_MAX)] = {}


class ShowingMoved(_Event, tag="showing_moved"):
    """A showing has another start, hall or number of places."""

    starts_at: Instant | None = None
    hall: Code | None = None
    capacity: Capacity | None = None


class ShowingCancelled(_Event, tag="showing_cancelled"):
    """A showing will not take place."""

    reason: Text = ""


TicketEvent = Sold | Refunded | Voided | Corrected | Admitted
ShowingEvent = ShowingAnnounced | ShowingMoved | ShowingCancelled
Event = TicketEvent | ShowingEvent


class Batch(Struct, forbid_unknown_fields=True, frozen=True, gc=False):
    """One HTTP body."""

    events: Annotated[list[Event], Meta(max_length=BATCH_EVENTS_MAX)]


class _RawBatch(Struct, forbid_unknown_fields=True, frozen=True, gc=False):
    events: list[msgspec.Raw]


class MalformedEvent(Struct, frozen=True, gc=False):
    """An element of a batch that is no event, and the first thing wrong with it."""

    field: str
    detail: str
    # What it is answered; a test register refuses whole events too, when it is asked to.
    outcome: Outcome = Outcome.EVENT_IS_MALFORMED


_WHOLE = msgspec.json.Decoder(Batch)
_RAW = msgspec.json.Decoder(_RawBatch)
_ONE: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)

_OLDEST = datetime(YEAR_MIN, 1, 1, tzinfo=UTC)
# An instant beyond this cannot be turned to UTC by every reader.
_NEWEST = datetime(9000, 1, 1, tzinfo=UTC)


def decode_batch(body: bytes) -> Sequence[Event | MalformedEvent]:
    """
    Give the batch's events in order; an element that is no event is a `MalformedEvent`.

    One bad event never sinks its batch. Raises `Malformed` when the body is no batch at all.
    """
    try:
        events: Sequence[Event | MalformedEvent] = _WHOLE.decode(body).events
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return _decode_one_by_one(body)
    if not (_is_plain(body) and _TICKET_EVENTS.issuperset(map(type, events))):
        return [_checked(event) for event in events]
    moments = [event.happened_at for event in events]  # type: ignore[union-attr]
    if moments and not (min(moments) >= _OLDEST and max(moments) <= _NEWEST):
        return [_checked(event) for event in events]
    return events


_TICKET_EVENTS = frozenset({Sold, Refunded, Voided, Corrected, Admitted})
_SPACE = str.maketrans("", "", "\t\r\n")


def _is_plain(body: bytes) -> bool:
    """
    Say whether every text in a body can be printed, without looking at each.

    Without a backslash a string cannot hold what JSON forbids bare: what is below a space. The
    rest that cannot be printed is DEL, or is not ASCII.
    """
    if b"\\" in body or b"\x7f" in body:
        return False
    return body.isascii() or body.decode().translate(_SPACE).isprintable()


def _decode_one_by_one(body: bytes) -> Sequence[Event | MalformedEvent]:
    raws = raw_events(body)
    if len(raws) > BATCH_EVENTS_MAX:
        detail = f"the batch has {len(raws)} events; at most {BATCH_EVENTS_MAX} are taken"
        problem = Problem(
            pointer="/events",
            code="batch_events_max",
            detail=detail,
            fix=f"Send batches of at most {BATCH_EVENTS_MAX} events.",
        )
        raise Malformed(detail, problems=[problem], code="batch_has_too_many_events")
    return [decode_event(raw) for raw in raws]


def raw_events(body: bytes) -> list[bytes]:
    """Give the exact bytes of each element of a batch's events."""
    try:
        return [bytes(raw) for raw in _RAW.decode(body).events]
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        detail = f"the body is not a batch of events: {_words(error)}"
        problem = Problem(
            pointer="",
            code="batch_is_malformed",
            detail=detail,
            fix='Send a JSON object {"events": […]} in UTF-8.',
        )
        raise Malformed(detail, problems=[problem], code="batch_is_malformed") from error


def decode_event(raw: bytes) -> Event | MalformedEvent:
    """Decode one event, or say what is wrong with it."""
    try:
        return _checked(_ONE.decode(raw))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        detail, _, path = _words(error).partition(" - at `")
        return MalformedEvent(field=path.rstrip("`").removeprefix("$."), detail=detail)


def _words(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return f"it is nested deeper than {NESTING_MAX} levels"
    # A name in the body can hold anything, and a refusal is kept.
    return str(error).replace("\0", "\N{REPLACEMENT CHARACTER}")


def read_event(raw: bytes) -> Event:
    """Decode an event that was entered, whatever would be refused by now."""
    return _ONE.decode(raw)


def _checked(event: Event | MalformedEvent) -> Event | MalformedEvent:
    """Refuse what JSON allows and the register cannot keep: control characters, odd years."""
    if isinstance(event, MalformedEvent):
        return event
    for name in event.__struct_fields__:
        value = getattr(event, name)
        if isinstance(value, str) and not value.isprintable():
            return MalformedEvent(
                field=name, detail=f"{value!r} holds a character that cannot be printed"
            )
        if isinstance(value, datetime) and not _OLDEST <= value <= _NEWEST:
            return MalformedEvent(
                field=name, detail=f"{value.isoformat()} is before the year {YEAR_MIN}"
            )
        if isinstance(value, FiscalReceipt) and not (
            value.register.isprintable() and value.number.isprintable()
        ):
            return MalformedEvent(
                field=name, detail="it holds a character that cannot be printed"
            )
        if isinstance(value, dict) and not all(key.isprintable() for key in value):
            return MalformedEvent(
                field=name, detail="it holds a character that cannot be printed"
            )
    return event


def differences(first: Event, now: Event) -> tuple[Difference, ...]:
    """Name each field in which two events differ, with what either says."""
    before, after = _fields(first), _fields(now)
    return tuple(
        Difference(
            field=name, first=before.get(name, "absent"), now=after.get(name, "absent")
        )
        for name in dict.fromkeys((*before, *after))
        if before.get(name) != after.get(name)
    )


def _fields(event: Event) -> dict[str, str]:
    values: dict[str, Any] = msgspec.to_builtins(event)
    return {
        name: value
        if isinstance(value, str)
        else msgspec.json.encode(value, order="sorted").decode()
        for name, value in values.items()
    }
