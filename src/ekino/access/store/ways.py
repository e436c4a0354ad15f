"""The tables of ways to sign in: passwords, codes, passkeys, outside identities."""

from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row

from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.access")


class Totp(NamedTuple):
    """The sealed secret of a person's codes."""

    sealed: bytes
    last_step: int
    enrolled_at: datetime


class Passkey(NamedTuple):
    """A passkey as its owner sees it."""

    passkey_id: int
    credential: bytes
    name: str
    added_at: datetime
    last_used_at: datetime | None


class PasskeyRow(NamedTuple):
    """A passkey as a signature is verified with it."""

    passkey_id: int
    person_id: int
    public_key: bytes
    sign_count: int


def find_password(tx: Connection[Any], email_folded: str) -> tuple[int, str] | None:
    """Give the number and the hash of whoever may sign in with a password and a code."""
    return tx.execute(_QUERIES.find_password, {"email_folded": email_folded}).fetchone()


def find_hash(tx: Connection[Any], person_id: int) -> str | None:
    """Give the hash of a person's password."""
    row = tx.execute(_QUERIES.find_hash, {"person_id": person_id}).fetchone()
    return None if row is None else str(row[0])


def put_password(tx: Connection[Any], person_id: int, hashed: str, at: datetime) -> None:
    """Set a person's password."""
    tx.execute(_QUERIES.put_password, {"person_id": person_id, "hash": hashed, "at": at})


def find_totp(tx: Connection[Any], person_id: int) -> Totp | None:
    """Give the secret of a person's codes, sealed."""
    with tx.cursor(row_factory=class_row(Totp)) as cursor:
        return cursor.execute(_QUERIES.find_totp, {"person_id": person_id}).fetchone()


def put_totp(
    tx: Connection[Any], person_id: int, sealed: bytes, *, last_step: int, at: datetime
) -> None:
    """Set the secret of a person's codes."""
    tx.execute(
        _QUERIES.put_totp,
        {"person_id": person_id, "sealed": sealed, "last_step": last_step, "at": at},
    )


def use_totp_step(tx: Connection[Any], person_id: int, step: int) -> bool:
    """Use a step's code up; False when it, or a later one, was used."""
    row = tx.execute(
        _QUERIES.use_totp_step, {"person_id": person_id, "step": step}
    ).fetchone()
    return row is not None


def insert_passkey(
    tx: Connection[Any],
    person_id: int,
    *,
    credential: bytes,
    public_key: bytes,
    sign_count: int,
    name: str,
    at: datetime,
) -> bool:
    """Add a passkey; False when it is somebody's already."""
    row = tx.execute(
        _QUERIES.insert_passkey,
        {
            "person_id": person_id,
            "credential": credential,
            "public_key": public_key,
            "sign_count": sign_count,
            "name": name,
            "at": at,
        },
    ).fetchone()
    return row is not None


def list_passkeys(tx: Connection[Any], person_id: int) -> list[Passkey]:
    """Give a person's passkeys."""
    with tx.cursor(row_factory=class_row(Passkey)) as cursor:
        return cursor.execute(_QUERIES.list_passkeys, {"person_id": person_id}).fetchall()


def find_passkey(tx: Connection[Any], credential: bytes) -> PasskeyRow | None:
    """Take a passkey of somebody who is not blocked; None when there is none."""
    with tx.cursor(row_factory=class_row(PasskeyRow)) as cursor:
        return cursor.execute(_QUERIES.find_passkey, {"credential": credential}).fetchone()


def use_passkey(
    tx: Connection[Any], passkey_id: int, *, sign_count: int, at: datetime
) -> None:
    """Remember how often a passkey has signed."""
    tx.execute(
        _QUERIES.use_passkey,
        {"passkey_id": passkey_id, "sign_count": sign_count, "at": at},
    )


def delete_passkey(tx: Connection[Any], person_id: int, passkey_id: int) -> str | None:
    """Take a passkey away and give its name; None when it is not this person's."""
    row = tx.execute(
        _QUERIES.delete_passkey, {"person_id": person_id, "passkey_id": passkey_id}
    ).fetchone()
    return None if row is None else str(row[0])


def find_outside_identity(
    tx: Connection[Any], issuer: str, subject: str
) -> tuple[int, str] | None:
    """Give the number and the state of whom a provider names so."""
    return tx.execute(
        _QUERIES.find_outside_identity, {"issuer": issuer, "subject": subject}
    ).fetchone()


def has_outside_identity(tx: Connection[Any], issuer: str, person_id: int) -> bool:
    """Say whether a provider means this person by some name already."""
    asked = {"issuer": issuer, "person_id": person_id}
    return tx.execute(_QUERIES.has_outside_identity, asked).fetchone() is not None


def insert_outside_identity(
    tx: Connection[Any], *, issuer: str, subject: str, person_id: int, at: datetime
) -> None:
    """Remember whom a provider means."""
    tx.execute(
        _QUERIES.insert_outside_identity,
        {"issuer": issuer, "subject": subject, "person_id": person_id, "at": at},
    )
