"""Where somebody wants to be told: added, rotated, looked through, delivered to again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from psycopg import Connection

from ekino.access.model.people import Person
from ekino.access.seal import Seal
from ekino.access.service import audit
from ekino.db.database import Database, Role
from ekino.kernel.errors import NotFound, Pushback, Refused
from ekino.notices.model import ENDPOINTS_MAX, KEY_OVERLAP_S, KINDS, Kind, is_email
from ekino.notices.service import confirming, tell
from ekino.notices.service.courier import Courier
from ekino.notices.service.signing import new_secret, public_text
from ekino.notices.store import Attempt
from ekino.notices.store import endpoints as store
from ekino.notices.store.endpoints import Delivery, Endpoint, Told

__all__ = ["Added", "Attempt", "Delivery", "Endpoint", "Told"]

# Deliveries on one page of the log.
DELIVERIES_SHOWN_MAX = 200
# Notices delivered again by one request.
REPLAYED_MAX = 1_000
# What a request for a span counts for at least: it has us look through a month.
SPAN_WEIGHT = 100
NOTICES_READ_MAX = 500
VERSIONS = ("v1a", "v1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A key that signs from now on, with what its receiver must know: shown once."""

    endpoint_id: int
    # whpk_… of v1a, which is no secret; whsec_… of v1, which is.
    verifies: str


class By(NamedTuple):
    """Who does something, for the audit trail."""

    actor: str
    person: Person | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Where somebody wants to be told, and of what."""

    organisation_code: str | None
    # A URL, or an e-mail address.
    address: str
    # Empty: of everything.
    kinds: tuple[str, ...] = ()
    # Of a webhook's signatures.
    version: str = "v1a"
    language: str = "en"
    # Who is told by e-mail when a webhook is disabled, if the address is confirmed.
    contact: str = ""
    # Added at the command line: it may be a host of our own network that the settings name.
    is_operators: bool = False
    by: By


def add_webhook(
    db: Database, seal: Seal, courier: Courier, wanted: Wanted, *, at: datetime
) -> Added:
    """
    Add a webhook; everything told from now on goes there.

    Raises `Refused` for an address, a kind, a version or a contact that cannot be
    (webhook_address_refused, notice_kind_unknown, webhook_version_unknown, email_malformed).
    """
    courier.verify_address(wanted.address, is_operators=wanted.is_operators)
    _verify_version(wanted.version)
    if wanted.contact and not is_email(wanted.contact):
        detail = f"{wanted.contact[:80]!r} is no e-mail address"
        raise Refused(detail, code="email_malformed")
    with db.transaction(Role.OFFICE) as tx:
        endpoint_id = _add(tx, "webhook", wanted)
        return _add_key(tx, seal, endpoint_id, wanted.version, at)


def add_email(db: Database, wanted: Wanted, *, at: datetime) -> int:
    """
    Add an e-mail address, and give its number; it is told once its reader has confirmed it.

    Raises `Refused` as for a webhook, and `TooOften` for more confirmations than an hour has.
    """
    if not is_email(wanted.address):
        detail = f"{wanted.address[:80]!r} is no e-mail address"
        raise Refused(detail, code="email_malformed")
    with db.transaction(Role.OFFICE) as tx:
        endpoint_id = _add(tx, "email", wanted)
        confirming.ask(tx, wanted.organisation_code, endpoint_id, at=at)
        return endpoint_id


def ask_again(db: Database, endpoint: Endpoint, *, by: By, at: datetime) -> None:
    """Have another link sent to an address that is not confirmed; the older is worthless."""
    with db.transaction(Role.OFFICE) as tx:
        confirming.ask(tx, endpoint.organisation_code, endpoint.endpoint_id, at=at)
        _note(tx, by, "endpoint_confirmation_asked", endpoint.endpoint_id)


def list_endpoints(
    db: Database, organisations: Sequence[str], *, is_ministry: bool = False
) -> list[Endpoint]:
    """Give the endpoints of these organisations; those of the register's own people too."""
    with db.transaction(Role.OFFICE) as tx:
        return store.list_endpoints(tx, organisations, is_ministry=is_ministry)


def find_endpoint(
    db: Database,
    endpoint_id: int,
    organisations: Sequence[str],
    *,
    is_ministry: bool = False,
) -> Endpoint:
    """Give an endpoint of these organisations; `NotFound` for another's, as for none."""
    for each in list_endpoints(db, organisations, is_ministry=is_ministry):
        if each.endpoint_id == endpoint_id:
            return each
    raise NotFound("there is no such endpoint", code="endpoint_not_found")


def rotate(
    db: Database, seal: Seal, endpoint: Endpoint, *, version: str, by: By, at: datetime
) -> Added:
    """Let another key sign; for KEY_OVERLAP_S every delivery has a signature of both."""
    _verify_version(version)
    with db.transaction(Role.OFFICE) as tx:
        ends_at = at + timedelta(seconds=KEY_OVERLAP_S)
        store.end_signing_keys(tx, endpoint.endpoint_id, ends_at)
        _note(tx, by, "endpoint_key_replaced", endpoint.endpoint_id)
        return _add_key(tx, seal, endpoint.endpoint_id, version, at)


