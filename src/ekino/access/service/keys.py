"""Keys and sources: who signed a request, what a source may do, how keys change."""

import base64
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
)
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError
from psycopg import Connection

from ekino.access.service.addresses import verify_client
from ekino.access.service.public_keys import note_id_of, read_public_key
from ekino.access.signature import (
    CREATED_AHEAD_MAX_S,
    CREATED_BEFORE_MAX_S,
    SignedRequest,
)
from ekino.access.store import Key, ListedKey
from ekino.access.store import keys as store
from ekino.access.store.audit import insert_audit
from ekino.access.store.enrolment import read_environment
from ekino.db.database import Database, Role
from ekino.kernel.errors import (
    NotAllowed,
    NotAuthenticated,
    Problem,
    Pushback,
    Refused,
)

KEY_DAYS_MAX = 731
# A new key holds from a little before it was made: its holder's clock, or ours, may be behind.
KEY_BEGINS_BEFORE = timedelta(minutes=5)
# The register's own keys and its witnesses' outlive a source's: a log with another key is
# another log.
OWN_KEY_DAYS_MAX = 3_653
# Unless a source is registered with another: a till may be off line from one evening to the
# next before anybody is asked about a ticket it sold.
ALLOWED_DELAY_S = 86_400
# The most that may be agreed with a source: a week off line.
ALLOWED_DELAY_MAX_S = 604_800
# Nonces are remembered for longer than a signature is accepted.
NONCE_MEMORY_S = 900
NONCES_MAX = 500_000
KEYS_REMEMBERED_MAX = 20_000
# How old a remembered key may be; the writer asks again inside its transaction anyway.
KEY_MEMORY_S = 5.0
# What a key signs. Keys of batches and tills are of sources; the rest speak for no source.
KINDS = frozenset({"batch", "till", "operator", "register", "receipt", "log", "witness"})
_OF_PEOPLE = frozenset({"batch", "till", "operator"})
# Keys that may sign requests. A till's key lies in every till: it signs tickets, nothing else.
REQUEST_KINDS = frozenset({"batch", "operator"})
OPERATOR_KEY_ID = "operator/local"
# How the names of the test register's keys begin; a live register has none of them.
TEST_KEYS = "test."
# How the register's own names of keys begin: an operator's, and those of what is handed in.
OWN_PARTIES = frozenset({"operator", "intake"})
# For so long, from the earliest to the latest, a signature made at one instant is accepted.
_ACCEPTED_S = CREATED_BEFORE_MAX_S + CREATED_AHEAD_MAX_S


