"""The tables of people and what they were granted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row

from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.access")


class PersonRow(NamedTuple):
    """A person as the operator sees them."""

    person_id: int
    name: str
    email: str
    language: str
    state: str
    added_at: datetime
    has_password: bool
    has_totp: bool
    passkeys: int
    outside_identities: int
    signed_in_at: datetime | None


class GrantRow(NamedTuple):
    """A role that somebody holds."""

    person_id: int
    role: str
    organisation_id: int | None
    organisation: str


class Organisation(NamedTuple):
    """Whom a role may be for."""

    organisation_id: int
    code: str
    name: str


def insert_person(
    tx: Connection[Any], *, name: str, email: str, email_folded: str, language: str
) -> int | None:
    """Add a person and give their number; None when the address is somebody's."""
    row = tx.execute(
        _QUERIES.insert_person,
        {"name": name, "email": email, "email_folded": email_folded, "language": language},
    ).fetchone()
    return None if row is None else int(row[0])


def find_people(
    tx: Connection[Any],
    *,
    limit: int,
    person_id: int | None = None,
    email_folded: str | None = None,
) -> list[PersonRow]:
    """Give people in the order of their names: all, or the one asked for."""
    with tx.cursor(row_factory=class_row(PersonRow)) as cursor:
        return cursor.execute(
            _QUERIES.find_people,
            {"person_id": person_id, "email_folded": email_folded, "limit": limit},
        ).fetchall()


def list_grants(tx: Connection[Any], person_ids: Sequence[int]) -> list[GrantRow]:
    """Give the roles of these people."""
    with tx.cursor(row_factory=class_row(GrantRow)) as cursor:
        return cursor.execute(
            _QUERIES.list_grants, {"person_ids": list(person_ids)}
        ).fetchall()


def lock_person(tx: Connection[Any], person_id: int) -> bool:
    """Take a person until the transaction ends; False when there is none."""
    found = tx.execute(_QUERIES.lock_person, {"person_id": person_id}).fetchone()
    return found is not None


def insert_grant(
    tx: Connection[Any], *, person_id: int, role: str, organisation_id: int | None
) -> bool:
    """Grant a role; False when it was held already."""
    row = tx.execute(
        _QUERIES.insert_grant,
        {"person_id": person_id, "role": role, "organisation_id": organisation_id},
    ).fetchone()
    return row is not None


def delete_grant(
    tx: Connection[Any], *, person_id: int, role: str, organisation_id: int | None
) -> bool:
    """Take a role away; False when it was not held."""
    row = tx.execute(
        _QUERIES.delete_grant,
        {"person_id": person_id, "role": role, "organisation_id": organisation_id},
    ).fetchone()
    return row is not None


def lock_operators(tx: Connection[Any]) -> None:
    """Wait for whoever else is about to count operators, until this transaction ends."""
    tx.execute(_QUERIES.lock_operators)


def count_operators(tx: Connection[Any]) -> int:
    """Say how many people who are not blocked may let others in."""
    row = tx.execute(_QUERIES.count_operators).fetchone()
    return int(row[0]) if row else 0


def set_state(tx: Connection[Any], person_id: int, state: str) -> bool:
    """Block a person or let them in; False when that is how it was."""
    row = tx.execute(
        _QUERIES.set_person_state, {"person_id": person_id, "state": state}
    ).fetchone()
    return row is not None


def set_language(tx: Connection[Any], person_id: int, language: str) -> None:
    """Keep the language in which a person reads."""
    tx.execute(_QUERIES.set_person_language, {"person_id": person_id, "language": language})


def list_organisations(
    tx: Connection[Any], *, limit: int, kind: str | None = None
) -> list[Organisation]:
    """Give the catalog's organisations by name: those of a kind, or all."""
    with tx.cursor(row_factory=class_row(Organisation)) as cursor:
        return cursor.execute(
            _QUERIES.list_organisations, {"kind": kind, "limit": limit}
        ).fetchall()


def find_organisation(tx: Connection[Any], code: str) -> Organisation | None:
    """Give an organisation by its code."""
    with tx.cursor(row_factory=class_row(Organisation)) as cursor:
        return cursor.execute(_QUERIES.find_organisation, {"code": code}).fetchone()
