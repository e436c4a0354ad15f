"""Statements: a check of a ticket that is not there becomes an entry of the register at once."""

from collections.abc import Callable
from datetime import timedelta

from ekino.db.database import Database, Role
from ekino.register import service as register
from ekino.register.model import EventKind, Statement
from ekino.verify.model.statement import (
    STATEMENTS_A_MINUTE_MAX,
    Stated,
    wants_statement,
    write_statement,
)
from ekino.verify.service.check import Checked
from ekino.verify.store import state as store

# Turns a text that ends in LF into the register's signed note.
Sign = Callable[[str], str]


def state_absence(db: Database, checked: Checked, sign: Sign) -> Stated | None:
    """
    State that no sale of this token stands among the first entries, and give the statement.

    Gives the one that stands already when it says the same and is fresh, and None for a
    check that says nothing of an absence or when too many were made this minute. The
    register's head is taken only when there is something to state.
    """
    token, judgement = checked.token, checked.judgement
    if token is None or judgement.until is None or not judgement.is_about_absence:
        return None
    with db.transaction(Role.READER) as tx:
        earlier = store.list_statements(tx, token.sha256)
    if not wants_statement(earlier, judgement.verdict, at=checked.at):
        return earlier[-1]
    size, root = _tree(checked)
    with db.transaction(Role.INGEST) as tx:
        # Lock first, then look: two phones that scan one ticket at once make one statement.
        head = register.lock_head(tx)
        earlier = store.list_statements(tx, token.sha256)
        if not wants_statement(earlier, judgement.verdict, at=checked.at):
            return earlier[-1]
        since = checked.at - timedelta(minutes=1)
        if store.count_statements(tx, since) >= STATEMENTS_A_MINUTE_MAX:
            return earlier[-1] if earlier else None
        text = write_statement(
            token_sha256=token.sha256,
            position=head.size,
            tree_size=size,
            root=root,
            verdict=judgement.verdict,
            due_at=judgement.until,
            at=checked.at,
        )
        stated = Stated(
            number=len(earlier) + 1,
            position=head.size,
            tree_size=size,
            stated_at=checked.at,
            verdict=judgement.verdict,
            receipt=sign(text),
        )
        register.append_statements(
            tx,
            [
                Statement(
                    kind=EventKind.TICKET_CHECKED,
                    subject=token.sha256.hex(),
                    identity_no=stated.number,
                    body=text.encode(),
                )
            ],
            now=checked.at,
        )
        store.insert_statement(tx, token.sha256, stated)
    # From here the statement stands in the register; a crash before it leaves the visitor
    # without one, and the next check states it.
    return stated


def find_statement(db: Database, token_sha256: bytes) -> Stated | None:
    """Give the latest statement about a token, or None."""
    with db.transaction(Role.READER) as tx:
        stated = store.list_statements(tx, token_sha256)
    return stated[-1] if stated else None


def _tree(checked: Checked) -> tuple[int, bytes]:
    """Give the tree head that lies within what was read, or what was read and no root."""
    if 0 < checked.log_size <= checked.reach.size:
        return checked.log_size, checked.log_root
    return checked.reach.size, b""