class Keyring:
    """
    Knows keys and nonces, so that a request costs one verification and no question.

    Safe to share between threads. A key is remembered for KEY_MEMORY_S; whoever writes asks
    for it once more inside the transaction, so a revoked key never enters anything.
    """

    def __init__(self, db: Database) -> None:
        """Remember nothing yet."""
        self._db = db
        self._lock = threading.Lock()
        self._keys: OrderedDict[str, tuple[float, Key]] = OrderedDict()
        self._nonces: OrderedDict[tuple[str, str], float] = OrderedDict()

    def remembered(self, key_id: str) -> bool:
        """Whether `verify` of this key would ask nobody."""
        return self._find(key_id) is not None

    def held(self, key_id: str) -> Key | None:
        """Give a key as it was last recalled, however long ago; None when it never was."""
        with self._lock:
            found = self._keys.get(key_id)
        return None if found is None else found[1]

    def _find(self, key_id: str) -> Key | None:
        with self._lock:
            found = self._keys.get(key_id)
        if found is None or time.monotonic() - found[0] >= KEY_MEMORY_S:
            return None
        return found[1]

    def remember(self, key: Key) -> Key:
        """Hold a key as it stands now, for KEY_MEMORY_S."""
        with self._lock:
            self._keys[key.key_id] = (time.monotonic(), key)
            # The one read longest ago goes first.
            self._keys.move_to_end(key.key_id)
            if len(self._keys) > KEYS_REMEMBERED_MAX:
                self._keys.popitem(last=False)
        return key

    def recall(self, key_id: str) -> Key:
        """Read a key from the database; `NotAuthenticated` when there is none."""
        key = find_key(self._db, key_id)
        if key is None:
            detail = f"no key {key_id!r} is registered"
            raise NotAuthenticated(detail, code="key_unknown")
        return self.remember(key)

    def verify(self, request: SignedRequest, *, now: datetime) -> Key:
        """
        Give the key that signed a request.

        Raises `NotAuthenticated` with the codes key_unknown, key_signs_no_requests,
        key_revoked, key_expired, source_suspended, created_out_of_window, signature_wrong,
        key_address_not_allowed and nonce_used, and `Pushback` when no more nonces can be held.
        """
        # One look: between two, another thread may make the keyring forget it.
        key = self._find(request.key_id) or self.recall(request.key_id)
        if key.kind not in REQUEST_KINDS:
            detail = f"key {request.key_id!r} is of kind {key.kind}: it signs no requests"
            raise NotAuthenticated(detail, code="key_signs_no_requests")
        verify_alive(key, now)
        age_s = now.timestamp() - request.created
        if not -CREATED_AHEAD_MAX_S <= age_s <= CREATED_BEFORE_MAX_S:
            detail = (
                f"created={request.created} is {age_s:.0f} s before the register's clock, "
                f"which says {int(now.timestamp())} ({now.isoformat()}); accepted are "
                f"{CREATED_BEFORE_MAX_S} s before to {CREATED_AHEAD_MAX_S} s ahead"
            )
            raise NotAuthenticated(detail, code="created_out_of_window")
        try:
            # libsodium: less than half of OpenSSL's time, and it refuses weak keys itself.
            crypto_sign_open(request.signature + request.base, bytes(key.public_key))
        except BadSignatureError as error:
            detail = (
                "the signature does not fit; what we would have signed was "
                + request.base.decode("utf-8", "replace")
            )
            raise NotAuthenticated(detail, code="signature_wrong") from error
        if key.networks:
            verify_client(key, request.client)
        self._use_nonce(request, now.timestamp())
        return key

    def _use_nonce(self, request: SignedRequest, moment_s: float) -> None:
        """Note a nonce; the last check, so that only the key's holder can use one up."""
        name = (request.key_id, request.nonce)
        with self._lock:
            while self._nonces:
                age_s = moment_s - next(iter(self._nonces.values()))
                is_full = len(self._nonces) >= NONCES_MAX
                # When it is full, one that no accepted signature can carry any more may go.
                if age_s <= (_ACCEPTED_S if is_full else NONCE_MEMORY_S):
                    break
                self._nonces.popitem(last=False)
            if name in self._nonces:
                detail = "this nonce was used already: make a new one for every request"
                raise NotAuthenticated(detail, code="nonce_used")
            if len(self._nonces) >= NONCES_MAX:
                detail = f"{NONCES_MAX} signed requests came within {_ACCEPTED_S} s"
                raise Pushback(detail, retry_after_s=5, code="too_many_signed_requests")
            self._nonces[name] = moment_s


def verify_request_once(
    db: Database, keyring: Keyring, request: SignedRequest, *, now: datetime
) -> Key:
    """
    Give the key that signed a request which acts, in whichever process it arrives.

    A keyring knows the nonces of its own process; batches need no more, because an event is
    entered once whoever repeats it. Any other request is noted in the database as well, so that
    it cannot be repeated to a neighbour. Raises what `Keyring.verify` raises.
    """
    key = keyring.verify(request, now=now)
    with db.transaction(Role.OFFICE) as tx:
        store.forget_nonces(tx, used_before=now - timedelta(seconds=NONCE_MEMORY_S))
        is_new = store.use_nonce(tx, key_id=key.key_id, nonce=request.nonce, used_at=now)
    if not is_new:
        detail = "this nonce was used already: make a new one for every request"
        raise NotAuthenticated(detail, code="nonce_used")
    return key


def verify_alive(key: Key, now: datetime) -> None:
    """Refuse a key that is revoked, out of its time, or of a suspended source."""
    if key.revoked_at is not None:
        detail = f"key {key.key_id!r} was revoked at {key.revoked_at.isoformat()}"
        raise NotAuthenticated(detail, code="key_revoked")
    if not key.valid_from <= now < key.valid_until:
        detail = (
            f"key {key.key_id!r} is valid from {key.valid_from.isoformat()} "
            f"until {key.valid_until.isoformat()}"
        )
        raise NotAuthenticated(detail, code="key_expired")
    if key.source_state != "active":
        detail = f"source {key.source_code!r} is suspended: ask the operator"
        raise NotAuthenticated(detail, code="source_suspended")


def verify_operator(key: Key) -> str:
    """Give the operator's name; `NotAllowed` for the key of a source."""
    if key.kind != "operator":
        detail = f"this is a key of kind {key.kind}; an operator's key is needed"
        raise NotAllowed(detail, code="operator_only")
    return key.key_id


def find_key(db: Database, key_id: str) -> Key | None:
    """Give a key as it stands now, or None."""
    with db.transaction(Role.OFFICE) as tx:
        return store.find_key(tx, key_id)


