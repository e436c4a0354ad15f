"""The tables of notices."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row

from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.notices")


class Due(NamedTuple):
    """A delivery whose time has come."""

    delivery_no: int
    attempts: int
    notice_id: str
    kind: str
    subject: str
    facts: dict[str, Any]
    told_at: datetime
    endpoint_id: int
    way: str
    address: str
    language: str
    # Added by an operator of the register: it may be in our own network.
    is_operators: bool


class Attempt(NamedTuple):
    """One try of a delivery, and what it met."""

    began_at: datetime
    took_ms: int
    # HTTP's or SMTP's number; None when none came.
    answer: int | None
    # "" when it was delivered.
    reason: str
    said: str


class Disabled(NamedTuple):
    """An endpoint to which nothing is sent any more, and who is told so."""

    organisation_code: str | None
    address: str
    contact: str
    language: str


def insert_notice(
    tx: Connection[Any],
    *,
    notice_id: str,
    organisation_code: str | None,
    kind: str,
    subject: str,
    facts: bytes,
) -> None:
    """Enter a notice; the caller commits."""
    tx.execute(
        _QUERIES.insert_notice,
        {
            "notice_id": notice_id,
            "organisation_code": organisation_code,
            "kind": kind,
            "subject": subject,
            "facts": facts.decode(),
        },
    )


def insert_told_once(tx: Connection[Any], name: str, until: datetime) -> bool:
    """Remember what is told until an instant; False when it was told before."""
    asked = {"name": name, "until": until}
    return tx.execute(_QUERIES.insert_told_once, asked).rowcount == 1


def spread_notices(tx: Connection[Any], at: datetime, *, limit: int) -> list[str]:
    """Make deliveries of what was told, and give whose each notice is; "": the register's own."""
    rows = tx.execute(_QUERIES.spread_notices, {"at": at, "limit": limit})
    return [organisation_code or "" for (organisation_code,) in rows]


def give_up_excess(
    tx: Connection[Any],
    organisations: Collection[str],
    at: datetime,
    *,
    most: int,
    reason: str,
    said: str,
) -> int:
    """Give up the oldest of what waits for these beyond so many each, and say how many."""
    asked = {
        "organisations": list(organisations),
        "at": at,
        "most": most,
        "reason": reason,
        "said": said,
    }
    return tx.execute(_QUERIES.give_up_excess, asked).rowcount


def take_due(
    tx: Connection[Any],
    at: datetime,
    *,
    hold_until: datetime,
    limit: int,
    of_endpoint: int,
    of_organisation: int,
) -> list[Due]:
    """
    Take deliveries whose time has come, and hold them.

    What is held already counts towards the most of an endpoint and of an organisation.
    """
    with tx.cursor(row_factory=class_row(Due)) as cursor:
        return cursor.execute(
            _QUERIES.take_due,
            {
                "at": at,
                "hold_until": hold_until,
                "limit": limit,
                "of_endpoint": of_endpoint,
                "of_organisation": of_organisation,
            },
        ).fetchall()


def read_signing_keys(
    tx: Connection[Any], endpoint_ids: Sequence[int], at: datetime
) -> dict[int, list[tuple[str, bytes]]]:
    """Give (version, sealed secret) by endpoint, the newest first."""
    keys: dict[int, list[tuple[str, bytes]]] = {}
    for endpoint_id, version, sealed in tx.execute(
        _QUERIES.read_signing_keys, {"endpoint_ids": list(endpoint_ids), "at": at}
    ):
        keys.setdefault(endpoint_id, []).append((version, bytes(sealed)))
    return keys


def settle(
    tx: Connection[Any],
    due: Due,
    tried: Attempt,
    *,
    state: str,
    attempts: int,
    due_at: datetime | None,
) -> None:
    """Note an attempt and what became of its delivery."""
    tx.execute(_QUERIES.insert_attempt, {"delivery_no": due.delivery_no, **tried._asdict()})
    tx.execute(
        _QUERIES.settle_delivery,
        {
            "delivery_no": due.delivery_no,
            "state": state,
            "attempts": attempts,
            "due_at": due_at,
        },
    )


def disable_endpoint(tx: Connection[Any], endpoint_id: int, reason: str) -> Disabled | None:
    """Send nothing more to an endpoint; None when that is so already."""
    with tx.cursor(row_factory=class_row(Disabled)) as cursor:
        return cursor.execute(
            _QUERIES.disable_endpoint, {"endpoint_id": endpoint_id, "reason": reason}
        ).fetchone()


def forget(tx: Connection[Any], before: datetime, *, at: datetime, limit: int) -> int:
    """Throw away what is from before an instant, and say how many notices that were."""
    tx.execute(_QUERIES.forget_told_once, {"at": at})
    tx.execute(_QUERIES.forget_attempts, {"before": before})
    tx.execute(_QUERIES.forget_signing_keys, {"before": before})
    # They are counted within the hour.
    tx.execute(_QUERIES.forget_efforts, {"before": at - timedelta(days=1)})
    return tx.execute(_QUERIES.forget_notices, {"before": before, "limit": limit}).rowcount
