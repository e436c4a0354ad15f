"""People and what they were granted: added, blocked, invited, by an operator."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from ekino.access.model.people import Grant, Person
from ekino.access.model.permissions import OF_ORGANISATIONS, RoleName
from ekino.access.model.ways import (
    NAME_CHARACTERS_MAX,
    Obstacle,
    email_obstacle,
    fold_email,
)
from ekino.access.service.audit import note
from ekino.access.service.sign_in import digest_of
from ekino.access.store import people as store
from ekino.access.store import sign_in as sign_ins
from ekino.access.store.people import Organisation, PersonRow
from ekino.db.database import Database, Role
from ekino.kernel.errors import NotFound, Problem, Refused

__all__ = ["Organisation", "PersonRow"]

# People of a national register: some of the state, a few of each of a hundred organisations.
PEOPLE_MAX = 5_000
# Organisations offered in a list: a country's cinemas, distributors, studios and vendors.
ORGANISATIONS_MAX = 5_000
# Long enough for a letter to be read after a week off.
INVITATION_GOOD_S = 14 * 86_400
# Long enough to carry a link from one window to the next.
SIGN_IN_LINK_GOOD_S = 600
GOOD_S = {"invitation": INVITATION_GOOD_S, "sign_in": SIGN_IN_LINK_GOOD_S}


@dataclass(frozen=True, slots=True)
class Listed:
    """A person as the operator sees them, with their grants."""

    row: PersonRow
    grants: tuple[Grant, ...]

    @property
    def has_way(self) -> bool:
        """Whether they can sign in by themselves."""
        mine = self.row
        is_whole = mine.has_password and mine.has_totp
        return bool(is_whole or mine.passkeys or mine.outside_identities)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who grants: a person who is signed in, or a key or command by its name."""

    name: str
    person: Person | None = None


def add_person(
    db: Database,
    *,
    name: str,
    email: str,
    language: str,
    grants: Sequence[tuple[RoleName, int | None]],
    actor: Actor,
) -> int:
    """
    Add a person with their roles and give their number.

    Raises `Refused` under the name of the obstacle that stands in the way.
    """
    name, email = name.strip()[:NAME_CHARACTERS_MAX], email.strip()
    if not name:
        raise _refused(Obstacle.NAME_MISSING, "a person has a name")
    if (stops := email_obstacle(email)) is not None:
        raise _refused(stops, f"{email!r} is no address that mail could reach")
    with db.transaction(Role.OFFICE) as tx:
        person_id = store.insert_person(
            tx, name=name, email=email, email_folded=fold_email(email), language=language
        )
        if person_id is None:
            raise _refused(Obstacle.EMAIL_TAKEN, f"{email} is somebody's already")
        _note(tx, actor, "person_added", person_id)
        for role, organisation_id in grants:
            _grant(tx, person_id, role, organisation_id, actor)
    return person_id


@dataclass(frozen=True, slots=True)
class Wanted:
    """A person as an operator's document names them; roles with codes of organisations."""

    name: str
    email: str
    language: str
    roles: tuple[tuple[RoleName, str | None], ...]


def load_people(
    db: Database, wanted: Sequence[Wanted], *, actor: Actor, at: datetime
) -> list[int]:
    """
    Add people who are not there, and roles they do not hold, all or none; give their numbers.

    The same again changes nothing. Raises `Refused` with every problem.
    """
    problems: list[Problem] = []
    numbers: list[int] = []
    with db.transaction(Role.OFFICE) as tx:
        for index, each in enumerate(wanted):
            try:
                numbers.append(_load(tx, each, actor, at))
            except Refused as error:
                problems.append(
                    Problem(
                        pointer=f"/people/{index}",
                        code=error.code,
                        detail=error.detail,
                        fix="Correct this person; docs/reference/people.md says how.",
                    )
                )
        if problems:
            # Raised inside the transaction, so that nothing of the document stays.
            detail = f"{len(problems)} of the document's people cannot be added"
            raise Refused(detail, problems=problems[:100], code="people_refused")
    return numbers


