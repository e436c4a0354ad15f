"""The table of requests, and of how they went by the hour."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from ekino.db.queries import load_queries
from ekino.workbench.model.observed import Observed

_QUERIES = load_queries("ekino.workbench")


class Went(NamedTuple):
    """How the requests of a key and a program went."""

    key_id: str
    agent: str
    requests: int
    failed: int
    # The beginning of the hour in which the last of them came.
    last_at: datetime
    # Counted by the bounds of TOOK_MS.
    took: list[int]


class Failure(NamedTuple):
    """Requests that failed at one address for one cause."""

    method: str
    path: str
    code: str
    answer: int
    requests: int
    last_at: datetime
    last_request_id: str


def insert_requests(tx: Connection[Any], observed: Iterable[Observed]) -> None:
    """Keep requests."""
    rows = [asdict(each) | {"headers": Jsonb(dict(each.headers))} for each in observed]
    with tx.cursor() as cursor:
        cursor.executemany(_QUERIES.insert_request, rows)


def add_hours(tx: Connection[Any], hours: Iterable[Went]) -> None:
    """Add to hours; in the order of their keys, so that two who add never wait for each other."""
    rows = [
        {
            "key_id": each.key_id,
            "agent": each.agent,
            "begins_at": each.last_at,
            "requests": each.requests,
            "failed": each.failed,
            "took": each.took,
        }
        for each in sorted(hours)
    ]
    with tx.cursor() as cursor:
        cursor.executemany(_QUERIES.add_hour, rows)


def list_agents(
    tx: Connection[Any], hours: Iterable[tuple[str, datetime]]
) -> list[tuple[str, datetime, str]]:
    """Give the programs that are told apart in these hours of keys."""
    rows = list(hours)
    names = {"key_ids": [each[0] for each in rows], "hours": [each[1] for each in rows]}
    return tx.execute(_QUERIES.list_agents, names).fetchall()


def list_requests(
    tx: Connection[Any], key_id: str, since: datetime, *, limit: int
) -> list[Observed]:
    """Give what a key's holder sent since an instant, in the order in which it came."""
    with tx.cursor(row_factory=class_row(Observed)) as cursor:
        return cursor.execute(
            _QUERIES.list_requests, {"key_id": key_id, "since": since, "limit": limit}
        ).fetchall()


def find_request(
    tx: Connection[Any], request_id: str, key_ids: Sequence[str]
) -> Observed | None:
    """Give a request of one of these keys, or None."""
    with tx.cursor(row_factory=class_row(Observed)) as cursor:
        return cursor.execute(
            _QUERIES.find_request, {"request_id": request_id, "key_ids": list(key_ids)}
        ).fetchone()


def search_requests(
    tx: Connection[Any],
    key_ids: Sequence[str],
    *,
    path: str | None,
    is_failed: bool,
    code: str | None,
    words: str | None,
    limit: int,
) -> list[Observed]:
    """Give requests of these keys without their bodies, the newest first."""
    with tx.cursor(row_factory=class_row(Observed)) as cursor:
        return cursor.execute(
            _QUERIES.search_requests,
            {
                "key_ids": list(key_ids),
                "path": path,
                "failed": is_failed,
                "code": code,
                "words": words,
                "limit": limit,
            },
        ).fetchall()


def group_failures(
    tx: Connection[Any], key_ids: Sequence[str], since: datetime, *, limit: int
) -> list[Failure]:
    """Count what failed since an instant, by address and code, the newest first."""
    with tx.cursor(row_factory=class_row(Failure)) as cursor:
        return cursor.execute(
            _QUERIES.group_failures,
            {"key_ids": list(key_ids), "since": since, "limit": limit},
        ).fetchall()


def sum_hours(tx: Connection[Any], key_ids: Sequence[str], since: datetime) -> list[Went]:
    """Add up how it went since an instant, by key and program."""
    with tx.cursor(row_factory=class_row(Went)) as cursor:
        return cursor.execute(
            _QUERIES.sum_hours, {"key_ids": list(key_ids), "since": since}
        ).fetchall()


def forget(tx: Connection[Any], before: datetime, *, limit: int) -> int:
    """Throw away what is from before an instant, and say how many requests that were."""
    tx.execute(_QUERIES.forget_hours, {"before": before})
    return tx.execute(_QUERIES.forget_requests, {"before": before, "limit": limit}).rowcount


def forget_surplus(
    tx: Connection[Any], *, is_verified: bool, rows_max: int, bytes_max: int, limit: int
) -> int:
    """Throw away the oldest of what is too much, and say how many requests that were."""
    bounds = {
        "is_verified": is_verified,
        "rows": rows_max,
        "bytes": bytes_max,
        "limit": limit,
    }
    return tx.execute(_QUERIES.forget_surplus, bounds).rowcount
