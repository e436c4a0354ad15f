"""Sign-ins: begun, found again by their cookie, ended; and how often it may be tried."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from ekino.access.model.people import Grant, Person
from ekino.access.model.permissions import RoleName
from ekino.access.model.ways import Way, name_agent
from ekino.access.service.audit import note
from ekino.access.store import people as people_store
from ekino.access.store import sign_in as store
from ekino.access.store.sign_in import Link, OwnSignIn
from ekino.db.database import Database, Role
from ekino.kernel.errors import Quota, TooOften

__all__ = ["Link", "OwnSignIn"]

# A working day, with the evening that a premiere adds to it.
SIGN_IN_GOOD_S = 12 * 3_600
# Nobody has moved: whoever passes by the desk finds nobody signed in.
SIGN_IN_IDLE_S = 2 * 3_600
# How stale the last sight may be: one write a minute and sign-in, not one a page.
SIGN_IN_SEEN_EVERY_S = 60
# The time to type a code, choose a passkey or sign in at the provider.
STEP_GOOD_S = 600
# Attempts within one window for one e-mail address, whether it is somebody's or not. A code has
# a million values and three of them are good: ten tries a quarter of an hour guess one in a year.
ATTEMPTS_OF_PERSON_MAX = 10
# For one network address, behind which a whole ministry may sit.
ATTEMPTS_OF_ADDRESS_MAX = 60
ATTEMPTS_WINDOW_S = 900
# As programs are told of both, so that nobody learns which of them was reached.
ATTEMPTS = Quota("sign-in", ATTEMPTS_OF_PERSON_MAX, ATTEMPTS_WINDOW_S)
# Wrong codes for one password that was right; then the password is asked for again.
CODE_TRIES_MAX = 5
# 256 bits, which nobody guesses.
SECRET_BYTES = 32
# No cookie of ours is longer: nothing longer is hashed or looked up.
SECRET_CHARACTERS_MAX = 64


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where a request comes from: its network address, and its browser's own words."""

    address: str = ""
    agent: str = ""


def digest_of(secret: str) -> bytes:
    """Give what the database keeps of a secret."""
    return hashlib.sha256(secret.encode()).digest()


def new_secret() -> str:
    """Make a secret for a cookie or a link."""
    return secrets.token_urlsafe(SECRET_BYTES)


def form_token_of(cookie: str) -> str:
    """Give what a form of this cookie's holder carries, which no other site can know."""
    return hmac.new(cookie.encode(), b"ekino-form", hashlib.sha256).hexdigest()


def begin(
    tx: Connection[Any], person_id: int, *, way: Way, visitor: Visitor, at: datetime
) -> str:
    """Begin a sign-in with a cookie that did not exist before, and give the cookie."""
    cookie = new_secret()
    ends_at = at + timedelta(seconds=SIGN_IN_GOOD_S)
    store.insert_sign_in(
        tx,
        {
            "secret_sha256": digest_of(cookie),
            "person_id": person_id,
            "way": way.value,
            "agent": name_agent(visitor.agent),
            "at": at,
            "ends_at": ends_at,
        },
    )
    store.sweep(tx, at=at, before=at - timedelta(seconds=ATTEMPTS_WINDOW_S))
    note_own(tx, person_id, "signed_in", {"way": way.value})
    return cookie


def resume(db: Database, cookie: str, *, at: datetime) -> Person | None:
    """
    Give the person whose cookie this is; None when the sign-in is over, or they are blocked.

    One question to the database, and one write a minute.
    """
    if not 0 < len(cookie) <= SECRET_CHARACTERS_MAX or not cookie.isascii():
        return None
    with db.transaction(Role.OFFICE) as tx:
        found = store.find_sign_in(
            tx,
            digest_of(cookie),
            at=at,
            idle_since=at - timedelta(seconds=SIGN_IN_IDLE_S),
        )
        if found is None:
            return None
        if at - found.seen_at >= timedelta(seconds=SIGN_IN_SEEN_EVERY_S):
            store.see_sign_in(tx, found.sign_in_id, at)
        grants = tuple(
            Grant(RoleName(each.role), each.organisation_id, each.organisation)
            for each in people_store.list_grants(tx, [found.person_id])
        )
    return Person(
        person_id=found.person_id,
        name=found.name,
        grants=grants,
        form_token=form_token_of(cookie),
        sign_in_id=found.sign_in_id,
    )


def end(db: Database, person: Person, *, at: datetime) -> None:
    """Sign out: this sign-in is over, whoever holds its cookie."""
    with db.transaction(Role.OFFICE) as tx:
        store.end_sign_ins(tx, person.person_id, at=at, only=person.sign_in_id)
        note(
            tx,
            actor=person.name,
            action="signed_out",
            subject=f"person/{person.person_id}",
            person=person,
        )