def _load(tx: Connection[Any], wanted: Wanted, actor: Actor, at: datetime) -> int:
    if (stops := email_obstacle(wanted.email)) is not None:
        raise _refused(stops, f"{wanted.email!r} is no address that mail could reach")
    folded = fold_email(wanted.email)
    person_id = store.insert_person(
        tx,
        name=wanted.name,
        email=wanted.email,
        email_folded=folded,
        language=wanted.language,
    )
    if person_id is None:
        person_id = store.find_people(tx, limit=1, email_folded=folded)[0].person_id
    else:
        _note(tx, actor, "person_added", person_id)
    for role, code in wanted.roles:
        organisation_id = None
        if code is not None:
            found = store.find_organisation(tx, code)
            if found is None:
                raise _unknown_organisation(code)
            organisation_id = found.organisation_id
        if _grant(tx, person_id, role, organisation_id, actor):
            sign_ins.end_sign_ins(tx, person_id, at=at)
    return person_id


def _unknown_organisation(code: str) -> Refused:
    return Refused(f"the catalog has no organisation {code!r}", code="organisation_unknown")


def grant(
    db: Database,
    person_id: int,
    role: RoleName,
    organisation_id: int | None,
    *,
    actor: Actor,
    at: datetime,
) -> None:
    """Grant a role; the same again changes nothing. Ends the person's sign-ins."""
    with db.transaction(Role.OFFICE) as tx:
        _lock(tx, person_id)
        if _grant(tx, person_id, role, organisation_id, actor):
            sign_ins.end_sign_ins(tx, person_id, at=at)


def revoke(
    db: Database,
    person_id: int,
    role: RoleName,
    organisation_id: int | None,
    *,
    actor: Actor,
    at: datetime,
) -> None:
    """Take a role away, and with it every sign-in that had it."""
    with db.transaction(Role.OFFICE) as tx:
        _lock(tx, person_id)
        is_gone = store.delete_grant(
            tx, person_id=person_id, role=role.value, organisation_id=organisation_id
        )
        if is_gone:
            if role is RoleName.OPERATOR:
                _keep_an_operator(tx)
            sign_ins.end_sign_ins(tx, person_id, at=at)
            _note(tx, actor, "role_revoked", person_id, role.value, organisation_id)
    # From here nothing that this role permitted is permitted, on any page already open.


def set_state(
    db: Database, person_id: int, state: str, *, actor: Actor, at: datetime
) -> None:
    """Block a person (`blocked`), which ends every sign-in and link, or let them in again."""
    with db.transaction(Role.OFFICE) as tx:
        _lock(tx, person_id)
        if store.set_state(tx, person_id, state):
            if state == "blocked":
                if any(
                    each.role is RoleName.OPERATOR for each in grants_within(tx, person_id)
                ):
                    _keep_an_operator(tx)
                sign_ins.end_sign_ins(tx, person_id, at=at)
                sign_ins.drop_links(tx, person_id)
            _note(
                tx,
                actor,
                "person_blocked" if state == "blocked" else "person_let_in",
                person_id,
            )


def make_link(
    db: Database, person_id: int, kind: str, *, actor: Actor, at: datetime
) -> str:
    """
    Give a secret that is good once, for GOOD_S[kind]; an older one of the kind is worthless.

    `invitation` lets the person choose how to sign in; `sign_in` signs them in at once.
    """
    secret = secrets.token_urlsafe(32)
    with db.transaction(Role.OFFICE) as tx:
        _lock(tx, person_id)
        found = _find(tx, person_id)
        if found.row.state == "blocked":
            raise Refused(
                "this person is blocked; let them in first", code="person_blocked"
            )
        sign_ins.drop_links(tx, person_id, kind)
        sign_ins.insert_link(
            tx,
            digest_of(secret),
            kind=kind,
            person_id=person_id,
            ends_at=at + timedelta(seconds=GOOD_S[kind]),
        )
        _note(tx, actor, f"{kind}_link_made", person_id)
    return secret


def list_people(db: Database) -> list[Listed]:
    """Give everybody in the order of their names."""
    with db.transaction(Role.OFFICE) as tx:
        rows = store.find_people(tx, limit=PEOPLE_MAX)
        return _with_grants(tx, rows)


