"""Claims: opened in one step by whoever holds the ticket, answered, decided; every step audited."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from ekino.access import service as access
from ekino.access.model.people import Person
from ekino.db.database import Database, Role
from ekino.kernel.errors import NotFound, Refused
from ekino.kernel.identifiers import new_reference
from ekino.kernel.money import Minor
from ekino.kernel.parameters import read_parameter
from ekino.verify.model.claim import (
    CONTACT_CHARACTERS_MAX,
    FISCAL_CHARACTERS_MAX,
    WORDS_CHARACTERS_MAX,
    Claim,
    Party,
    State,
    Step,
    answer_due,
    may_claim,
    obstacle,
    penalty_minor,
)
from ekino.verify.model.statement import Stated
from ekino.verify.model.verdict import Verdict
from ekino.verify.service.check import Checked
from ekino.verify.store import claims as store
from ekino.verify.token import read_bytes

# Claims shown in one list.
CLAIMS_SHOWN_MAX = 500
# How long a contact is kept: assurance asks for no longer than the limitation period.
CONTACT_KEPT_DAYS = 1_096
# Makes bytes of a contact that only the register's own machine can read back.
SealContact = Callable[[str], bytes]


def open_claim(
    db: Database,
    checked: Checked,
    stated: Stated | None,
    *,
    fiscal_receipt: str,
    contact: str,
    seal: SealContact,
) -> str:
    """
    Open a claim and give its reference; a ticket claimed already gives the first one's.

    Raises `Refused` when the check gives no reason for one: inside the seller's time, for a
    returned ticket, while the register is behind.
    """
    token, key = checked.token, checked.key
    is_evident = checked.verdict is Verdict.ALTERED or stated is not None
    if token is None or key is None or not may_claim(checked.verdict) or not is_evident:
        detail = "this check gives no reason for a claim; check the ticket again"
        raise Refused(detail, code="claim_has_no_reason")
    at = checked.at
    due = answer_due(at, read_parameter("ekino.verify", "answer_days").on(at.date()))
    reference = new_reference()
    with db.transaction(Role.OFFICE) as tx:
        claim_no = store.insert_claim(
            tx,
            {
                "reference": reference,
                "token": token.raw,
                "token_sha256": token.sha256,
                "source_id": key.source_id,
                "verdict": checked.verdict,
                "statement_position": stated.position
                if stated is not None and checked.verdict is Verdict.NOT_REGISTERED
                else None,
                "opened_at": at,
                "answer_due_at": due,
                "fiscal_receipt": fiscal_receipt[:FISCAL_CHARACTERS_MAX],
            },
        )
        if claim_no is None:
            found = store.find_claims(tx, token_sha256=token.sha256, limit=1)
            return found[0].reference
        step = Step(at=at, actor="visitor", state=State.CLAIMED, words="")
        store.insert_step(tx, claim_no, step)
        if contact:
            kept_until = at.date() + timedelta(days=CONTACT_KEPT_DAYS)
            sealed = seal(contact[:CONTACT_CHARACTERS_MAX])
            store.insert_contact(tx, reference, sealed, kept_until)
        _audit(tx, reference, step)
    # From here the claim is open; a crash before it leaves nothing, and claiming again is safe.
    return reference


def take_step(
    db: Database,
    reference: str,
    *,
    to: State,
    by: Party,
    actor: str | Person,
    words: str,
    at: datetime,
    source_id: int | None = None,
) -> Claim:
    """
    Take one step of a claim, and give the claim.

    `source_id` is the seller's own, whose same words again change nothing; an
    actor who is a person acts for the office. Raises `NotFound` for an unknown reference or another
    seller's claim, and `Refused` under the obstacle's code.
    """
    words = words.strip()[:WORDS_CHARACTERS_MAX]
    person = actor if isinstance(actor, Person) else None
    named = f"operator:{actor.name}" if isinstance(actor, Person) else actor
    with db.transaction(Role.OFFICE) as tx:
        store.lock_claim(tx, reference)
        claim = _find(tx, reference)
        if source_id is not None and claim.source_id != source_id:
            raise _not_found(reference)
        if source_id is not None and _is_said(claim, named, to, words):
            # The answer to it was lost: what was said stands.
            return claim
        stops = obstacle(
            claim.state,
            to=to,
            by=by,
            at=at,
            answer_due_at=claim.answer_due_at,
            words=words,
        )
        if stops is not None:
            detail = f"claim {reference} is {claim.state}: it cannot be {to} ({stops})"
            raise Refused(detail, code=stops)
        amount, rule = _penalty(claim) if to is State.UPHELD else (None, None)
        step = Step(at=at, actor=named, state=to, words=words)
        store.insert_step(tx, claim.claim_no, step)
        store.move_claim(tx, claim.claim_no, to, penalty_minor=amount, penalty_rule=rule)
        _audit(tx, reference, step, person)
        return _find(tx, reference)
        # From here the step is taken; a crash before it leaves the claim where it was.


def _is_said(claim: Claim, actor: str, to: State, words: str) -> bool:
    """Say whether somebody has taken this very step of a claim before."""
    return any(
        (each.actor, each.state, each.words) == (actor, to, words) for each in claim.steps
    )


def _penalty(claim: Claim) -> tuple[Minor, str]:
    """Give the amount by the rule of the day on which the claim was opened, and its source."""
    rate = read_parameter("ekino.verify", "penalty_multiple")
    multiple = rate.on(claim.opened_at.date())
    price_minor = read_bytes(claim.token).price_minor
    return Minor(
        penalty_minor(price_minor, multiple)
    ), f"{multiple} {rate.unit}. {rate.reference}"


def read_claim(db: Database, reference: str) -> Claim:
    """Give a claim with its steps; `NotFound` for an unknown reference."""
    with db.transaction(Role.OFFICE) as tx:
        return _find(tx, reference)


def list_claims(db: Database, *, source_id: int | None = None) -> list[Claim]:
    """Give the newest claims, all or one seller's, without their steps."""
    with db.transaction(Role.OFFICE) as tx:
        return store.find_claims(tx, source_id=source_id, limit=CLAIMS_SHOWN_MAX)


def read_contact(
    db: Database, reference: str, *, by: Person, unseal: Callable[[bytes], str]
) -> str:
    """Give whom to tell about a claim, or ""; that somebody looked is audited."""
    with db.transaction(Role.OFFICE) as tx:
        sealed = store.find_contact(tx, reference)
        if sealed is None:
            return ""
        access.note_seen_within(tx, by, "contact", reference)
    return unseal(sealed)


def forget_contacts(db: Database, *, at: datetime) -> int:
    """Delete the contacts whose time is over, and say how many there were."""
    with db.transaction(Role.OFFICE) as tx:
        return store.forget_contacts(tx, at.date())


def _find(tx: Connection[Any], reference: str) -> Claim:
    found = store.find_claims(tx, reference=reference, limit=1)
    if not found:
        raise _not_found(reference)
    return replace(found[0], steps=store.list_steps(tx, found[0].claim_no))


def _not_found(reference: str) -> NotFound:
    return NotFound(f"there is no claim {reference}", code="claim_not_found")


def _audit(
    tx: Connection[Any], reference: str, step: Step, person: Person | None = None
) -> None:
    access.note(
        tx,
        actor=step.actor,
        action=f"claim_{step.state}",
        subject=reference,
        person=person,
    )
