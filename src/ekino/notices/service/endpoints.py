"""Where somebody wants to be told: added, rotated, looked through, delivered to again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from ekino.access.seal import Seal
from ekino.db.database import Database, Role
from ekino.kernel.errors import NotFound, Pushback, Refused
from ekino.notices.model import ENDPOINTS_MAX, KEY_OVERLAP_S, KINDS, Kind, is_email
from ekino.notices.service import tell
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
NOTICES_READ_MAX = 500
VERSIONS = ("v1a", "v1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A key that signs from now on, with what its receiver must know: shown once."""

    endpoint_id: int
    # whpk_… of v1a, which is no secret; whsec_… of v1, which is.
    verifies: str


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
    # Who is told by e-mail when a webhook is disabled.
    contact: str = ""
    actor: str


def add_webhook(
    db: Database, seal: Seal, courier: Courier, wanted: Wanted, *, at: datetime
) -> Added:
    """
    Add a webhook; everything told from now on goes there.

    Raises `Refused` for an address, a kind, a version or a contact that cannot be
    (webhook_address_refused, notice_kind_unknown, webhook_version_unknown, email_malformed).
    """
    courier.verify_address(wanted.address)
    _verify_version(wanted.version)
    if wanted.contact and not is_email(wanted.contact):
        detail = f"{wanted.contact[:80]!r} is no e-mail address"
        raise Refused(detail, code="email_malformed")
    with db.transaction(Role.OFFICE) as tx:
        endpoint_id = _add(tx, "webhook", wanted)
        return _add_key(tx, seal, endpoint_id, wanted.version, at)


def add_email(db: Database, wanted: Wanted) -> int:
    """Add an e-mail address that is told, and give its number; `Refused` as for a webhook."""
    if not is_email(wanted.address):
        detail = f"{wanted.address[:80]!r} is no e-mail address"
        raise Refused(detail, code="email_malformed")
    with db.transaction(Role.OFFICE) as tx:
        return _add(tx, "email", wanted)


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
    db: Database, seal: Seal, endpoint: Endpoint, *, version: str, at: datetime
) -> Added:
    """Let another key sign; for KEY_OVERLAP_S every delivery has a signature of both."""
    _verify_version(version)
    with db.transaction(Role.OFFICE) as tx:
        ends_at = at + timedelta(seconds=KEY_OVERLAP_S)
        store.end_signing_keys(tx, endpoint.endpoint_id, ends_at)
        return _add_key(tx, seal, endpoint.endpoint_id, version, at)


def set_state(db: Database, endpoint: Endpoint, state: str) -> None:
    """Let an endpoint be told again ("active"), or take it away ("removed")."""
    with db.transaction(Role.OFFICE) as tx:
        store.set_endpoint_state(tx, endpoint.endpoint_id, state)


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
    at: datetime,
) -> int:
    """
    Deliver again: one notice, or all that were told in a span, and say how many.

    What still waits is tried now. At most REPLAYED_MAX, the oldest first.
    """
    with db.transaction(Role.OFFICE) as tx:
        return store.replay_deliveries(
            tx,
            endpoint.endpoint_id,
            notice_id=notice_id,
            since=since,
            until=until,
            at=at,
            limit=REPLAYED_MAX,
        )


def list_notices(
    db: Database, organisations: Sequence[str], *, after: int = 0
) -> list[Told]:
    """Give what these organisations were told after a number, the oldest first."""
    with db.transaction(Role.OFFICE) as tx:
        return store.list_notices(tx, organisations, after=after, limit=NOTICES_READ_MAX)


def ping(db: Database, organisation_code: str | None, *, actor: str) -> str:
    """Tell an organisation that somebody tries whether notices arrive, and give the id."""
    with db.transaction(Role.OFFICE) as tx:
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
    return store.insert_endpoint(
        tx,
        {
            "organisation_code": wanted.organisation_code,
            "way": way,
            "address": wanted.address,
            "kinds": list(wanted.kinds),
            "language": wanted.language,
            "contact": wanted.contact,
            "added_by": wanted.actor,
        },
    )


def _verify_version(version: str) -> None:
    if version not in VERSIONS:
        detail = f"signatures are of {' or '.join(VERSIONS)}"
        raise Refused(detail, code="webhook_version_unknown")
