"""The audit trail: who saw and did what, written in the transaction that shows or does it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg import Connection

from ekino.access.model.people import Person
from ekino.access.store import audit as store
from ekino.access.store.audit import Noted
from ekino.db.database import Database, Role

__all__ = ["Noted", "list_actions", "note", "note_seen", "note_seen_within", "read_audit"]

# Lines of the audit trail on one page.
AUDIT_PAGE_LINES_MAX = 100


def note(
    tx: Connection[Any],
    *,
    actor: str,
    action: str,
    subject: str,
    person: Person | None = None,
    detail: Mapping[str, object] | None = None,
) -> None:
    """
    Write down who did what, in the transaction that does it.

    `action` is a verb's past with underscores, `subject` what it was done to, such as
    `claim/ABCDE-FGHJK`; `detail` holds no secret and no buyer.
    """
    store.insert_audit(
        tx,
        actor=actor,
        action=action,
        subject=subject,
        detail=detail or {},
        person_id=None if person is None else person.person_id,
    )


def note_seen_within(
    tx: Connection[Any],
    person: Person,
    what: str,
    subject: str,
    detail: Mapping[str, object] | None = None,
) -> None:
    """
    Write down that a person saw something that is not public.

    `what` becomes the action `saw_<what>`, such as `saw_tickets`; `subject` says of what,
    such as the address of the figure. The transaction's role is OFFICE.
    """
    note(
        tx,
        actor=person.name,
        action=f"saw_{what}",
        subject=subject,
        person=person,
        detail=detail,
    )


def note_seen(
    db: Database,
    person: Person,
    what: str,
    subject: str,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Write down that a person saw something, before it is shown: no look without its line."""
    with db.transaction(Role.OFFICE) as tx:
        note_seen_within(tx, person, what, subject, detail)


def read_audit(
    db: Database,
    *,
    lines: int = AUDIT_PAGE_LINES_MAX,
    page: int = 1,
    person_id: int | None = None,
    action: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> tuple[list[Noted], bool]:
    """Give a page of the audit trail, the latest first, and whether there are more."""
    with db.transaction(Role.OFFICE) as tx:
        found = store.list_audit(
            tx,
            limit=lines + 1,
            offset=(page - 1) * lines,
            person_id=person_id,
            action=action,
            since=since,
            until=until,
        )
    return found[:lines], len(found) > lines


def list_actions(db: Database) -> list[str]:
    """Give every action that was ever written down."""
    with db.transaction(Role.OFFICE) as tx:
        return store.list_audit_actions(tx)
