"""What a later event of a ticket changes: where money is decided."""

from collections.abc import Mapping
from typing import NamedTuple

from ekino.ingest.model import Outcome
from ekino.ingest.wire import Admitted, Corrected, Refunded, TicketEvent
from ekino.register.model import Ticket, TicketState


class Verdict(NamedTuple):
    """Why an event is not entered: the outcome, the field to look at, and a sentence."""

    outcome: Outcome
    field: str
    detail: str


class Effect(NamedTuple):
    """What an event changes."""

    admissions: int
    gross_minor: int
    fees_minor: int


def effect_of(event: TicketEvent, ticket: Ticket, showing_id: int) -> Effect | Verdict:
    """
    Say what a later event changes: the effect, or why it may not.

    A refund gives back what it names, a void everything; a correction puts new figures in
    the place of the old, so it changes totals by the difference; going in changes nothing.
    """
    if ticket.showing_id != showing_id:
        detail = f"Ticket {event.ticket!r} was sold for another showing."
        return Verdict(Outcome.TICKET_BELONGS_TO_ANOTHER_SHOWING, "showing", detail)
    if ticket.state in _ENDED:
        return Verdict(
            _ENDED[ticket.state], "ticket", f"Ticket {event.ticket!r} is {ticket.state}."
        )
    if isinstance(event, Refunded):
        if event.price_minor > ticket.gross_minor or event.fee_minor > ticket.fees_minor:
            detail = (
                f"Refund of {event.price_minor} and fee {event.fee_minor}; the viewer has "
                f"paid {ticket.gross_minor} and fee {ticket.fees_minor}."
            )
            return Verdict(Outcome.REFUND_EXCEEDS_PRICE, "price_minor", detail)
        return Effect(-1, -event.price_minor, -event.fee_minor)
    if isinstance(event, Corrected):
        return Effect(
            0,
            event.price_minor - ticket.gross_minor,
            event.fee_minor - ticket.fees_minor,
        )
    if isinstance(event, Admitted):
        return Effect(0, 0, 0)
    return Effect(-1, -ticket.gross_minor, -ticket.fees_minor)


_ENDED: Mapping[TicketState, Outcome] = {
    TicketState.REFUNDED: Outcome.TICKET_ALREADY_REFUNDED,
    TicketState.VOIDED: Outcome.TICKET_ALREADY_VOIDED,
}
