"""The whole way of a request for a correction: one table, one function that says what is in it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

# A sentence or two.
WORDS_CHARACTERS_MAX = 2_000
TICKET_CHARACTERS_MAX = 64
# The dearest ticket that a request may name, in whole units of money: a typo, not a price.
PRICE_MAX = 10_000_000


class State(StrEnum):
    """Where a request stands."""

    ASKED = "asked"
    MADE = "made"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Party(StrEnum):
    """Who takes a step."""

    CINEMA = "cinema"
    VENDOR = "vendor"
    # The register itself, by holding the event that was asked for.
    REGISTER = "register"


# docs/reference/corrections.md is drawn from these two tables.
NEXT: dict[State, frozenset[State]] = {
    State.ASKED: frozenset({State.MADE, State.DECLINED, State.WITHDRAWN}),
    # What a vendor declined may come all the same.
    State.DECLINED: frozenset({State.MADE}),
    State.WITHDRAWN: frozenset(),
    State.MADE: frozenset(),
}
WHO: dict[State, Party] = {
    State.ASKED: Party.CINEMA,
    State.MADE: Party.REGISTER,
    State.DECLINED: Party.VENDOR,
    State.WITHDRAWN: Party.CINEMA,
}


class Obstacle(StrEnum):
    """Why a step cannot be taken; the value is the code of the refusal."""

    STATE_DOES_NOT_ALLOW_IT = "correction_state_does_not_allow_it"
    NOT_YOURS_TO_TAKE = "correction_step_is_anothers"
    WORDS_MISSING = "correction_words_missing"


def obstacle(state: State, *, to: State, by: Party, words: str) -> Obstacle | None:
    """
    Say what stops this party from taking this step; None when nothing does.

    Pages ask it to decide which buttons to draw and the service before it writes, so a button
    that is drawn is a step that can be taken.
    """
    if to not in NEXT[state]:
        return Obstacle.STATE_DOES_NOT_ALLOW_IT
    if by is not WHO[to]:
        return Obstacle.NOT_YOURS_TO_TAKE
    if to is State.DECLINED and not words.strip():
        return Obstacle.WORDS_MISSING
    return None


class Wanted(StrEnum):
    """The kind of event that is asked for, and closes the request when it comes."""

    CORRECTED = "corrected"
    REFUNDED = "refunded"
    VOIDED = "voided"
    SOLD = "sold"


class Reason(StrEnum):
    """Why the register's word on a ticket is wrong."""

    WRONG_PRICE = "wrong_price"
    SOLD_TWICE = "sold_twice"
    RETURN_NOT_SENT = "return_not_sent"
    SALE_NOT_SENT = "sale_not_sent"
    TILL_FAULT = "till_fault"
    OTHER = "other"


class Mistake(StrEnum):
    """What is wrong with a request before it is sent; each belongs to one field."""

    TICKET_MISSING = "ticket_missing"
    TICKET_UNKNOWN = "ticket_unknown"
    TICKET_KNOWN = "ticket_known"
    WANTED_MISSING = "wanted_missing"
    PRICE_MISSING = "price_missing"
    REASON_MISSING = "reason_missing"
    WORDS_MISSING = "words_missing"


FIELD: dict[Mistake, str] = {
    Mistake.TICKET_MISSING: "ticket",
    Mistake.TICKET_UNKNOWN: "ticket",
    Mistake.TICKET_KNOWN: "ticket",
    Mistake.WANTED_MISSING: "wanted",
    Mistake.PRICE_MISSING: "price",
    Mistake.REASON_MISSING: "reason",
    Mistake.WORDS_MISSING: "words",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What the register knows of a ticket of the cinema."""

    source_id: int
    source_name: str
    ticket: str
    showing: str
    starts_at: datetime
    hall: str
    film: str
    # As it stands after all that was entered.
    admissions: int
    gross_minor: int
    fees_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A request as it was filled in; an empty choice was not made."""

    ticket: str = ""
    wanted: Wanted | None = None
    # In whole units of money; None: none that can be read.
    price: int | None = None
    reason: Reason | None = None
    words: str = ""


def mistakes(asking: Asking, ticket: Ticket | None) -> list[Mistake]:
    """Say what is wrong with a request, in the order of its fields; nothing when it may go."""
    found: list[Mistake] = []
    if not asking.ticket:
        found.append(Mistake.TICKET_MISSING)
    elif asking.wanted is Wanted.SOLD and ticket is not None:
        found.append(Mistake.TICKET_KNOWN)
    elif asking.wanted is not Wanted.SOLD and ticket is None:
        found.append(Mistake.TICKET_UNKNOWN)
    if asking.wanted is None:
        found.append(Mistake.WANTED_MISSING)
    if asking.wanted is Wanted.CORRECTED and asking.price is None:
        found.append(Mistake.PRICE_MISSING)
    if asking.reason is None:
        found.append(Mistake.REASON_MISSING)
    elif asking.reason is Reason.OTHER and not asking.words:
        found.append(Mistake.WORDS_MISSING)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A request, as whoever asked and whoever is asked may read it."""

    reference: str
    organisation_id: int
    venue_id: int
    venue: str
    venue_name: str
    timezone: str
    currency: str
    source_id: int
    source_name: str
    ticket: str
    wanted: Wanted
    price_minor: int | None
    reason: Reason
    words: str
    asked_by: str
    asked_at: datetime
    asked_position: int
    # As it was written; the register may have made it since.
    written: State
    ended_at: datetime | None
    ended_words: str
    # The event that was asked for, where it has come.
    made_position: int | None = None
    made_at: datetime | None = None

    @property
    def state(self) -> State:
        """Where the request stands: an event that came makes it, whatever was written."""
        if self.made_position is not None and State.MADE in NEXT[self.written]:
            return State.MADE
        return self.written
