"""The parts of the log at work in a test: a signer, a run of the sequencer, a backup put back."""

import threading
from pathlib import Path

import psycopg

from ekino.db.database import Database
from ekino.proofs.checkpoint import Policy, read_checkpoint
from ekino.proofs.folder import LogFolder
from ekino.proofs.note import read_note, read_vkey
from ekino.proofs.publisher import Publisher
from ekino.proofs.sequencer import Sequencer
from ekino.proofs.signer import Signer, serve
from ekino.register.service import Head
from factories import a_batch, a_sale
from log_making import ORIGIN

# Nobody has to cosign.
NOBODY = Policy(None)


class Signing:
    """A signer that serves from a thread, stopped and started again at will."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "s.sock"
        self._stop = threading.Event()

    def __enter__(self) -> "Signing":
        self.signer = Signer(self.folder / "signer", ORIGIN)
        self._stop.clear()
        self._thread = threading.Thread(
            target=serve, args=(self.signer, self.socket, self._stop)
        )
        self._thread.start()
        while not self.socket.exists():
            self._thread.join(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.signer._turn.leave()

    @property
    def policy(self) -> Policy:
        return Policy(read_vkey(self.signer.vkey))


def sales(first: int, count: int) -> bytes:
    return a_batch(*(a_sale(number) for number in range(first, first + count)))


def integrate(db: Database, folder: Path, *, entries_max: int = 10_000) -> int:
    sequencer = Sequencer(folder / "log")
    total = 0
    try:
        while count := sequencer.follow(db, entries_max=entries_max):
            total += count
            sequencer._rest_until_s = 0.0
    finally:
        sequencer.close()
    return total


def publish(db: Database, folder: Path, signing: Signing, policy: Policy = NOBODY) -> int:
    """Publish once, with whoever the policy wants to cosign."""
    publisher = Publisher(folder / "log", signing.socket, policy)
    try:
        return publisher.follow(db)
    finally:
        publisher.close()


def restore_tables(db: Database, head: Head, backup: LogFolder) -> None:
    """Take the tables back as a restored backup would, with a superuser's powers."""
    published = read_checkpoint(read_note(backup.read_checkpoint()).text)
    with psycopg.connect(db.dsn, autocommit=True) as root:
        for table, trigger in (
            ("register.entry", "entry_is_append_only"),
            ("register.batch", "batch_is_append_only"),
            ("proofs.head", "head_only_grows"),
        ):
            root.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
        root.execute("DELETE FROM register.entry WHERE position >= %s", [head.size])
        root.execute("DELETE FROM register.batch WHERE batch_no >= %s", [head.batches])
        root.execute("UPDATE register.head SET size = %s, batches = %s", head)
        root.execute(
            "UPDATE proofs.head SET size = %s, root = %s", [published.size, published.root]
        )
