"""What others may ask of the log: its files, a proof, a receipt, the followers that keep it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ekino.db.database import Database
from ekino.kernel.errors import NotFound, Pushback, Refused
from ekino.proofs import directory
from ekino.proofs.checkpoint import (
    Checkpoint,
    Policy,
    Proof,
    read_checkpoint,
    read_policy,
)
from ekino.proofs.directory import KeyStatements, register_own_key
from ekino.proofs.folder import LogFolder
from ekino.proofs.keys import RECEIPTS_SUFFIX, NoteSigner, ensure_key
from ekino.proofs.merkle import inclusion_path
from ekino.proofs.note import COSIGNATURE_ED25519, NoteMalformed, read_note, write_note
from ekino.proofs.publisher import Publisher
from ekino.proofs.reading import open_entry
from ekino.proofs.sequencer import Sequencer
from ekino.proofs.tiles import TileMalformed, TileReader, read_path
from ekino.register import service as register

__all__ = [
    "KeyStatements",
    "PublicLog",
    "Publisher",
    "Receipts",
    "Sequencer",
    "load_policy",
    "open_entry",
    "read_keys",
    "register_witnesses",
]

_RECEIPT_HEADER = "ekino-receipt-v1"
# A checkpoint comes every second; by then the answer is another.
_PROOF_AGAIN_S = 2


@dataclass(frozen=True, slots=True)
class PublicLog:
    """The log's files, as anybody may read them."""

    folder: LogFolder

    @classmethod
    def at(cls, path: Path) -> "PublicLog":
        """Open the log in a folder."""
        return cls(LogFolder(path))

    def tile(self, path: str) -> bytes:
        """Give a tile or bundle by its path; `NotFound` for any path that names none."""
        try:
            return self.folder.read(read_path(path))
        except (TileMalformed, FileNotFoundError) as error:
            detail = f"the log has no {path[:100]!r}"
            raise NotFound(detail, code="tile_not_found") from error

    def checkpoint(self) -> bytes:
        """Give the newest checkpoint; `NotFound` before the first."""
        note = self.folder.read_checkpoint()
        if not note:
            detail = "no checkpoint has been published yet"
            raise NotFound(detail, code="checkpoint_not_found")
        return note

    def head(self) -> Checkpoint | None:
        """Give what the newest checkpoint says, or None before the first."""
        note = self.folder.read_checkpoint()
        return read_checkpoint(read_note(note).text) if note else None

    def proof(self, db: Database, position: int) -> bytes:
        """
        Give the `.tlog-proof` of the entry at a position.

        `NotFound` for a position that the register does not hold, `Pushback` while it is not
        in a checkpoint yet: that takes seconds.
        """
        note = self.folder.read_checkpoint()
        size = read_checkpoint(read_note(note).text).size if note else 0
        if position >= size:
            if position >= register.read_head(db).size:
                detail = f"the register has no entry at position {position}"
                raise NotFound(detail, code="position_not_found")
            detail = f"entry {position} is entered and not in a checkpoint yet"
            raise Pushback(detail, retry_after_s=_PROOF_AGAIN_S, code="proof_not_yet")
        reader = TileReader(size, self.folder.read)
        path = inclusion_path(position, size, reader.subtree)
        return Proof(position, tuple(path), note).encoded


class Receipts:
    """Signs receipts: what a vendor holds against us if the log lacks his batch."""

    def __init__(self, signer: NoteSigner) -> None:
        """Take the key `<origin>/receipts`."""
        self.signer = signer

    @classmethod
    def open(cls, db: Database, path: Path, origin: str) -> "Receipts":
        """Open or make the key in a file, and list it in the directory."""
        signer, _ = ensure_key(path, origin + RECEIPTS_SUFFIX)
        register_own_key(db, signer.verifier, "receipt")
        return cls(signer)

    def seal(self, batch_sha256: str, first: int, count: int, at: str) -> str:
        """Give the signed receipt of a batch: `count` of its events stand from `first` on."""
        text = f"{_RECEIPT_HEADER}\n{batch_sha256}\n{first}\n{count}\n{at}\n"
        return self.sign(text)

    def sign(self, text: str) -> str:
        """Give the signed note of something else that the register tells somebody."""
        return write_note(text, [self.signer.line(text)]).decode()


def load_policy(path: str) -> Policy:
    """Read the policy file that names the witnesses; without a file nobody is asked."""
    if not path:
        return Policy(None)
    try:
        return read_policy(Path(path).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, NoteMalformed) as error:
        detail = f"the policy {path} cannot be read: {error}"
        raise Refused(detail, code="policy_malformed") from error


def register_witnesses(db: Database, policy: Policy) -> None:
    """List the witnesses' keys in the directory; those of other algorithms stay the policy's."""
    for witness in policy.witnesses:
        if witness.verifier.algorithm == COSIGNATURE_ED25519:
            register_own_key(db, witness.verifier, "witness")


def read_keys(db: Database) -> list[dict[str, Any]]:
    """Give the key directory: every key, and where the log states it."""
    return [directory.listed(key) for key in directory.read_directory(db)]
