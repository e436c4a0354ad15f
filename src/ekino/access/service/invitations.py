"""Invitations: a person who was added chooses how to sign in."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from ekino.access.model.ways import Obstacle, Way, matching_step, password_obstacle
from ekino.access.service.passkeys import Party, add_within, take_challenge
from ekino.access.service.passwords import Sealing, hash_password
from ekino.access.service.sign_in import Visitor, begin, digest_of, note_own
from ekino.access.store import sign_in as store
from ekino.access.store import ways
from ekino.db.database import Database, Role

# RFC 4226, §4, R6: the secret of codes has 160 bits.
TOTP_SECRET_BYTES = 20


def secret_for(key: bytes, purpose: str) -> str:
    """
    Give the secret of codes that belongs to one enrolment, in base32.

    Worked out, not stored: the page can be shown again with the same picture, and nothing is
    kept of an enrolment that nobody finishes. Whoever lacks `key` cannot work it out.
    """
    made = hmac.new(key, b"ekino-totp\n" + purpose.encode(), hashlib.sha256).digest()
    return base64.b32encode(made[:TOTP_SECRET_BYTES]).decode()


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody who was invited typed, and the secret of codes that was shown to them."""

    password: str
    again: str
    code: str
    totp_secret: str


def accept_with_password(
    db: Database,
    secret: str,
    choice: Choice,
    *,
    seal: Sealing,
    visitor: Visitor,
    at: datetime,
) -> str | Obstacle:
    """
    Choose a password with codes, and be signed in: gives the cookie, or what stands in the way.

    The link is used up only when everything is right. FORM_TOO_OLD: it is used, unknown or
    too old.
    """
    with db.transaction(Role.OFFICE) as tx:
        # Taken first: of two who hold the link, one waits here and then finds it gone. What
        # stands in the way below takes the link back with everything else.
        found = store.take_link(tx, digest_of(secret), at)
        if found is None or found.kind != "invitation":
            tx.rollback()
            return Obstacle.FORM_TOO_OLD
        stops = password_obstacle(choice.password, email=found.email, again=choice.again)
        stops = stops or enrol(tx, found.person_id, choice, seal=seal, at=at)
        if stops is not None:
            tx.rollback()
            return stops
        store.end_sign_ins(tx, found.person_id, at=at)
        # From the commit on the password holds and the link is used up.
        return begin(tx, found.person_id, way=Way.PASSWORD, visitor=visitor, at=at)


def accept_with_passkey(
    db: Database,
    secret: str,
    step: str,
    credential: str,
    party: Party,
    *,
    visitor: Visitor,
    at: datetime,
) -> str | Obstacle:
    """Choose a passkey, and be signed in: gives the cookie, or what stands in the way."""
    with db.transaction(Role.OFFICE) as tx:
        found = store.take_link(tx, digest_of(secret), at)
        if found is None or found.kind != "invitation":
            tx.rollback()
            return Obstacle.FORM_TOO_OLD
        challenge = take_challenge(tx, step, "new_passkey", at, found.person_id)
        stops = (
            Obstacle.FORM_TOO_OLD
            if challenge is None
            else add_within(
                tx, found.person_id, challenge, credential, party, name="", at=at
            )
        )
        if stops is not None:
            tx.rollback()
            return stops
        store.end_sign_ins(tx, found.person_id, at=at)
        # From the commit on the passkey holds and the link is used up.
        return begin(tx, found.person_id, way=Way.PASSKEY, visitor=visitor, at=at)


def enrol(
    tx: Connection[Any], person_id: int, choice: Choice, *, seal: Sealing, at: datetime
) -> Obstacle | None:
    """Set a password with the secret of its codes, once a code of it was given."""
    step = matching_step(choice.totp_secret, choice.code, at=at, after=0)
    if step is None:
        return Obstacle.CODE_WRONG
    ways.put_password(tx, person_id, hash_password(choice.password), at)
    sealed = seal.seal(f"{person_id}:{choice.totp_secret}")
    ways.put_totp(tx, person_id, sealed, last_step=step, at=at)
    note_own(tx, person_id, "password_set")
    return None