def set_state(db: Database, endpoint: Endpoint, state: str, *, by: By) -> None:
    """
    Let an endpoint be told again ("active"), or take it away ("removed").

    What is not confirmed can only be taken away.
    """
    action = "endpoint_removed" if state == "removed" else "endpoint_enabled"
    with db.transaction(Role.OFFICE) as tx:
        store.set_endpoint_state(tx, endpoint.endpoint_id, state)
        _note(tx, by, action, endpoint.endpoint_id)


def list_deliveries(db: Database, endpoint: Endpoint) -> list[Delivery]:
    """Give the newest deliveries of an endpoint."""
    with db.transaction(Role.OFFICE) as tx:
        return store.list_deliveries(tx, endpoint.endpoint_id, limit=DELIVERIES_SHOWN_MAX)


def list_attempts(db: Database, delivery_no: int) -> list[Attempt]:
    """Give every attempt of a delivery, in order."""
    with db.transaction(Role.OFFICE) as tx:
        return store.list_attempts(tx, delivery_no)


def replay(
    db: Database,
    endpoint: Endpoint,
    *,
    notice_id: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    by: By,
    at: datetime,
) -> int:
    """
    Deliver again: one notice, or all that were told in a span, and say how many.

    What still waits is tried now. At most REPLAYED_MAX, the oldest first. Raises `TooOften` when
    the organisation had enough delivered again within the hour.
    """
    weight = 1 if notice_id else SPAN_WEIGHT
    with db.transaction(Role.OFFICE) as tx:
        # Before we look: whoever had enough has us look through no month any more.
        confirming.spend(tx, endpoint.organisation_code, "replay", at=at, amount=weight)
        count = store.replay_deliveries(
            tx,
            endpoint.endpoint_id,
            notice_id=notice_id,
            since=since,
            until=until,
            at=at,
            limit=REPLAYED_MAX,
        )
        if count > weight:
            confirming.count(
                tx, endpoint.organisation_code, "replay", at=at, amount=count - weight
            )
        _note(tx, by, "notices_replayed", endpoint.endpoint_id, notices=count)
        return count


def list_notices(
    db: Database, organisations: Sequence[str], *, after: int = 0
) -> list[Told]:
    """Give what these organisations were told after a number, the oldest first."""
    with db.transaction(Role.OFFICE) as tx:
        return store.list_notices(tx, organisations, after=after, limit=NOTICES_READ_MAX)


def ping(db: Database, organisation_code: str | None, *, actor: str, at: datetime) -> str:
    """
    Tell an organisation that somebody tries whether notices arrive, and give the id.

    Raises `TooOften` when the organisation tried often enough within the hour.
    """
    with db.transaction(Role.OFFICE) as tx:
        confirming.spend(tx, organisation_code, "ping", at=at)
        return tell(
            tx,
            organisation_code=organisation_code,
            kind=Kind.TEST_PING,
            subject="ping",
            data={"asked_by": actor},
        )


def _add_key(
    tx: Connection[Any], seal: Seal, endpoint_id: int, version: str, at: datetime
) -> Added:
    secret, public_key = new_secret(version)
    store.insert_signing_key(
        tx,
        endpoint_id,
        version=version,
        sealed=seal.seal(secret),
        public_key=public_key,
        at=at,
    )
    return Added(
        endpoint_id=endpoint_id,
        verifies=secret if public_key is None else public_text(public_key),
    )


def _add(tx: Connection[Any], way: str, wanted: Wanted) -> int:
    unknown = sorted(set(wanted.kinds) - KINDS)
    if unknown:
        detail = f"there is no notice of kind {unknown[0][:80]!r}"
        raise Refused(detail, code="notice_kind_unknown")
    if store.count_endpoints(tx, wanted.organisation_code) >= ENDPOINTS_MAX:
        detail = f"an organisation has at most {ENDPOINTS_MAX} endpoints: remove one first"
        raise Pushback(detail, retry_after_s=60, code="too_many_endpoints")
    endpoint_id = store.insert_endpoint(
        tx,
        {
            "organisation_code": wanted.organisation_code,
            "way": way,
            "address": wanted.address,
            "kinds": list(wanted.kinds),
            "language": wanted.language,
            "contact": wanted.contact,
            "state": "unconfirmed" if way == "email" else "active",
            "added_by": wanted.by.actor,
            "is_operators": wanted.is_operators,
        },
    )
    _note(tx, wanted.by, "endpoint_added", endpoint_id, way=way)
    return endpoint_id


def _note(
    tx: Connection[Any], by: By, action: str, endpoint_id: int, **detail: object
) -> None:
    audit.note(
        tx,
        actor=by.actor,
        action=action,
        subject=f"endpoint/{endpoint_id}",
        person=by.person,
        detail=detail,
    )


def _verify_version(version: str) -> None:
    if version not in VERSIONS:
        detail = f"signatures are of {' or '.join(VERSIONS)}"
        raise Refused(detail, code="webhook_version_unknown")