def find_till(tx: Connection[Any], note_id: bytes) -> Key | None:
    """Give the till's key that a ticket names by these 4 bytes, or None; alive or not."""
    key = store.find_key_by_note_id(tx, note_id)
    return key if key is not None and key.kind == "till" else None


def find_key_within(tx: Connection[Any], key_id: str) -> Key | None:
    """Give a key as this transaction sees it, or None."""
    return store.find_key(tx, key_id)


def read_revision(tx: Connection[Any]) -> int:
    """Say how often rights and keys have changed, as this transaction sees it."""
    return store.read_revision(tx)


def read_halls(tx: Connection[Any], source_id: int) -> frozenset[int]:
    """Give the halls a source may speak for, as this transaction sees it."""
    return store.read_halls(tx, source_id)


def list_keys(db: Database) -> list[dict[str, Any]]:
    """Give every key."""
    with db.transaction(Role.OFFICE) as tx:
        return store.list_keys(tx)


def list_keys_within(tx: Connection[Any]) -> list[ListedKey]:
    """Give every key as everybody may know it, as this transaction sees it."""
    return store.list_keys_and_owners(tx)


def add_key(
    tx: Connection[Any],
    *,
    key_id: str,
    public_key: str,
    source_id: int | None,
    kind: str = "batch",
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    is_named_by_us: bool = False,
) -> None:
    """
    Register a key; the same key again changes nothing.

    Raises `Refused` when the name is taken by another key, the key by another name, or the
    key's id of four bytes by another key: a ticket carries that id alone. What stands before
    the name's first "/" is one party's: nobody else's key begins so. `is_named_by_us` is for
    keys that the register holds for sources, under names of its own (OWN_PARTIES).
    """
    raw = read_public_key(public_key)
    if "+" in key_id or not key_id or any(letter.isspace() for letter in key_id):
        detail = f"{key_id!r} cannot name a key: no space and no + may be in it"
        raise Refused(detail, code="key_name_malformed")
    if key_id.startswith(TEST_KEYS) and read_environment(tx) == "live":
        detail = f"{key_id!r} names a key of the test register; no live key begins so"
        raise Refused(detail, code="key_of_the_test_register")
    begins = valid_from or datetime.now(UTC) - KEY_BEGINS_BEFORE
    days_max = KEY_DAYS_MAX if kind in _OF_PEOPLE else OWN_KEY_DAYS_MAX
    ends = valid_until or begins + timedelta(days=days_max)
    if ends <= begins or ends - begins > timedelta(days=days_max):
        detail = f"a key is valid for at most {days_max} days, and ends after it begins"
        raise Refused(detail, code="key_time_out_of_bounds")
    is_new = store.insert_key(
        tx,
        {
            "key_id": key_id,
            "source_id": source_id,
            "public_key": raw,
            "valid_from": begins,
            "valid_until": ends,
            "kind": kind,
            "note_id": (note_id := note_id_of(key_id, raw)),
        },
    )
    found = store.find_key(tx, key_id)
    other = store.find_key_by_note_id(tx, note_id)
    if found is None and other is not None:
        detail = (
            f"key {key_id!r} has the id {note_id.hex()} of {other.key_id!r}: make another"
        )
        raise Refused(detail, code="key_id_taken")
    if (
        found is None
        or bytes(found.public_key) != raw
        or (found.source_id, found.kind) != (source_id, kind)
    ):
        detail = f"key {key_id!r} is taken: another key has this name, or this key another"
        raise Refused(detail, code="key_taken")
    # Two who add at once do so one after the other from here on: the second sees the first's.
    store.bump_revision(tx)
    if is_new and source_id is not None and not is_named_by_us:
        _refuse_anothers_name(tx, key_id, source_id)


def _refuse_anothers_name(tx: Connection[Any], key_id: str, source_id: int) -> None:
    """Refuse a name that begins like those of somebody else's keys."""
    party = key_id.removeprefix(TEST_KEYS).partition("/")[0]
    if (
        party in OWN_PARTIES
        or store.find_stranger_of_name(tx, party=party, source_id=source_id) is not None
    ):
        detail = (
            f"names that begin with {party!r} are somebody else's already: "
            f"give {key_id!r} one that begins with a name of your own"
        )
        raise Refused(detail, code="key_taken")


