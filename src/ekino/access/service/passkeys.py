"""Passkeys: a challenge is given, an authenticator signs it, and its counter never goes back."""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import webauthn
from psycopg import Connection
from webauthn.helpers import (
    bytes_to_base64url,
    generate_challenge,
    parse_authentication_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from ekino.access.model.people import Person
from ekino.access.model.ways import Obstacle, Way
from ekino.access.service.audit import note
from ekino.access.service.sign_in import (
    STEP_GOOD_S,
    Visitor,
    begin,
    count_attempts,
    digest_of,
    forget_attempts,
    note_own,
)
from ekino.access.store import people as people_store
from ekino.access.store import sign_in as steps
from ekino.access.store import ways as store
from ekino.access.store.ways import Passkey
from ekino.db.database import Database, Role

__all__ = ["Passkey"]

# A person's authenticators: a phone, a laptop, a key in a safe, and spares.
PASSKEYS_MAX = 10
# "The laptop at work", in any of the languages.
PASSKEY_NAME_CHARACTERS_MAX = 60
# What the library raises for a document that is no credential: its own errors, and Python's
# where it does not look before it reads.
_NOT_ACCEPTED = (
    WebAuthnException,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Party:
    """Who we are to an authenticator: it signs for one host, at one origin."""

    # Scheme, host and port, as the browser names the page.
    origin: str

    @property
    def host(self) -> str:
        """The host that a passkey belongs to (the RP ID)."""
        return urlsplit(self.origin).hostname or ""

    @property
    def may_have_passkeys(self) -> bool:
        """Whether browsers let this host have passkeys: a name, over https or on this machine."""
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return self.origin.startswith("https://") or self.host == "localhost"
        return False


def offer(db: Database, step: str, party: Party, *, at: datetime) -> str:
    """Give, as JSON for the browser, a challenge that any passkey of ours may sign."""
    challenge = generate_challenge()
    options = webauthn.generate_authentication_options(
        rp_id=party.host,
        challenge=challenge,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    with db.transaction(Role.OFFICE) as tx:
        _await(tx, step, "passkey", None, challenge, at)
    return webauthn.options_to_json(options)


def enter(
    db: Database,
    step: str,
    credential: str,
    party: Party,
    *,
    visitor: Visitor,
    at: datetime,
) -> str | Obstacle:
    """
    Sign in with what an authenticator signed: gives the cookie, or PASSKEY_WRONG.

    A challenge is good once, whatever comes of it. The person's finger or PIN was asked for,
    so a passkey alone is both steps. Raises `TooOften`.
    """
    count_attempts(db, "", visitor.address, at=at)
    challenge = _take_challenge(db, step, "passkey", at)
    if challenge is None:
        return Obstacle.FORM_TOO_OLD
    with db.transaction(Role.OFFICE) as tx:
        held = _find(tx, credential)
        if held is None:
            return Obstacle.PASSKEY_WRONG
        try:
            verified = webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=party.host,
                expected_origin=party.origin,
                credential_public_key=bytes(held.public_key),
                credential_current_sign_count=held.sign_count,
                require_user_verification=True,
            )
        except _NOT_ACCEPTED as error:
            # A counter that went back is a copy of the authenticator: somebody should look.
            note_own(
                tx, held.person_id, "sign_in_failed", {"step": "passkey", "why": str(error)}
            )
            return Obstacle.PASSKEY_WRONG
        store.use_passkey(tx, held.passkey_id, sign_count=verified.new_sign_count, at=at)
        forget_attempts(tx, "", visitor.address)
        # From the commit on the counter has moved and the sign-in begun.
        return begin(tx, held.person_id, way=Way.PASSKEY, visitor=visitor, at=at)


def offer_new(
    db: Database, step: str, person_id: int, party: Party, *, at: datetime
) -> str:
    """Give, as JSON for the browser, what it needs to make a passkey for a person."""
    challenge = generate_challenge()
    with db.transaction(Role.OFFICE) as tx:
        person = people_store.find_people(tx, limit=1, person_id=person_id)[0]
        held = store.list_passkeys(tx, person_id)
        _await(tx, step, "new_passkey", person_id, challenge, at)
    options = webauthn.generate_registration_options(
        rp_id=party.host,
        rp_name="e-Kino",
        user_id=str(person_id).encode(),
        user_name=person.email,
        user_display_name=person.name,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=bytes(each.credential)) for each in held
        ],
    )
    return webauthn.options_to_json(options)


