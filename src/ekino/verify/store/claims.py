"""Claims, their steps, sealed contacts, and the desk's passes."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from ekino.db.queries import load_queries
from ekino.verify.model.claim import Claim, State, Step
from ekino.verify.model.verdict import Verdict

_QUERIES = load_queries("ekino.verify")


def insert_claim(tx: Connection[Any], columns: Mapping[str, Any]) -> int | None:
    """Open a claim and give its number; None when its ticket is claimed already."""
    row = tx.execute(_QUERIES.insert_claim, columns).fetchone()
    return None if row is None else int(row[0])


def lock_claim(tx: Connection[Any], reference: str) -> None:
    """Take a claim until the transaction ends."""
    tx.execute(_QUERIES.lock_claim, {"reference": reference})


def insert_step(tx: Connection[Any], claim_no: int, step: Step) -> None:
    """Write a step down."""
    values = {"claim_no": claim_no, "at": step.at, "actor": step.actor}
    tx.execute(_QUERIES.insert_step, {**values, "state": step.state, "words": step.words})


def move_claim(
    tx: Connection[Any],
    claim_no: int,
    state: State,
    *,
    penalty_minor: int | None,
    penalty_rule: str | None,
) -> None:
    """Move a claim on."""
    values = {"penalty_minor": penalty_minor, "penalty_rule": penalty_rule}
    tx.execute(_QUERIES.move_claim, {"claim_no": claim_no, "state": state, **values})


def find_claims(
    tx: Connection[Any],
    *,
    reference: str | None = None,
    token_sha256: bytes | None = None,
    source_id: int | None = None,
    limit: int,
) -> list[Claim]:
    """Give claims with their evidence, the newest first, without their steps."""
    with tx.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            _QUERIES.find_claims,
            {
                "reference": reference,
                "token_sha256": token_sha256,
                "source_id": source_id,
                "limit": limit,
            },
        ).fetchall()
    return [
        Claim(**row | {"verdict": Verdict(row["verdict"]), "state": State(row["state"])})
        for row in rows
    ]


def list_steps(tx: Connection[Any], claim_no: int) -> tuple[Step, ...]:
    """Give a claim's steps in order."""
    rows = tx.execute(_QUERIES.list_steps, {"claim_no": claim_no})
    return tuple(
        Step(at=at, actor=actor, state=State(state), words=words)
        for at, actor, state, words in rows
    )


def insert_contact(
    tx: Connection[Any], reference: str, sealed: bytes, kept_until: date
) -> None:
    """Keep a sealed contact."""
    values = {"reference": reference, "sealed": sealed, "kept_until": kept_until}
    tx.execute(_QUERIES.insert_contact, values)


def find_contact(tx: Connection[Any], reference: str) -> bytes | None:
    """Give a claim's sealed contact, or None."""
    row = tx.execute(_QUERIES.find_contact, {"reference": reference}).fetchone()
    return None if row is None else bytes(row[0])


def forget_contacts(tx: Connection[Any], today: date) -> int:
    """Delete the contacts whose time is over and say how many."""
    return tx.execute(_QUERIES.forget_contacts, {"today": today}).rowcount
