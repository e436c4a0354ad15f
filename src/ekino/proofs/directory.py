"""The key directory: who may sign what, and that every change of it stands in the log."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ekino.access import service as access
from ekino.db.database import Database, Role
from ekino.kernel.moments import now, to_text
from ekino.proofs.model import canonical
from ekino.proofs.note import COSIGNATURE_ED25519, ED25519, Verifier
from ekino.register import service as register
from ekino.register.model import EventKind, Statement

# A source's keys change in dozens a day; the first start states all there are.
STATEMENTS_AT_ONCE_MAX = 500
# The number of each statement among those about one key.
_ADDED, _REVOKED = 0, 1


@dataclass(frozen=True, slots=True)
class StatedKey:
    """A key, and the statements about it in the log."""

    key: access.ListedKey
    # Position of the statement, or None while it is not entered yet.
    added_at: int | None
    revoked_at: int | None

    @property
    def vkey(self) -> str:
        """The key in one line, as signed notes name it."""
        return _verifier(self.key).vkey


def _verifier(key: access.ListedKey) -> Verifier:
    algorithm = COSIGNATURE_ED25519 if key.kind == "witness" else ED25519
    return Verifier(key.key_id, algorithm, key.public_key)


def statement_of(key: access.ListedKey, *, is_revoked: bool) -> str:
    """
    Write the statement that enters the log when a key is added or revoked.

    Canonical JSON (RFC 8785) of texts that never change afterwards, so that anybody can write
    it again from the directory. Who answers for a source may change, and is not in it.
    """
    columns: dict[str, int | str] = {
        "kind": key.kind,
        "source": key.source or "",
        "statement": "ekino-key-revoked-v1" if is_revoked else "ekino-key-added-v1",
        "valid_from": to_text(key.valid_from),
        "valid_until": to_text(key.valid_until),
        "vkey": _verifier(key).vkey,
    }
    if is_revoked and key.revoked_at is not None:
        columns["revoked_at"] = to_text(key.revoked_at)
    return canonical(columns)


class KeyStatements:
    """Follows the table of keys, and states every change of it in the register."""

    def __init__(self) -> None:
        """Have seen nothing yet."""
        self._revision = -1

    def follow(self, db: Database) -> int:
        """
        State the keys that were added or revoked and are not stated yet; give how many.

        Repeating is harmless: a statement's identity is its key and its number.
        """
        with db.transaction(Role.INGEST) as tx:
            revision = access.read_revision(tx)
            if revision == self._revision:
                return 0
            # Lock first, then look: no other follower states the same meanwhile.
            register.lock_head(tx)
            keys = access.list_keys_within(tx)
            stated = register.find_statements(tx, [key.key_id for key in keys])
            wanted = [
                Statement(
                    kind=EventKind.KEY_REVOKED
                    if number == _REVOKED
                    else EventKind.KEY_ADDED,
                    subject=key.key_id,
                    identity_no=number,
                    body=statement_of(key, is_revoked=number == _REVOKED).encode(),
                )
                for key in keys
                for number in (_ADDED, _REVOKED)
                if (key.key_id, number) not in stated
                and (number == _ADDED or key.revoked_at is not None)
            ]
            some = wanted[:STATEMENTS_AT_ONCE_MAX]
            if some:
                register.append_statements(tx, some, now=now())
        # From here the changes stand in the register, and soon in the log.
        if len(some) == len(wanted):
            self._revision = revision
        return len(some)


def read_directory(db: Database) -> list[StatedKey]:
    """Give every key with where the log states it, in the order of their names."""
    with db.transaction(Role.INGEST) as tx:
        keys = access.list_keys_within(tx)
        stated = register.find_statements(tx, [key.key_id for key in keys])
    return [
        StatedKey(
            key,
            stated.get((key.key_id, _ADDED)),
            stated.get((key.key_id, _REVOKED)),
        )
        for key in keys
    ]


def listed(key: StatedKey) -> dict[str, Any]:
    """Write a key as `/keys` lists it."""
    revoked_at = key.key.revoked_at
    return {
        "key_id": key.key.key_id,
        "kind": key.key.kind,
        "vkey": key.vkey,
        "owner_bin": key.key.owner_bin,
        "valid_from": to_text(key.key.valid_from),
        "valid_until": to_text(key.key.valid_until),
        "revoked_at": None if revoked_at is None else to_text(revoked_at),
        "added_position": key.added_at,
        "revoked_position": key.revoked_at,
        "source": key.key.source,
    }


def register_own_key(db: Database, verifier: Verifier, kind: str) -> None:
    """Enter a key of the register's own, or a witness's, into the table of keys."""
    begins = datetime.now(UTC).replace(microsecond=0)
    with db.transaction(Role.OFFICE) as tx:
        access.add_key(
            tx,
            key_id=verifier.name,
            public_key=base64.b64encode(verifier.public_key).decode(),
            source_id=None,
            kind=kind,
            valid_from=begins,
        )