def find_person(db: Database, person_id: int) -> Listed:
    """Give a person; `NotFound` when there is none."""
    with db.transaction(Role.OFFICE) as tx:
        return _find(tx, person_id)


def find_by_email(db: Database, email: str) -> Listed:
    """Give the person with this address; `NotFound` when there is none."""
    with db.transaction(Role.OFFICE) as tx:
        rows = store.find_people(tx, limit=1, email_folded=fold_email(email))
        if not rows:
            raise NotFound(f"nobody here has the address {email}", code="person_not_found")
        return _with_grants(tx, rows)[0]


def list_organisations(db: Database) -> list[Organisation]:
    """Give the catalog's organisations by name."""
    with db.transaction(Role.OFFICE) as tx:
        return store.list_organisations(tx, limit=ORGANISATIONS_MAX)


def organisation_id_of(db: Database, code: str) -> int:
    """Give an organisation's number by its code; `Refused` when the catalog has none."""
    with db.transaction(Role.OFFICE) as tx:
        found = store.find_organisation(tx, code)
    if found is None:
        raise _unknown_organisation(code)
    return found.organisation_id


def grants_within(tx: Connection[Any], person_id: int) -> tuple[Grant, ...]:
    """Give a person's grants, as this transaction sees them."""
    return tuple(
        Grant(RoleName(each.role), each.organisation_id, each.organisation)
        for each in store.list_grants(tx, [person_id])
    )


def _grant(
    tx: Connection[Any],
    person_id: int,
    role: RoleName,
    organisation_id: int | None,
    actor: Actor,
) -> bool:
    if (role in OF_ORGANISATIONS) != (organisation_id is not None):
        detail = f"{role} is a role of an organisation, and no other role names one"
        if role not in OF_ORGANISATIONS:
            detail = f"{role} is a role of the state and names no organisation"
        raise _refused(Obstacle.ORGANISATION_MISSING, detail)
    is_new = store.insert_grant(
        tx, person_id=person_id, role=role.value, organisation_id=organisation_id
    )
    if is_new:
        _note(tx, actor, "role_granted", person_id, role.value, organisation_id)
    return is_new


def _keep_an_operator(tx: Connection[Any]) -> None:
    """Refuse what would leave nobody who can let people in."""
    # One at a time: two operators who take the role from each other would both see the other.
    store.lock_operators(tx)
    if store.count_operators(tx) == 0:
        detail = (
            "nobody would be left who can let people in; grant the role elsewhere first"
        )
        raise _refused(Obstacle.LAST_OPERATOR, detail)


def _lock(tx: Connection[Any], person_id: int) -> None:
    # A statement of its own: what follows sees what was committed before the lock.
    if not store.lock_person(tx, person_id):
        raise NotFound(f"there is no person {person_id}", code="person_not_found")


def _find(tx: Connection[Any], person_id: int) -> Listed:
    rows = store.find_people(tx, limit=1, person_id=person_id)
    if not rows:
        raise NotFound(f"there is no person {person_id}", code="person_not_found")
    return _with_grants(tx, rows)[0]


def _with_grants(tx: Connection[Any], rows: Sequence[PersonRow]) -> list[Listed]:
    grants: dict[int, list[Grant]] = {row.person_id: [] for row in rows}
    for each in store.list_grants(tx, list(grants)):
        grants[each.person_id].append(
            Grant(RoleName(each.role), each.organisation_id, each.organisation)
        )
    return [Listed(row, tuple(grants[row.person_id])) for row in rows]


def _note(
    tx: Connection[Any],
    actor: Actor,
    action: str,
    person_id: int,
    role: str = "",
    organisation_id: int | None = None,
) -> None:
    detail: dict[str, object] = {}
    if role:
        detail = {"role": role, "organisation_id": organisation_id}
    note(
        tx,
        actor=actor.name,
        action=action,
        subject=f"person/{person_id}",
        person=actor.person,
        detail=detail,
    )


def _refused(stops: Obstacle, detail: str) -> Refused:
    return Refused(detail, code=stops.value)
