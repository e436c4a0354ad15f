"""Excuses: filed by whoever runs or makes a system, decided by the ministry, told to everybody."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from ekino.access.model.people import Person
from ekino.access.service import audit
from ekino.db.database import Database, Role
from ekino.feeds.model.excuse import (
    EXCUSE_PLACES_MAX,
    EXCUSES_WITHIN,
    Evidence,
    Excuse,
    Filing,
    Party,
    Place,
    State,
    is_too_much,
    mistakes,
    obstacle,
)
from ekino.feeds.store import excuses as store
from ekino.kernel.errors import NotFound, Refused
from ekino.kernel.identifiers import new_reference
from ekino.notices.service import Kind as Told
from ekino.notices.service import tell

# Excuses shown in one list.
EXCUSES_SHOWN_MAX = 200


@dataclass(frozen=True, slots=True)
class Asker:
    """Who reads: the state, which sees everything, or an organisation, which sees its own."""

    role: Role = Role.READER
    organisation_id: int | None = None

    @property
    def is_state(self) -> bool:
        """Whether the country is asked about, and not what is an organisation's own."""
        return self.organisation_id is None


THE_STATE = Asker()


def list_excusable(db: Database, asker: Asker) -> list[Place]:
    """Give the feeds that an organisation may excuse."""
    with db.transaction(asker.role, organisation_id=asker.organisation_id) as tx:
        return store.list_excusable(tx, limit=EXCUSE_PLACES_MAX)


def file(
    db: Database, asker: Asker, filing: Filing, *, person: Person, at: datetime
) -> str:
    """
    Write an excuse down and give its reference.

    Raises `Refused` with `excuse_refused` when it has a mistake, or names a feed of another, and
    with `excuse_quota_used` when the organisation has filed too many.
    """
    found = mistakes(filing, at=at)
    own = {(each.source_id, each.venue_id) for each in list_excusable(db, asker)}
    if found or filing.kind is None or not set(filing.places) <= own:
        detail = f"this excuse cannot be filed: {', '.join(found) or 'not your feed'}"
        raise Refused(detail, code="excuse_refused")
    reference = new_reference()
    evidence = filing.evidence
    with db.transaction(Role.OFFICE) as tx:
        # Lock first, then look: two at once are counted one after the other.
        store.lock_filer(tx, asker.organisation_id)
        filed = store.count_filed(tx, asker.organisation_id, since=at - EXCUSES_WITHIN)
        if is_too_much(filed, filing):
            detail = f"{filed.open} wait and {filed.lately} were filed within 24 hours"
            raise Refused(detail, code="excuse_quota_used")
        store.insert(
            tx,
            {
                "reference": reference,
                "organisation_id": asker.organisation_id,
                "party": asker.role.value.removeprefix("ekino_"),
                "kind": filing.kind,
                "begins_at": filing.begins_at,
                "ends_at": filing.ends_at,
                "words": filing.words,
                "incident": filing.incident,
                "evidence_name": evidence.name if evidence else "",
                "evidence": evidence.document if evidence else None,
                "evidence_sha256": hashlib.sha256(evidence.document).digest()
                if evidence
                else None,
                "filed_at": at,
                "filed_by": person.name,
            },
            filing.places,
        )
        _note(tx, reference, State.FILED, person)
        tell(
            tx,
            organisation_code=None,
            kind=Told.FEED_EXCUSE_DECIDED,
            subject=f"excuse/{reference}",
            data={"state": State.FILED, "kind": filing.kind},
        )
        # From here the excuse stands; a crash before it leaves none.
    return reference


def list_excuses(
    db: Database,
    asker: Asker,
    *,
    source_id: int | None = None,
    venue_id: int | None = None,
    span: tuple[datetime | None, datetime | None] = (None, None),
) -> list[Excuse]:
    """Give the excuses that a reader may see, those that wait first, the latest first."""
    with db.transaction(asker.role, organisation_id=asker.organisation_id) as tx:
        return store.list_excuses(
            tx, source_id=source_id, venue_id=venue_id, span=span, limit=EXCUSES_SHOWN_MAX
        )


def read(
    db: Database, reference: str, askers: Iterable[Asker]
) -> tuple[Asker, Excuse, list[Place]]:
    """Give one excuse as the first of these may see it; `NotFound` when none may."""
    for asker in dict.fromkeys(askers):
        with db.transaction(asker.role, organisation_id=asker.organisation_id) as tx:
            found = store.list_excuses(tx, reference=reference, limit=1)
            if found:
                places = store.list_places(tx, reference, limit=EXCUSE_PLACES_MAX)
                return asker, found[0], places
    raise NotFound("there is no such excuse for you", code="excuse_not_found")


def read_evidence(db: Database, excuse: Excuse, asker: Asker) -> Evidence:
    """Give the document of an excuse to the state and to whoever filed it."""
    if asker.is_state or asker.organisation_id == excuse.organisation_id:
        with db.transaction(Role.OFFICE) as tx:
            found = store.read_evidence(tx, excuse.reference)
            if found is not None:
                return found
    raise NotFound("there is no such document for you", code="evidence_not_found")


def party_of(excuse: Excuse, asker: Asker) -> Party | None:
    """Say what a reader is to an excuse: who decides, who filed it, or neither."""
    if asker.is_state:
        return Party.MINISTRY
    return Party.FILER if asker.organisation_id == excuse.organisation_id else None


def take_step(
    db: Database,
    excuse: Excuse,
    *,
    to: State,
    by: Party,
    person: Person,
    words: str,
    at: datetime,
) -> None:
    """
    Accept, decline or withdraw; `excuse` was read as whoever may see it.

    Raises `Refused` with the obstacle's name when the step cannot be taken.
    """
    with db.transaction(Role.OFFICE) as tx:
        # Lock first, then look: whoever comes second finds what the first has written.
        locked = store.lock(tx, excuse.reference)
        excuse_no, state = locked or (0, State.WITHDRAWN)
        stops = obstacle(state, to=to, by=by, words=words)
        if stops is not None:
            detail = f"{excuse.reference} cannot become {to.value} now"
            raise Refused(detail, code=stops.value)
        store.decide(tx, excuse_no, to, at=at, actor=person.name, words=words)
        _note(tx, excuse.reference, to, person)
        _tell(tx, excuse, to)
        # From here it is decided: the next look at the rules leaves its span out, or not.


def _tell(tx: Connection[Any], excuse: Excuse, to: State) -> None:
    """Tell everybody whom an excuse concerns what became of it."""
    for code in store.list_parties(tx, excuse.reference):
        tell(
            tx,
            organisation_code=code,
            kind=Told.FEED_EXCUSE_DECIDED,
            subject=f"excuse/{excuse.reference}",
            data={"state": to, "kind": excuse.kind},
        )


def _note(tx: Connection[Any], reference: str, state: State, person: Person) -> None:
    audit.note(
        tx,
        actor=person.name,
        action=f"excuse_{state.value}",
        subject=f"excuse/{reference}",
        person=person,
    )
