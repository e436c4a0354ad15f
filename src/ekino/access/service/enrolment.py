"""How a source's keys come and go without an operator: codes that are good once, and rotation."""

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError
from psycopg import Connection

from ekino.access.service.keys import (
    KEY_BEGINS_BEFORE,
    KEY_DAYS_MAX,
    add_key,
    find_key_within,
    verify_alive,
)
from ekino.access.service.public_keys import read_public_key
from ekino.access.signature import (
    CREATED_AHEAD_MAX_S,
    CREATED_BEFORE_MAX_S,
    SignedRequest,
)
from ekino.access.store import Key
from ekino.access.store import enrolment as store
from ekino.access.store import keys as key_store
from ekino.access.store.audit import insert_audit
from ekino.access.store.enrolment import OwnSource, Source
from ekino.db.database import Database, Role
from ekino.kernel.errors import NotAllowed, NotAuthenticated, Pushback, Refused
from ekino.kernel.identifiers import new_reference

__all__ = ["Enrolled", "OwnSource", "Source", "enrol", "make_code", "rotate"]

# A code is read off a page and typed at a till; nobody needs longer.
CODE_GOOD_S = 600
# Codes of one source that are good at once: a chain's tills are enrolled one after another.
CODES_MAX = 20
# Both keys are taken for so long unless the vendor asks for less, or for more up to the most.
OVERLAP_S = 604_800
OVERLAP_MAX_S = 2_592_000
_WAIT_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """A key as its holder is told of it."""

    key_id: str
    # live, or test
    environment: str
    source: Source
    valid_until: datetime
    # (venue, hall), by the codes of the catalog
    halls: tuple[tuple[str, str], ...]
    # The key whose place it took, and when that ends.
    replaces: str | None = None
    overlap_until: datetime | None = None


# Says in the same transaction, to whom it concerns, that a key was let in or took another's place.
Tell = Callable[[Connection[Any], Enrolled], None]


def _tell_nobody(_tx: Connection[Any], _enrolled: Enrolled) -> None:
    """Tell nobody: whoever registers a key at the register itself knows of it."""


def possession_text(key_id: str, public_key: str) -> bytes:
    """Give what a new key signs to show that somebody holds it."""
    return f"ekino-key-v1\n{key_id}\n{public_key}\n".encode()


def make_code(db: Database, source_code: str, *, actor: str, at: datetime) -> str:
    """
    Give a code that lets one key of a source in, within CODE_GOOD_S.

    The caller has asked whether the actor may. Raises `Refused` for a source that is not there
    and `Pushback` when CODES_MAX codes wait already.
    """
    code = new_reference()
    with db.transaction(Role.OFFICE) as tx:
        source = store.find_source(tx, source_code)
        if source is None:
            detail = f"no source {source_code!r} is registered"
            raise Refused(detail, code="source_unknown")
        if store.count_enrolments(tx, source.source_id, at) >= CODES_MAX:
            detail = f"{CODES_MAX} codes of {source_code!r} wait to be used"
            raise Pushback(detail, retry_after_s=_WAIT_S, code="too_many_codes")
        store.forget_enrolments(tx, at - timedelta(days=1))
        store.insert_enrolment(
            tx,
            code_sha256=_hash(code),
            source_id=source.source_id,
            made_by=actor,
            made_at=at,
            ends_at=at + timedelta(seconds=CODE_GOOD_S),
        )
        insert_audit(
            tx, actor=actor, action="enrolment_code_made", subject=source_code, detail={}
        )
    return code


