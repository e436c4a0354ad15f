"""Passwords and their codes: Argon2id, and a code of thirty seconds that is good once."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from psycopg import Connection

from ekino.access.model.people import Person
from ekino.access.model.ways import (
    PASSWORD_CHARACTERS_MAX,
    Obstacle,
    Way,
    fold_email,
    matching_step,
    password_obstacle,
    spell_password,
)
from ekino.access.service.audit import note
from ekino.access.service.sign_in import (
    CODE_TRIES_MAX,
    STEP_GOOD_S,
    Visitor,
    begin,
    count_attempts,
    digest_of,
    forget_attempts,
    new_secret,
    note_own,
)
from ekino.access.store import people as people_store
from ekino.access.store import sign_in as steps
from ekino.access.store import ways as store
from ekino.db.database import Database, Role
from ekino.kernel.errors import Pushback

# Memory-hungry on purpose, so a burst of sign-ins must not take the whole machine: at most so
# many at once in a process; the others wait their turn.
HASHES_AT_ONCE_MAX = 4
# How long one waits for its turn before it is told to come back.
HASH_WAIT_S = 10
# RFC 9106, §4, the second recommended choice: 64 MiB, three passes, four lanes.
_HASHER = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4)
_TURNS = threading.BoundedSemaphore(HASHES_AT_ONCE_MAX)
# What an unknown address is weighed against, so that its answer takes as long as a known one's.
_NOBODY = _HASHER.hash(new_secret())


class Sealing(Protocol):
    """Seals a text and opens it again."""

    def seal(self, text: str) -> bytes:
        """Seal a text."""

    def unseal(self, sealed: bytes) -> str:
        """Open a sealed text."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What a right password gives: the cookie of the step that awaits a code."""

    step: str


def hash_password(password: str) -> str:
    """Hash a password; at most HASHES_AT_ONCE_MAX at once."""
    with _Turn():
        return _HASHER.hash(spell_password(password))


def is_password(hashed: str, password: str) -> bool:
    """Say whether this is the password of a hash; takes as long either way."""
    spelt = spell_password(password[: 2 * PASSWORD_CHARACTERS_MAX])
    with _Turn():
        try:
            return _HASHER.verify(hashed, spelt)
        except (VerificationError, InvalidHashError):
            return False


def give_password(
    db: Database, email: str, password: str, *, visitor: Visitor, at: datetime
) -> Begun | None:
    """
    Take the first step of signing in; None when address and password are not of one person.

    An unknown address, one without a password, a blocked person's and a wrong password are
    answered alike and after the same work. Raises `TooOften`.
    """
    folded = fold_email(email)
    count_attempts(db, folded, visitor.address, at=at)
    with db.transaction(Role.OFFICE) as tx:
        found = store.find_password(tx, folded)
    # No transaction is open while the hash is worked out.
    is_right = is_password(_NOBODY if found is None else found[1], password)
    if found is None or not is_right:
        _note_failed(db, found, "password")
        return None
    step = new_secret()
    with db.transaction(Role.OFFICE) as tx:
        steps.put_step(
            tx,
            digest_of(step),
            kind="code",
            person_id=found[0],
            holds={"email": folded},
            ends_at=at + timedelta(seconds=STEP_GOOD_S),
        )
    return Begun(step)


def give_code(
    db: Database,
    step: str,
    code: str,
    *,
    seal: Sealing,
    visitor: Visitor,
    at: datetime,
) -> str | Obstacle:
    """
    Take the second step: give the sign-in's cookie, or what stands in the way.

    A code is used up by being right. After CODE_TRIES_MAX wrong ones the step is over
    (FORM_TOO_OLD), and the password is asked for again. Raises `TooOften`.
    """
    with db.transaction(Role.OFFICE) as tx:
        awaited = steps.try_step(tx, digest_of(step), kind="code", at=at)
    if awaited is None or awaited.person_id is None:
        return Obstacle.FORM_TOO_OLD
    if awaited.tries > CODE_TRIES_MAX:
        with db.transaction(Role.OFFICE) as tx:
            steps.drop_step(tx, digest_of(step))
        return Obstacle.FORM_TOO_OLD
    email = str(awaited.holds["email"])
    count_attempts(db, email, visitor.address, at=at)
    with db.transaction(Role.OFFICE) as tx:
        if not _use_code(tx, awaited.person_id, code, seal=seal, at=at):
            note_own(tx, awaited.person_id, "sign_in_failed", {"step": "code"})
            return Obstacle.CODE_WRONG
        steps.drop_step(tx, digest_of(step))
        forget_attempts(tx, email, visitor.address)
        # From the commit on the code is used up and the sign-in begun.
        return begin(tx, awaited.person_id, way=Way.PASSWORD, visitor=visitor, at=at)


def is_code_awaited(db: Database, step: str, *, at: datetime) -> bool:
    """Say whether a step's cookie waits for a code."""
    with db.transaction(Role.OFFICE) as tx:
        return steps.find_step(tx, digest_of(step), kind="code", at=at) is not None


def change_password(
    db: Database,
    person: Person,
    *,
    old: str,
    new: str,
    again: str,
    at: datetime,
) -> Obstacle | None:
    """Change a password, which ends every other sign-in; gives what stands in the way."""
    with db.transaction(Role.OFFICE) as tx:
        rows = people_store.find_people(tx, limit=1, person_id=person.person_id)
        hashed = store.find_hash(tx, person.person_id)
    folded = fold_email(rows[0].email)
    count_attempts(db, folded, "", at=at)
    if not is_password(hashed or _NOBODY, old) or hashed is None:
        return Obstacle.PASSWORD_WRONG
    stops = password_obstacle(new, email=folded, again=again)
    if stops is not None:
        return stops
    fresh = hash_password(new)
    with db.transaction(Role.OFFICE) as tx:
        store.put_password(tx, person.person_id, fresh, at)
        steps.end_sign_ins(tx, person.person_id, at=at, but=person.sign_in_id)
        forget_attempts(tx, folded, "")
        note(
            tx,
            actor=person.name,
            action="password_changed",
            subject=f"person/{person.person_id}",
            person=person,
        )
    return None


def otpauth(secret: str, email: str) -> str:
    """Give the address that an authenticator reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name="e-Kino")


def _use_code(
    tx: Connection[Any], person_id: int, code: str, *, seal: Sealing, at: datetime
) -> bool:
    held = store.find_totp(tx, person_id)
    if held is None:
        return False
    owner, _, secret = seal.unseal(held.sealed).partition(":")
    # A row moved to another person's name opens for nobody.
    if owner != str(person_id):
        return False
    step = matching_step(secret, code, at=at, after=held.last_step)
    # The row decides: of two who give one code at once, one is late.
    return step is not None and store.use_totp_step(tx, person_id, step)


def _note_failed(db: Database, found: tuple[int, str] | None, step: str) -> None:
    """Write down a failed attempt, by the same statements whether or not the address is known."""
    with db.transaction(Role.OFFICE) as tx:
        # Whose address was tried in vain is not written: it may be somebody's password.
        note_own(tx, 0 if found is None else found[0], "sign_in_failed", {"step": step})


class _Turn:
    """One of the few hashes at once."""

    def __enter__(self) -> None:
        if not _TURNS.acquire(timeout=HASH_WAIT_S):
            detail = "too many people are signing in just now"
            raise Pushback(detail, retry_after_s=2, code="hashing_busy")

    def __exit__(self, *_: object) -> None:
        _TURNS.release()