def add(
    db: Database,
    step: str,
    person_id: int,
    credential: str,
    party: Party,
    *,
    name: str,
    at: datetime,
) -> Obstacle | None:
    """Add the passkey that a browser made for `offer_new`'s challenge."""
    challenge = _take_challenge(db, step, "new_passkey", at, person_id)
    if challenge is None:
        return Obstacle.FORM_TOO_OLD
    with db.transaction(Role.OFFICE) as tx:
        return add_within(tx, person_id, challenge, credential, party, name=name, at=at)


def add_within(
    tx: Connection[Any],
    person_id: int,
    challenge: bytes,
    credential: str,
    party: Party,
    *,
    name: str,
    at: datetime,
) -> Obstacle | None:
    """Add a passkey in a transaction that does more."""
    try:
        verified = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.host,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except _NOT_ACCEPTED:
        return Obstacle.PASSKEY_WRONG
    is_full = len(store.list_passkeys(tx, person_id)) >= PASSKEYS_MAX
    if is_full or not store.insert_passkey(
        tx,
        person_id,
        credential=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        name=name.strip()[:PASSKEY_NAME_CHARACTERS_MAX] or "–",
        at=at,
    ):
        return Obstacle.PASSKEY_WRONG
    note_own(tx, person_id, "passkey_added")
    return None


def remove(db: Database, person: Person, passkey_id: int) -> Obstacle | None:
    """Take one of a person's passkeys away; LAST_WAY when they could not sign in any more."""
    with db.transaction(Role.OFFICE) as tx:
        people_store.lock_person(tx, person.person_id)
        mine = people_store.find_people(tx, limit=1, person_id=person.person_id)[0]
        is_whole = mine.has_password and mine.has_totp
        if not is_whole and mine.passkeys <= 1 and not mine.outside_identities:
            return Obstacle.LAST_WAY
        name = store.delete_passkey(tx, person.person_id, passkey_id)
        if name is not None:
            note(
                tx,
                actor=person.name,
                action="passkey_removed",
                subject=f"person/{person.person_id}",
                person=person,
                detail={"name": name},
            )
    return None


def list_own(db: Database, person: Person) -> list[Passkey]:
    """Give a person's passkeys."""
    with db.transaction(Role.OFFICE) as tx:
        return store.list_passkeys(tx, person.person_id)


def take_challenge(
    tx: Connection[Any], step: str, kind: str, at: datetime, person_id: int | None = None
) -> bytes | None:
    """Use a challenge up; None when none is awaited, or it was another person's."""
    awaited = steps.try_step(tx, digest_of(step), kind=kind, at=at)
    if awaited is None:
        return None
    steps.drop_step(tx, digest_of(step))
    if awaited.person_id != person_id:
        return None
    return bytes.fromhex(str(awaited.holds["challenge"]))


def _take_challenge(
    db: Database, step: str, kind: str, at: datetime, person_id: int | None = None
) -> bytes | None:
    # A transaction of its own: a challenge that was answered wrongly is used up all the same.
    with db.transaction(Role.OFFICE) as tx:
        return take_challenge(tx, step, kind, at, person_id)


def _await(
    tx: Connection[Any],
    step: str,
    kind: str,
    person_id: int | None,
    challenge: bytes,
    at: datetime,
) -> None:
    steps.put_step(
        tx,
        digest_of(step),
        kind=kind,
        person_id=person_id,
        holds={"challenge": challenge.hex()},
        ends_at=at + timedelta(seconds=STEP_GOOD_S),
    )


def _find(tx: Connection[Any], credential: str) -> store.PasskeyRow | None:
    try:
        read = parse_authentication_credential_json(credential)
    except _NOT_ACCEPTED:
        return None
    if bytes_to_base64url(read.raw_id) != read.id:
        return None
    return store.find_passkey(tx, read.raw_id)