def revoke_key(
    db: Database, key_id: str, *, actor: str, with_successors: bool = False
) -> datetime:
    """
    End a key's life at once; from the commit on nothing it signs is entered.

    A key that has leaked may have let another take its place: `with_successors` ends those too,
    each that came of the one before.
    """
    with db.transaction(Role.OFFICE) as tx:
        revoked_at, successor = store.revoke_key(tx, key_id)
        if revoked_at is None:
            detail = f"no key {key_id!r} is registered"
            problem = Problem(
                pointer="key",
                code="key_unknown",
                detail=detail,
                fix="`ekino keys list` names every key.",
            )
            raise Refused(detail, problems=[problem], code="key_unknown")
        store.bump_revision(tx)
        insert_audit(tx, actor=actor, action="key_revoked", subject=key_id, detail={})
        # Each was replaced once, by a newer one: the line ends. A rotation under way holds its
        # old key, so that its new one is seen here, or is refused.
        while with_successors and successor is not None:
            ended, (_, successor) = successor, store.revoke_key(tx, successor)
            insert_audit(
                tx,
                actor=actor,
                action="key_revoked",
                subject=ended,
                detail={"came_of": key_id},
            )
    return revoked_at


def list_successors(db: Database, key_id: str) -> list[str]:
    """Give the living keys that came of a key, one in the place of another."""
    with db.transaction(Role.OFFICE) as tx:
        return store.list_successors(tx, key_id)


def load_sources(
    db: Database, sources: Sequence[Mapping[str, Any]], *, actor: str
) -> list[str]:
    """
    Enter or change sources with their halls and keys, all or none, and give their codes.

    Each has code, name, vendor, organisation, may_announce, state, perhaps vendor_code,
    halls [(venue, hall or None)] and keys [{key_id, public_key, valid_from, valid_until}].
    Its halls become exactly those named; keys are added, never taken away. Raises
    `Refused` with every problem.
    """
    problems: list[Problem] = []
    with db.transaction(Role.OFFICE) as tx:
        for index, source in enumerate(sources):
            source_id = store.upsert_source(
                tx, {"allowed_delay_s": ALLOWED_DELAY_S, "vendor_code": None, **source}
            )
            hall_ids: list[int] = []
            for place, (venue, hall) in enumerate(source["halls"]):
                found = store.find_halls(tx, venue, hall)
                if not found:
                    problems.append(
                        Problem(
                            pointer=f"/sources/{index}/halls/{place}",
                            code="hall_not_in_catalog",
                            detail=f"The catalog has no hall {hall!r} in venue {venue!r}.",
                            fix="Load the venue and its halls first (POST /v1/catalog).",
                        )
                    )
                hall_ids.extend(found)
            if source.get("halls_are_whole", True):
                store.set_halls(tx, source_id, hall_ids)
            else:
                store.entitle(tx, source_id, hall_ids)
            for place, key in enumerate(source["keys"]):
                try:
                    add_key(tx, source_id=source_id, **key)
                except Refused as error:
                    problems.append(
                        Problem(
                            pointer=f"/sources/{index}/keys/{place}",
                            code=error.code,
                            detail=error.detail,
                            fix="Give each key a name of its own and its own 32 bytes.",
                        )
                    )
            insert_audit(
                tx,
                actor=actor,
                action="source_loaded",
                subject=source["code"],
                detail={"halls": len(hall_ids), "keys": len(source["keys"])},
            )
        store.bump_revision(tx)
        if problems:
            # Raised inside the transaction, so that nothing of the document stays.
            detail = f"{len(problems)} of the document's rows cannot be entered"
            raise Refused(detail, problems=problems[:100], code="sources_refused")
    return [source["code"] for source in sources]


def ensure_operator_key(db: Database, path: Path) -> None:
    """
    Register the key with which this machine's operator signs; make it unless it is there.

    Where another machine of the same database has registered the name, its key stays.
    """
    if path.exists():
        detail = f"{path} holds no Ed25519 key in PEM; move it away to have one made"
        try:
            private = serialization.load_pem_private_key(path.read_bytes(), password=None)
        except (ValueError, TypeError) as error:
            raise Refused(detail, code="operator_key_malformed") from error
        if not isinstance(private, Ed25519PrivateKey):
            raise Refused(detail, code="operator_key_malformed")
    else:
        private = Ed25519PrivateKey.generate()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        pem = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        # Written whole beside its place first: a crash never leaves half a key.
        beside = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
        try:
            # A link, not a rename: whoever comes second takes the first one's key.
            path.hardlink_to(beside)
        except FileExistsError:
            ensure_operator_key(db, path)
            return
        finally:
            beside.unlink()
    public = base64.b64encode(private.public_key().public_bytes_raw()).decode()
    with db.transaction(Role.OFFICE) as tx:
        found = store.find_key(tx, OPERATOR_KEY_ID)
        if found is None:
            add_key(
                tx,
                key_id=OPERATOR_KEY_ID,
                public_key=public,
                source_id=None,
                kind="operator",
            )
