"""What becomes of an event of a batch, and the limits a batch is held to."""

from dataclasses import dataclass, field
from enum import StrEnum

# A batch is one HTTP body: large enough to empty an evening's backlog in minutes, small
# enough that sending it again costs a second. Measured by `ekino bench ingest`.
BATCH_EVENTS_MAX = 1_000
# As sent. A full batch of 1,000 rich events is about 600 KB of plain JSON.
BODY_BYTES_MAX = 2 * 1024 * 1024
# What a gzip or zstd body may grow to. One that would grow further is refused before it does.
DECODED_BYTES_MAX = 4 * 1024 * 1024
# Batches that wait for the writer; one more is answered 503. At a full batch each this is
# about a quarter of a gigabyte and three seconds of work.
WAITING_BATCHES_MAX = 512
WAITING_EVENTS_MAX = 200_000
# Events entered in one transaction. Above about four thousand a group adds only delay.
GROUP_EVENTS_MAX = 4_000
# Seconds from the beginning of one group to that of the next, unless it is full: a group costs
# some two milliseconds whatever is in it, so a hundred a second leave most of a core to the
# sales themselves, and nobody waits longer for company than a blink.
GROUP_PACE_S = 0.01
# A source's clock may run ahead of ours by this much; an event of the future is refused.
CLOCK_AHEAD_MAX_S = 60
# The oldest year that an event may name: a clock that lost its battery starts at 1970.
YEAR_MIN = 2000
# A batch that cannot be entered because the database is away is offered again after this.
RETRY_AFTER_S = 2
# A request that has waited this long for its group is answered 503: the event may be
# entered all the same, and sending it again is safe.
ANSWER_WAIT_MAX_S = 30
# Prices named in one announced showing.
PRICES_MAX = 40
# Characters of a ticket token: 104 bytes in base32 without padding.
TOKEN_CHARACTERS = 167
# Depth of the deepest thing a batch can hold: batch, events, event, receipt.
NESTING_MAX = 4


class Outcome(StrEnum):
    """
    The answer for one event, named in the receipt.

    Listed in order of precedence: when two apply, the source is told the earlier one.
    """

    ENTERED = "entered"
    ALREADY_ENTERED = "already_entered"
    EVENT_IS_MALFORMED = "event_is_malformed"
    IDENTITY_USED_FOR_ANOTHER_EVENT = "identity_used_for_another_event"
    VENUE_NOT_IN_CATALOG = "venue_not_in_catalog"
    SHOWING_NOT_IN_CATALOG = "showing_not_in_catalog"
    SOURCE_MAY_NOT_SPEAK_FOR_HALL = "source_may_not_speak_for_hall"
    HAPPENED_IN_THE_FUTURE = "happened_in_the_future"
    TICKET_WAS_NEVER_SOLD = "ticket_was_never_sold"
    TICKET_BELONGS_TO_ANOTHER_SHOWING = "ticket_belongs_to_another_showing"
    TICKET_ALREADY_REFUNDED = "ticket_already_refunded"
    TICKET_ALREADY_VOIDED = "ticket_already_voided"
    REFUND_EXCEEDS_PRICE = "refund_exceeds_price"
    SOURCE_MAY_NOT_ANNOUNCE = "source_may_not_announce"
    HALL_NOT_IN_CATALOG = "hall_not_in_catalog"
    FILM_VERSION_NOT_IN_CATALOG = "film_version_not_in_catalog"
    SHOWING_ALREADY_ANNOUNCED = "showing_already_announced"
    SHOWING_ALREADY_CANCELLED = "showing_already_cancelled"
    # Only a test register answers these, to the magic values of docs/reference/test-mode.md.
    REFUSED_IN_TEST = "refused_in_test"
    SEAT_ALREADY_SOLD = "seat_already_sold"


# What to do about each refusal: a sentence for the vendor's engineer.
FIX: dict[Outcome, str] = {
    Outcome.EVENT_IS_MALFORMED: (
        "Correct the named field as /schemas/batch.json describes it and send the "
        "event again."
    ),
    Outcome.IDENTITY_USED_FOR_ANOTHER_EVENT: (
        "What was entered stays. Send the first event unchanged, or report the change as a "
        "corrected event with a sequence number of its own."
    ),
    Outcome.VENUE_NOT_IN_CATALOG: (
        "Use the venue's code as the register lists it under /v1/catalog/venues, or ask the "
        "operator to add the venue."
    ),
    Outcome.SHOWING_NOT_IN_CATALOG: (
        "Announce the showing first (showing_announced), or have it loaded into the catalog; "
        "then send the event again."
    ),
    Outcome.SOURCE_MAY_NOT_SPEAK_FOR_HALL: (
        "Ask the operator of the register to entitle this source to the hall."
    ),
    Outcome.HAPPENED_IN_THE_FUTURE: (
        "Set the till's clock by the Date header of this answer and send the event again "
        "with its real time."
    ),
    Outcome.TICKET_WAS_NEVER_SOLD: (
        "Send the ticket's sale first; if it still waits in another till, send this event "
        "again afterwards."
    ),
    Outcome.TICKET_BELONGS_TO_ANOTHER_SHOWING: (
        "Name the showing for which the ticket was sold; to change it, void the ticket and "
        "sell another."
    ),
    Outcome.TICKET_ALREADY_REFUNDED: "Nothing is left to do: the refund is entered.",
    Outcome.TICKET_ALREADY_VOIDED: "Nothing is left to do: the sale is undone.",
    Outcome.REFUND_EXCEEDS_PRICE: (
        "Refund at most what the viewer has paid and not been given back."
    ),
    Outcome.SOURCE_MAY_NOT_ANNOUNCE: (
        "Ask the operator of the register to let this source announce showings, or have "
        "the schedule loaded into the catalog."
    ),
    Outcome.HALL_NOT_IN_CATALOG: (
        "Use the hall's code as the register lists it under /v1/catalog/halls."
    ),
    Outcome.FILM_VERSION_NOT_IN_CATALOG: (
        "Use the version's code as the register lists it under /v1/catalog/versions."
    ),
    Outcome.SHOWING_ALREADY_ANNOUNCED: (
        "To change an announced showing send showing_moved or showing_cancelled; for "
        "another showing use another code."
    ),
    Outcome.SHOWING_ALREADY_CANCELLED: "Announce a new showing under another code.",
    Outcome.REFUSED_IN_TEST: (
        "You asked for this refusal by its price. Show it at the till, keep the event out of "
        "the spool, and go on with the next."
    ),
    Outcome.SEAT_ALREADY_SOLD: (
        "You asked for this refusal by its seat. Offer the viewer another seat, and void what "
        "was printed."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A field that says one thing in the event entered first and another in this one."""

    field: str
    first: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why one event was not entered."""

    # The event's place in its batch, from 0.
    index: int
    outcome: Outcome
    # The field to look at; "" when it is the event as a whole.
    field: str
    # What was met, in a sentence.
    detail: str
    differs: tuple[Difference, ...] = ()

    @property
    def fix(self) -> str:
        """What to do about it."""
        return FIX[self.outcome]


@dataclass(slots=True, kw_only=True)
class Answer:
    """
    What became of a batch, event by event.

    `outcomes` and `positions` have one element an event, in the order of the batch; a
    position is None for an event that was refused.
    """

    batch_sha256: str
    received_at: str
    register_size: int
    outcomes: list[Outcome] = field(default_factory=list)
    positions: list[int | None] = field(default_factory=list)
    late: int = 0
    problems: list[Refusal] = field(default_factory=list)
