"""What others may ask of the workbench: the requests of a key, and how they went."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from ekino.db.database import Database, Role
from ekino.kernel.moments import Clock, now
from ekino.workbench.model.observed import (
    REQUEST_DAYS,
    REQUESTS_KEPT_BYTES_MAX,
    REQUESTS_KEPT_MAX,
    STRANGERS_KEPT_BYTES_MAX,
    STRANGERS_KEPT_MAX,
    Observed,
)
from ekino.workbench.store import requests as store
from ekino.workbench.store.requests import Failure, Went

__all__ = ["Failure", "Observed", "Went", "requests"]

# Requests given at once: a level of certification wants some dozens, a load burst some hundreds.
REQUESTS_READ_MAX = 2_000
# Requests on one page.
REQUESTS_SHOWN_MAX = 100
FAILURES_SHOWN_MAX = 200
# Requests thrown away in one transaction.
FORGOTTEN_MAX = 5_000
# What is old or too much is looked for so often: within it at most some ten thousand requests,
# of some hundred megabytes, come beyond what may be kept.
TIDY_EVERY_S = 600
# The most that is kept of requests: whether their signatures were verified, how many, bytes.
_KEPT_MAX = (
    (True, REQUESTS_KEPT_MAX, REQUESTS_KEPT_BYTES_MAX),
    (False, STRANGERS_KEPT_MAX, STRANGERS_KEPT_BYTES_MAX),
)


def requests(db: Database, key_id: str, since: datetime) -> Sequence[Observed]:
    """
    Give what a key's holder sent since an instant, in the order in which it came.

    Nothing that somebody else sent in the key's name. At most REQUESTS_READ_MAX. In a test
    register these are all of them, a moment after they were answered (FLUSH_S); in a live one
    those that failed.
    """
    with db.transaction(Role.OFFICE) as tx:
        return store.list_requests(tx, key_id, since, limit=REQUESTS_READ_MAX)


def find_request(db: Database, request_id: str, key_ids: Sequence[str]) -> Observed | None:
    """Give a request of one of these keys, with its bodies; None when there is none."""
    with db.transaction(Role.OFFICE) as tx:
        return store.find_request(tx, request_id, key_ids)


def search_requests(
    db: Database,
    key_ids: Sequence[str],
    *,
    path: str = "",
    is_failed: bool = False,
    code: str = "",
    words: str = "",
) -> Sequence[Observed]:
    """Give the newest requests of these keys that fit, without their bodies."""
    with db.transaction(Role.OFFICE) as tx:
        return store.search_requests(
            tx,
            key_ids,
            path=path or None,
            is_failed=is_failed,
            code=code or None,
            words=words or None,
            limit=REQUESTS_SHOWN_MAX,
        )


def group_failures(
    db: Database, key_ids: Sequence[str], since: datetime
) -> Sequence[Failure]:
    """Count what failed since an instant, by address and cause, the newest first."""
    with db.transaction(Role.OFFICE) as tx:
        return store.group_failures(tx, key_ids, since, limit=FAILURES_SHOWN_MAX)


def sum_hours(db: Database, key_ids: Sequence[str], since: datetime) -> Sequence[Went]:
    """Say how the requests of these keys went since an instant, by key and program."""
    with db.transaction(Role.OFFICE) as tx:
        return store.sum_hours(tx, key_ids, since)


class Tidier:
    """Throws away requests that are older than REQUEST_DAYS, or more than is kept."""

    def __init__(self, *, clock: Clock = now) -> None:
        """Look at once, and then every TIDY_EVERY_S."""
        self._clock = clock
        self._next_at: datetime | None = None

    def follow(self, db: Database) -> int:
        """Throw away what is old or too much, and give how many requests that were."""
        at = self._clock()
        if self._next_at is not None and at < self._next_at:
            return 0
        with db.transaction(Role.FOLLOWER) as tx:
            before = at - timedelta(days=REQUEST_DAYS)
            gone = [store.forget(tx, before, limit=FORGOTTEN_MAX)]
            for is_verified, rows_max, bytes_max in _KEPT_MAX:
                surplus = store.forget_surplus(
                    tx,
                    is_verified=is_verified,
                    rows_max=rows_max,
                    bytes_max=bytes_max,
                    limit=FORGOTTEN_MAX,
                )
                gone.append(surplus)
        if max(gone) < FORGOTTEN_MAX:
            self._next_at = at + timedelta(seconds=TIDY_EVERY_S)
        return sum(gone)
