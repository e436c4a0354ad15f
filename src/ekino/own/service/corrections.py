"""Requests for corrections: asked by a cinema, answered by its ticketing system's event."""

from collections.abc import Iterable
from datetime import datetime

from ekino.access.model.people import Person
from ekino.access.service import audit
from ekino.db.database import Database, Role
from ekino.kernel.errors import NotFound, Refused
from ekino.kernel.identifiers import new_reference
from ekino.kernel.money import minor_digits
from ekino.own.model.cinema import Venue
from ekino.own.model.correction import (
    Asking,
    Correction,
    Party,
    State,
    Ticket,
    Wanted,
    mistakes,
    obstacle,
)
from ekino.own.store import corrections as store

# Requests shown in one list.
CORRECTIONS_SHOWN_MAX = 200


def find_ticket(db: Database, venue: Venue, ticket: str, *, language: str) -> Ticket | None:
    """Give what the register knows of a ticket of this cinema; another's is not there."""
    with db.transaction(Role.EXHIBITOR, organisation_id=venue.organisation_id) as tx:
        sources = [source for source, _ in store.list_speaking(tx, venue.venue_id)]
        return store.find_ticket(tx, venue.venue_id, sources, ticket, language=language)


def list_speaking(db: Database, venue: Venue) -> list[tuple[int, str]]:
    """Give the sources that speak for a cinema: one of them is asked."""
    with db.transaction(Role.EXHIBITOR, organisation_id=venue.organisation_id) as tx:
        return store.list_speaking(tx, venue.venue_id)


def ask(
    db: Database,
    venue: Venue,
    asking: Asking,
    *,
    person: Person,
    at: datetime,
    language: str,
) -> str:
    """
    Write a request down and give its reference.

    Raises `Refused` when it has a mistake, or no system speaks for the cinema.
    """
    ticket = find_ticket(db, venue, asking.ticket, language=language)
    sources = list_speaking(db, venue)
    found = mistakes(asking, ticket)
    if found or not sources or asking.wanted is None or asking.reason is None:
        detail = f"this request cannot be sent: {', '.join(found) or 'nobody to ask'}"
        raise Refused(detail, code="correction_refused")
    reference = new_reference()
    unit = 10 ** minor_digits(venue.currency)
    has_price = asking.wanted is Wanted.CORRECTED and asking.price is not None
    with db.transaction(Role.READER) as tx:
        # Asked before: an event that comes in between closes the request too.
        size = store.read_size(tx)
    with db.transaction(Role.OFFICE) as tx:
        store.insert(
            tx,
            {
                "reference": reference,
                "organisation_id": venue.organisation_id,
                "venue_id": venue.venue_id,
                "source_id": ticket.source_id if ticket else sources[0][0],
                "ticket": asking.ticket,
                "wanted": asking.wanted,
                "price_minor": (asking.price or 0) * unit if has_price else None,
                "reason": asking.reason,
                "words": asking.words,
                "asked_by": person.name,
                "asked_at": at,
                "asked_position": size,
            },
        )
        audit.note(
            tx,
            actor=person.name,
            action="correction_asked",
            subject=f"correction/{reference}",
            person=person,
        )
        # From here the request stands; a crash before it leaves none.
    return reference


def list_of_venue(db: Database, venue: Venue) -> list[Correction]:
    """Give a cinema's requests, the latest first."""
    with db.transaction(Role.EXHIBITOR, organisation_id=venue.organisation_id) as tx:
        found = store.list_corrections(
            tx, venue_id=venue.venue_id, limit=CORRECTIONS_SHOWN_MAX
        )
        return store.with_made(tx, found, Role.EXHIBITOR)


def list_asked_of(db: Database, organisation_ids: Iterable[int]) -> list[Correction]:
    """Give what vendors are asked for, the latest first."""
    found: list[Correction] = []
    for organisation_id in dict.fromkeys(organisation_ids):
        with db.transaction(Role.VENDOR, organisation_id=organisation_id) as tx:
            listed = store.list_corrections(tx, limit=CORRECTIONS_SHOWN_MAX)
            found.extend(store.with_made(tx, listed, Role.VENDOR))
    return found


def list_all(db: Database) -> list[Correction]:
    """Give every cinema's requests, for whoever keeps the register."""
    with db.transaction(Role.OFFICE) as tx:
        found = store.list_corrections(tx, limit=CORRECTIONS_SHOWN_MAX)
    with db.transaction(Role.READER) as tx:
        return store.with_made(tx, found, Role.READER)


def read(
    db: Database, reference: str, role: Role, organisation_ids: Iterable[int]
) -> Correction:
    """Give one request as one of these organisations may see it; `NotFound` when none may."""
    for organisation_id in dict.fromkeys(organisation_ids):
        with db.transaction(role, organisation_id=organisation_id) as tx:
            found = store.list_corrections(tx, reference=reference, limit=1)
            if found:
                return store.with_made(tx, found, role)[0]
    raise NotFound("there is no such request of yours", code="correction_not_found")


def take_step(
    db: Database,
    correction: Correction,
    *,
    to: State,
    by: Party,
    person: Person,
    words: str,
    at: datetime,
) -> None:
    """
    Decline a request or take it back; `correction` was read as whoever may see it.

    Raises `Refused` with the obstacle's name when the step cannot be taken.
    """
    with db.transaction(Role.OFFICE) as tx:
        # Lock first, then look: whoever comes second finds what the first has written.
        written = store.lock(tx, correction.reference)
        state = State.MADE if correction.state is State.MADE else written
        stops = obstacle(state or State.WITHDRAWN, to=to, by=by, words=words)
        if stops is not None:
            detail = f"{correction.reference} cannot become {to.value} now"
            raise Refused(detail, code=stops.value)
        store.end(tx, correction.reference, to, at=at, actor=person.name, words=words)
        audit.note(
            tx,
            actor=person.name,
            action=f"correction_{to.value}",
            subject=f"correction/{correction.reference}",
            person=person,
        )
        # From here it has ended.