def enrol(
    db: Database,
    *,
    key_id: str,
    public_key: str,
    code: str,
    claim: SignedRequest,
    at: datetime,
    tell: Tell = _tell_nobody,
) -> Enrolled:
    """
    Register the key that signed this very request, by a code.

    The same request again, with the same code, gives the same answer. Raises
    `NotAuthenticated` for a signature that does not fit (signature_wrong,
    created_out_of_window, key_id_differs) and for a code that is unknown, used or over
    (enrolment_code_wrong), and `Refused` for a key that cannot be registered.
    """
    raw = read_public_key(public_key)
    _verify_signed_by(claim, key_id, raw, at)
    hashed = _hash(code.strip().upper())
    with db.transaction(Role.OFFICE) as tx:
        found = store.lock_enrolment(tx, hashed)
        is_again = found is not None and found.key_id == key_id
        if found is None or (not is_again and (found.key_id or found.ends_at <= at)):
            detail = "this code is unknown, used or over: have a new one made"
            raise NotAuthenticated(detail, code="enrolment_code_wrong")
        source = store.find_source_of(tx, found.source_id)
        if source is None or source.state != "active":
            detail = "the code's source is suspended: ask the operator"
            raise NotAuthenticated(detail, code="source_suspended")
        ends = at + timedelta(days=KEY_DAYS_MAX - 1)
        if not is_again:
            add_key(
                tx,
                key_id=key_id,
                public_key=public_key,
                source_id=source.source_id,
                valid_until=ends,
            )
            store.use_enrolment(tx, hashed, key_id)
            insert_audit(
                tx,
                actor=key_id,
                action="key_enrolled",
                subject=source.code,
                detail={"key": key_id},
            )
        key = find_key_within(tx, key_id)
        if key is None or bytes(key.public_key) != raw:
            detail = f"the code has let another key in under the name {key_id!r}"
            raise Refused(detail, code="key_taken")
        told = _told(tx, source, key_id, key.valid_until)
        if not is_again:
            tell(tx, told)
        # From here the key signs; a crash loses the answer, and asking again gives it.
        return told


def rotate(
    db: Database,
    *,
    old_key_id: str,
    key_id: str,
    public_key: str,
    signature: str,
    overlap_s: int,
    at: datetime,
    tell: Tell = _tell_nobody,
) -> Enrolled:
    """
    Let a new key take the place of one that signed the request, both holding for `overlap_s`.

    `signature` is the new key's own over `possession_text`. The same again gives the same
    answer and ends nothing sooner. A key is replaced once (`NotAllowed`, key_replaced): whoever
    has stolen one makes no key of their own of it once its holder has gone on. The new key is
    made for as long as the old one was, and no longer. Raises `NotAuthenticated` for a proof
    that does not fit (possession_not_proven) and for an old key that is not alive, and
    `Refused` for a new one that cannot be registered.
    """
    raw = _verify_possession(key_id, public_key, signature)
    with db.transaction(Role.OFFICE) as tx:
        replaced_by = store.lock_key(tx, old_key_id)
        old = find_key_within(tx, old_key_id)
        if old is None or old.source_id is None:
            detail = "only a source's own key is replaced this way"
            raise NotAllowed(detail, code="source_only")
        verify_alive(old, at)
        source = store.find_source_of(tx, old.source_id)
        if source is None or old_key_id == key_id:
            detail = "a key does not take its own place: give the new one another name"
            raise Refused(detail, code="key_name_malformed")
        if replaced_by not in (None, key_id):
            detail = f"key {replaced_by!r} has taken the place of {old_key_id!r} already"
            raise NotAllowed(detail, code="key_replaced")
        known = find_key_within(tx, key_id)
        overlap_until = old.valid_until
        is_new = known is None
        if known is None:
            until = at + timedelta(seconds=overlap_s)
            overlap_until = _replace(tx, old, source, key_id, public_key, at, until)
            known = find_key_within(tx, key_id)
        if known is None or (bytes(known.public_key), known.source_id) != (
            raw,
            old.source_id,
        ):
            detail = f"key {key_id!r} is taken: another key has this name"
            raise Refused(detail, code="key_taken")
        told = _told(
            tx,
            source,
            key_id,
            known.valid_until,
            replaces=old_key_id,
            overlap_until=overlap_until,
        )
        if is_new:
            tell(tx, told)
        # From here both keys sign, until the old one's overlap is over.
        return told


def list_sources_of(db: Database, organisation_code: str) -> list[OwnSource]:
    """Give the sources that an organisation made or runs."""
    with db.transaction(Role.OFFICE) as tx:
        return store.list_sources_of(tx, organisation_code)


def find_source(db: Database, code: str) -> Source | None:
    """Give a source by its code, or None."""
    with db.transaction(Role.OFFICE) as tx:
        return store.find_source(tx, code)


