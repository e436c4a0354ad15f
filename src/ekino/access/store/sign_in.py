"""The tables of sign-ins: those that live, those under way, links and attempts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.access")


class SignInRow(NamedTuple):
    """A sign-in that lives, and whose it is."""

    sign_in_id: int
    seen_at: datetime
    person_id: int
    name: str


class OwnSignIn(NamedTuple):
    """One of a person's sign-ins, as their account shows it."""

    sign_in_id: int
    way: str
    agent: str
    began_at: datetime
    seen_at: datetime


class Step(NamedTuple):
    """A sign-in under way."""

    person_id: int | None
    holds: dict[str, Any]
    tries: int


class Link(NamedTuple):
    """A link that is good once, and for whom."""

    kind: str
    person_id: int
    name: str
    email: str


def insert_sign_in(tx: Connection[Any], columns: Mapping[str, object]) -> int:
    """Begin a sign-in and give its number."""
    row = tx.execute(_QUERIES.insert_sign_in, columns).fetchone()
    return int(row[0]) if row else 0


def find_sign_in(
    tx: Connection[Any], digest: bytes, *, at: datetime, idle_since: datetime
) -> SignInRow | None:
    """Give the sign-in with this cookie's hash, if it lives."""
    with tx.cursor(row_factory=class_row(SignInRow)) as cursor:
        return cursor.execute(
            _QUERIES.find_sign_in,
            {"secret_sha256": digest, "at": at, "idle_since": idle_since},
        ).fetchone()


def see_sign_in(tx: Connection[Any], sign_in_id: int, at: datetime) -> None:
    """Remember that a sign-in was used."""
    tx.execute(_QUERIES.see_sign_in, {"sign_in_id": sign_in_id, "at": at})


def list_sign_ins(
    tx: Connection[Any], person_id: int, *, at: datetime, idle_since: datetime
) -> list[OwnSignIn]:
    """Give a person's sign-ins that live."""
    with tx.cursor(row_factory=class_row(OwnSignIn)) as cursor:
        return cursor.execute(
            _QUERIES.list_sign_ins,
            {"person_id": person_id, "at": at, "idle_since": idle_since},
        ).fetchall()


def count_sign_ins(tx: Connection[Any], *, at: datetime, idle_since: datetime) -> int:
    """Say how many sign-ins live."""
    row = tx.execute(
        _QUERIES.count_sign_ins, {"at": at, "idle_since": idle_since}
    ).fetchone()
    return int(row[0]) if row else 0


def end_sign_ins(
    tx: Connection[Any],
    person_id: int,
    *,
    at: datetime,
    only: int | None = None,
    but: int | None = None,
) -> int:
    """End a person's sign-ins and say how many those were."""
    rows = tx.execute(
        _QUERIES.end_sign_ins,
        {"person_id": person_id, "at": at, "only": only, "but": but},
    )
    return len(rows.fetchall())


def put_step(
    tx: Connection[Any],
    digest: bytes,
    *,
    kind: str,
    person_id: int | None,
    holds: Mapping[str, object],
    ends_at: datetime,
) -> None:
    """Keep what a sign-in under way needs."""
    tx.execute(
        _QUERIES.put_step,
        {
            "secret_sha256": digest,
            "kind": kind,
            "person_id": person_id,
            "holds": Jsonb(dict(holds)),
            "ends_at": ends_at,
        },
    )


def try_step(tx: Connection[Any], digest: bytes, *, kind: str, at: datetime) -> Step | None:
    """Count a try at a step and give the step; None when none is awaited."""
    with tx.cursor(row_factory=class_row(Step)) as cursor:
        return cursor.execute(
            _QUERIES.try_step, {"secret_sha256": digest, "kind": kind, "at": at}
        ).fetchone()


def find_step(
    tx: Connection[Any], digest: bytes, *, kind: str, at: datetime
) -> Step | None:
    """Give the step that is awaited, or None."""
    with tx.cursor(row_factory=class_row(Step)) as cursor:
        return cursor.execute(
            _QUERIES.find_step, {"secret_sha256": digest, "kind": kind, "at": at}
        ).fetchone()


def drop_step(tx: Connection[Any], digest: bytes) -> None:
    """Forget a step."""
    tx.execute(_QUERIES.drop_step, {"secret_sha256": digest})


def sweep(tx: Connection[Any], *, at: datetime, before: datetime) -> None:
    """Forget steps and links whose time is over, and counts that began at `before` or earlier."""
    tx.execute(_QUERIES.sweep_steps, {"at": at})
    tx.execute(_QUERIES.sweep_links, {"at": at})
    tx.execute(_QUERIES.sweep_attempts, {"before": before})


def insert_link(
    tx: Connection[Any], digest: bytes, *, kind: str, person_id: int, ends_at: datetime
) -> None:
    """Keep a link by its hash."""
    tx.execute(
        _QUERIES.insert_link,
        {
            "secret_sha256": digest,
            "kind": kind,
            "person_id": person_id,
            "ends_at": ends_at,
        },
    )


def find_link(tx: Connection[Any], digest: bytes, at: datetime) -> Link | None:
    """Give a link that is good, without using it up."""
    with tx.cursor(row_factory=class_row(Link)) as cursor:
        return cursor.execute(
            _QUERIES.find_link, {"secret_sha256": digest, "at": at}
        ).fetchone()


def take_link(tx: Connection[Any], digest: bytes, at: datetime) -> Link | None:
    """Use a link up; None when it is used, unknown or too old."""
    with tx.cursor(row_factory=class_row(Link)) as cursor:
        return cursor.execute(
            _QUERIES.take_link, {"secret_sha256": digest, "at": at}
        ).fetchone()


def drop_links(tx: Connection[Any], person_id: int, kind: str | None = None) -> None:
    """Make a person's links worthless."""
    tx.execute(_QUERIES.drop_links, {"person_id": person_id, "kind": kind})


def count_attempt(
    tx: Connection[Any], digest: bytes, *, at: datetime, before: datetime
) -> tuple[int, datetime]:
    """Count an attempt; give how many there were in its window, and when that began."""
    row = tx.execute(
        _QUERIES.count_attempt, {"subject_sha256": digest, "at": at, "before": before}
    ).fetchone()
    return (int(row[0]), row[1]) if row else (0, at)


def forgive_attempt(tx: Connection[Any], digest: bytes) -> None:
    """Take one attempt back."""
    tx.execute(_QUERIES.forgive_attempt, {"subject_sha256": digest})


def clear_attempts(tx: Connection[Any], digest: bytes) -> None:
    """Forget the attempts of a subject."""
    tx.execute(_QUERIES.clear_attempts, {"subject_sha256": digest})