def end_others(db: Database, person: Person, *, at: datetime) -> int:
    """End every other sign-in of this person and say how many those were."""
    with db.transaction(Role.OFFICE) as tx:
        count = store.end_sign_ins(tx, person.person_id, at=at, but=person.sign_in_id)
        note(
            tx,
            actor=person.name,
            action="other_sign_ins_ended",
            subject=f"person/{person.person_id}",
            person=person,
            detail={"sign_ins": count},
        )
    return count


def list_own(db: Database, person: Person, *, at: datetime) -> Sequence[OwnSignIn]:
    """Give a person's sign-ins that live, the latest first."""
    with db.transaction(Role.OFFICE) as tx:
        return store.list_sign_ins(
            tx,
            person.person_id,
            at=at,
            idle_since=at - timedelta(seconds=SIGN_IN_IDLE_S),
        )


def count_living(db: Database, *, at: datetime) -> int:
    """Say how many sign-ins live."""
    with db.transaction(Role.OFFICE) as tx:
        return store.count_sign_ins(
            tx, at=at, idle_since=at - timedelta(seconds=SIGN_IN_IDLE_S)
        )


# ---- links ------------------------------------------------------------------------------------


def find_link(db: Database, secret: str, *, at: datetime) -> Link | None:
    """Give whom a link is for, without using it up; None when it is used, unknown or too old."""
    if len(secret) > SECRET_CHARACTERS_MAX:
        return None
    with db.transaction(Role.OFFICE) as tx:
        return store.find_link(tx, digest_of(secret), at)


def enter_by_link(
    db: Database, secret: str, *, visitor: Visitor, at: datetime
) -> str | None:
    """Change a link that signs in for a cookie; None when it is used, unknown or too old."""
    with db.transaction(Role.OFFICE) as tx:
        found = store.find_link(tx, digest_of(secret), at)
        if found is None or found.kind != "sign_in":
            return None
        if store.take_link(tx, digest_of(secret), at) is None:
            return None
        # From the commit on the link is used up; a crash before it leaves it good.
        return begin(tx, found.person_id, way=Way.LINK, visitor=visitor, at=at)


# ---- limits -----------------------------------------------------------------------------------


def count_attempts(db: Database, email_folded: str, address: str, *, at: datetime) -> None:
    """
    Count an attempt for an e-mail address and a network address, before it is judged.

    Counted first and in a transaction of its own, so that a thousand at once are a thousand.
    Raises `TooOften` for one past either limit; whose address it is makes no difference.
    """
    over: list[datetime] = []
    with db.transaction(Role.OFFICE) as tx:
        for subject, most in _subjects(email_folded, address):
            before = at - timedelta(seconds=ATTEMPTS_WINDOW_S)
            count, began_at = store.count_attempt(tx, subject, at=at, before=before)
            if count > most:
                over.append(began_at)
                # Whoever is past the limit of an address cannot spend other people's attempts.
                break
    if over:
        ends_at = max(over) + timedelta(seconds=ATTEMPTS_WINDOW_S)
        wait_s = max(1, int((ends_at - at).total_seconds()) + 1)
        detail = f"too many attempts to sign in; try again in {wait_s} s"
        raise TooOften(
            detail, retry_after_s=wait_s, quota=ATTEMPTS, code="too_many_attempts"
        )


def forget_attempts(tx: Connection[Any], email_folded: str, address: str) -> None:
    """Forget a person's attempts, and one of the address: this one was right."""
    # In the order in which they are counted, so that nobody waits both ways.
    if address:
        store.forgive_attempt(tx, _subject("address", address))
    if email_folded:
        store.clear_attempts(tx, _subject("person", email_folded))


def _subjects(email_folded: str, address: str) -> list[tuple[bytes, int]]:
    # Always in this order, so that two attempts never wait for each other both ways.
    subjects = []
    if address:
        subjects.append((_subject("address", address), ATTEMPTS_OF_ADDRESS_MAX))
    if email_folded:
        subjects.append((_subject("person", email_folded), ATTEMPTS_OF_PERSON_MAX))
    return subjects


def _subject(kind: str, text: str) -> bytes:
    return hashlib.sha256(f"{kind}\n{text}".encode()).digest()


def note_own(
    tx: Connection[Any],
    person_id: int,
    action: str,
    detail: dict[str, object] | None = None,
) -> None:
    """Write down what a person did who is not signed in yet."""
    rows = people_store.find_people(tx, limit=1, person_id=person_id)
    name = rows[0].name if rows else "nobody"
    person = Person(person_id=person_id, name=name, grants=(), form_token="")
    note(
        tx,
        actor=name,
        action=action,
        subject=f"person/{person_id}" if rows else "sign-in",
        person=person if rows else None,
        detail=detail,
    )