def move_keys(db: Database, from_source: str, to_source: str, *, actor: str) -> None:
    """Give the living keys of one source to another: from then on they speak for that."""
    with db.transaction(Role.OFFICE) as tx:
        before, after = store.find_source(tx, from_source), store.find_source(tx, to_source)
        if before is None or after is None:
            detail = f"no source {from_source!r} or {to_source!r} is registered"
            raise Refused(detail, code="source_unknown")
        store.move_keys(tx, before.source_id, after.source_id)
        key_store.bump_revision(tx)
        insert_audit(tx, actor=actor, action="keys_moved", subject=to_source, detail={})


def read_environment(db: Database) -> str:
    """Say whether this is the live register ("live") or a test register ("test")."""
    with db.transaction(Role.OFFICE) as tx:
        return store.read_environment(tx)


def make_test(db: Database) -> None:
    """Make an empty database a test register; `Refused` for one that is in use as a live one."""
    with db.transaction(Role.OFFICE) as tx:
        if not store.make_test(tx):
            detail = (
                "sources are registered in this database as a live register: give the test "
                "register a database of its own in EKINO_SANDBOX_DATABASE_URL"
            )
            raise Refused(detail, code="register_is_live")


def _verify_possession(key_id: str, public_key: str, signature: str) -> bytes:
    """Give the new key's bytes, once it has shown that somebody holds its other half."""
    raw = read_public_key(public_key)
    try:
        proof = base64.b64decode(signature, validate=True)
        crypto_sign_open(proof + possession_text(key_id, public_key), raw)
    except (BadSignatureError, binascii.Error, ValueError) as error:
        detail = "the new key's signature over ekino-key-v1 does not fit"
        raise NotAuthenticated(detail, code="possession_not_proven") from error
    return raw


def _replace(
    tx: Connection[Any],
    old: Key,
    source: Source,
    key_id: str,
    public_key: str,
    at: datetime,
    until: datetime,
) -> datetime:
    """Register a key in the place of another, which ends at `until`; say when it ends."""
    add_key(
        tx,
        key_id=key_id,
        public_key=public_key,
        source_id=old.source_id,
        kind=old.kind,
        valid_from=at - KEY_BEGINS_BEFORE,
        valid_until=_as_long_as(old, at),
    )
    # A thief who had to come from the holder's network has to go on doing so.
    key_store.copy_networks(tx, key_id, of=old.key_id)
    ends = store.end_key(tx, old.key_id, until, replaced_by=key_id)
    key_store.bump_revision(tx)
    insert_audit(
        tx,
        actor=old.key_id,
        action="key_rotated",
        subject=source.code,
        detail={"key": key_id, "replaces": old.key_id},
    )
    return ends or old.valid_until


def _as_long_as(old: Key, at: datetime) -> datetime:
    """
    Give when a key that takes the place of another now ends.

    It is made for as long as that one was: a key for thirty days makes itself none for years.
    """
    made_for = min(old.valid_until - old.valid_from, timedelta(days=KEY_DAYS_MAX))
    return at - KEY_BEGINS_BEFORE + made_for


def _told(
    tx: Connection[Any],
    source: Source,
    key_id: str,
    valid_until: datetime,
    *,
    replaces: str | None = None,
    overlap_until: datetime | None = None,
) -> Enrolled:
    return Enrolled(
        key_id=key_id,
        environment=store.read_environment(tx),
        source=source,
        valid_until=valid_until,
        halls=tuple(store.list_halls_of(tx, source.source_id)),
        replaces=replaces,
        overlap_until=overlap_until,
    )


def _verify_signed_by(
    claim: SignedRequest, key_id: str, public_key: bytes, at: datetime
) -> None:
    """Refuse a request that the key in it did not sign just now."""
    if claim.key_id != key_id:
        detail = f"keyid={claim.key_id!r} signs, and the body names {key_id!r}"
        raise NotAuthenticated(detail, code="key_id_differs")
    age_s = at.timestamp() - claim.created
    if not -CREATED_AHEAD_MAX_S <= age_s <= CREATED_BEFORE_MAX_S:
        detail = (
            f"created={claim.created} is {age_s:.0f} s before the register's clock, "
            f"which says {int(at.timestamp())}"
        )
        raise NotAuthenticated(detail, code="created_out_of_window")
    try:
        crypto_sign_open(claim.signature + claim.base, public_key)
    except BadSignatureError as error:
        detail = (
            "the signature does not fit the public key in the body; what we would have "
            "signed was " + claim.base.decode("utf-8", "replace")
        )
        raise NotAuthenticated(detail, code="signature_wrong") from error


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
