"""Whether the reader of an e-mail address wants to be told, and how much may be asked for."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from psycopg import Connection

from ekino.access.service import audit
from ekino.db.database import Database, Role
from ekino.kernel.errors import Quota, TooOften
from ekino.notices.store import confirmations as store
from ekino.notices.store.confirmations import Confirmable, Unconfirmed

__all__ = ["Confirmable", "Unconfirmed"]

# A link is good for a day: long enough for whoever reads mail in the morning.
CONFIRM_S = 86_400
# Bytes of a link's secret: nobody guesses 256 bits.
SECRET_BYTES = 32
_HOUR_S = 3_600
# What one organisation may have sent within an hour. Pings: whoever sets a receiver up tries a few
# times a minute at most. Replays, in notices: three requests of the greatest size. Confirmations:
# strangers' mailboxes may not be filled through us.
PER_HOUR_MAX: Mapping[str, int] = MappingProxyType(
    {"ping": 60, "replay": 3_000, "confirmation": 10}
)


def spend(
    tx: Connection[Any],
    organisation_code: str | None,
    kind: str,
    *,
    at: datetime,
    amount: int = 1,
) -> None:
    """Count what an organisation has sent; `TooOften` when that was enough for this hour."""
    store.lock_efforts(tx, organisation_code)
    since = at - timedelta(seconds=_HOUR_S)
    if store.sum_efforts(tx, organisation_code, kind, since) >= PER_HOUR_MAX[kind]:
        detail = f"at most {PER_HOUR_MAX[kind]} within an hour"
        raise TooOften(
            detail,
            retry_after_s=_HOUR_S,
            quota=Quota(kind, PER_HOUR_MAX[kind], _HOUR_S),
            code="too_many_notices_asked",
        )
    count(tx, organisation_code, kind, at=at, amount=amount)


def count(
    tx: Connection[Any],
    organisation_code: str | None,
    kind: str,
    *,
    at: datetime,
    amount: int,
) -> None:
    """Count what an organisation has sent, beyond what `spend` counted."""
    store.insert_effort(tx, organisation_code, kind, at=at, amount=amount)


def ask(
    tx: Connection[Any], organisation_code: str | None, endpoint_id: int, *, at: datetime
) -> None:
    """Have a link sent to an address; an older one is worthless from now on."""
    spend(tx, organisation_code, "confirmation", at=at)
    store.ask(tx, endpoint_id, at)


def take_asked(db: Database, *, at: datetime, limit: int) -> list[tuple[Unconfirmed, str]]:
    """Give the addresses to which a link is to be sent, each with a secret that is good once."""
    with db.transaction(Role.FOLLOWER) as tx:
        taken = [
            (each, secrets.token_urlsafe(SECRET_BYTES))
            for each in store.take_asked(tx, limit=limit)
        ]
        for each, secret in taken:
            ends_at = at + timedelta(seconds=CONFIRM_S)
            store.set_secret(tx, each.endpoint_id, _digest(secret), ends_at)
            # Whoever stops before the link is gone leaves a page that says so: ask again.
            store.note_not_sent(tx, each.endpoint_id)
    return taken


def note_sent(db: Database, endpoint_id: int) -> None:
    """Say on the page no more that a link is not sent."""
    with db.transaction(Role.FOLLOWER) as tx:
        store.note_sent(tx, endpoint_id)


def find(db: Database, secret: str, *, at: datetime) -> Confirmable | None:
    """Give the address that a link is for; None when it is not good, or not any more."""
    with db.transaction(Role.OFFICE) as tx:
        return store.find(tx, _digest(secret), at)


def confirm(db: Database, secret: str, *, at: datetime) -> Confirmable | None:
    """Let the address of a link be told from now on; None as for `find`."""
    with db.transaction(Role.OFFICE) as tx:
        found = store.find(tx, _digest(secret), at)
        if found is None or not store.confirm(tx, found.endpoint_id):
            return None
        audit.note(
            tx,
            actor=found.address,
            action="endpoint_confirmed",
            subject=f"endpoint/{found.endpoint_id}",
        )
        return found


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
