"""What an entry is, and what a ticket's entries say about the ticket."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from ekino.kernel.money import Minor

# 0-based and gapless: a register of size n holds the positions 0 … n − 1.
Position = NewType("Position", int)
BatchNo = NewType("BatchNo", int)
SourceId = NewType("SourceId", int)
ShowingId = NewType("ShowingId", int)

# A sale is known by its ticket alone, so it has no number of its own among the ticket's events.
IDENTITY_OF_SALE = 0

# The register itself, where it states something: that a ticket was asked for, that a key is new.
OWN_SOURCE = SourceId(0)

# An event that reaches us later than this after it happened is marked late: long enough for
# a till that sends every minute and meets one retry, short enough to say that a cinema was
# off line. Nothing is ever refused for being late.
LATE_AFTER_S = 900


class EventKind(StrEnum):
    """What happened to a ticket, or to the showing it is for."""

    SOLD = "sold"
    REFUNDED = "refunded"
    VOIDED = "voided"
    CORRECTED = "corrected"
    ADMITTED = "admitted"
    SHOWING_ANNOUNCED = "showing_announced"
    SHOWING_MOVED = "showing_moved"
    SHOWING_CANCELLED = "showing_cancelled"
    # What the register itself states, as entries of OWN_SOURCE.
    TICKET_CHECKED = "ticket_checked"
    KEY_ADDED = "key_added"
    KEY_REVOKED = "key_revoked"


class SalesChannel(StrEnum):
    """Where a ticket was bought."""

    BOX_OFFICE = "box_office"
    WEB = "web"
    APP = "app"
    KIOSK = "kiosk"
    AGENT = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A ticket event that has been given a position."""

    position: Position
    batch_no: BatchNo
    # The event's place in its batch, from 0.
    ordinal: int
    source_id: SourceId
    kind: EventKind
    # The ticket's id; for showing events the venue's and the showing's code.
    subject: str
    # 0 for a sale, else the source's own number: with source and subject the event's identity.
    identity_no: int
    showing_id: ShowingId
    # Of the ticket's sale; None for showing events.
    sales_channel: SalesChannel | None
    # What the event changed: admissions by 1, 0 or −1, money in minor units of the venue.
    admissions: int
    gross_minor: Minor
    fees_minor: Minor
    # The source's clock, and ours.
    happened_at: datetime
    recorded_at: datetime
    is_late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Something the register itself states; it gets a position like any event."""

    kind: EventKind
    # What it is about, such as a token's hash or a key's id, and its number among the
    # statements about the same: together they are its identity.
    subject: str
    identity_no: int
    # The statement's exact bytes.
    body: bytes


class TicketState(StrEnum):
    """What a ticket is worth after all that happened to it."""

    SOLD = "sold"
    ADMITTED = "admitted"
    REFUNDED = "refunded"
    VOIDED = "voided"


@dataclass(slots=True, kw_only=True)
class Ticket:
    """One ticket as its entries leave it; `note` moves it on by one entry."""

    showing_id: ShowingId
    sales_channel: SalesChannel
    state: TicketState
    # What the viewer has paid and not been given back.
    gross_minor: Minor
    fees_minor: Minor

    def note(self, kind: EventKind, gross_minor: int, fees_minor: int) -> None:
        """Move on by one later event of the ticket and the money it changed."""
        self.gross_minor = Minor(self.gross_minor + gross_minor)
        self.fees_minor = Minor(self.fees_minor + fees_minor)
        self.state = _AFTER.get(kind, self.state)


_AFTER = {
    EventKind.REFUNDED: TicketState.REFUNDED,
    EventKind.VOIDED: TicketState.VOIDED,
    EventKind.ADMITTED: TicketState.ADMITTED,
}


def ticket_after(entries: Iterable[Entry]) -> Ticket | None:
    """
    Fold one ticket's entries, in the order of their positions, into the ticket.

    None when there is no sale among them: nothing else can come before a sale.
    """
    ticket: Ticket | None = None
    for entry in entries:
        if entry.kind is EventKind.SOLD:
            if entry.sales_channel is None:
                continue
            ticket = Ticket(
                showing_id=entry.showing_id,
                sales_channel=entry.sales_channel,
                state=TicketState.SOLD,
                gross_minor=entry.gross_minor,
                fees_minor=entry.fees_minor,
            )
        elif ticket is not None:
            ticket.note(entry.kind, entry.gross_minor, entry.fees_minor)
    return ticket
