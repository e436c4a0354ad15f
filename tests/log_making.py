"""Small logs made in a moment: a folder of tiles with a signed checkpoint, and its parts."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from ekino.db.database import Database
from ekino.ingest.model import Answer
from ekino.ingest.writer import Writer
from ekino.proofs.checkpoint import Checkpoint, Policy, write_checkpoint
from ekino.proofs.edge import Edge
from ekino.proofs.folder import LogFolder
from ekino.proofs.keys import NoteSigner
from factories import EVENING, Vendor, a_waiting

ORIGIN = "ekino.example/register"


def signer_of(name: str = ORIGIN, seed: str = "log") -> NoteSigner:
    """Give a key that is the same in every run."""
    return NoteSigner(name, hashlib.sha256(seed.encode()).digest())


def an_entry(number: int) -> bytes:
    """Give 66 bytes as of an entry."""
    return b"\x01\x01" + hashlib.sha512(f"entry {number}".encode()).digest()


def a_log(
    folder: Path, size: int, *, entries: list[bytes] | None = None, step: int = 0
) -> tuple[Checkpoint, Policy]:
    """
    Write a whole log with its checkpoint; give that and the policy that trusts its key.

    With `step` it grows by so many entries at a time, and every partial tile stays.
    """
    wanted = (
        entries if entries is not None else [an_entry(number) for number in range(size)]
    )
    files = LogFolder(folder)
    edge = Edge(0, [], [])
    for first in range(0, size, step or max(size, 1)):
        edge, written = edge.extended(wanted[first : first + (step or size)])
        files.write([(tile.path, body) for tile, body in written])
    checkpoint = Checkpoint(ORIGIN, size, edge.root())
    signer = signer_of()
    files.replace_checkpoint(write_checkpoint(checkpoint, [signer.line(checkpoint.text)]))
    return checkpoint, Policy(signer.verifier)


@contextmanager
def a_writer(db: Database) -> Iterator[Writer]:
    """Lend a running writer whose clock stands still."""
    writer = Writer(db, clock=lambda: EVENING)
    writer.start()
    try:
        yield writer
    finally:
        writer.stop()


def enter(db: Database, vendor: Vendor, *bodies: bytes, at: datetime = EVENING) -> None:
    """Enter batches as the web does, one after the other."""
    with a_writer(db) as writer:
        for body in bodies:
            done = threading.Event()
            answers: list[object] = []

            def answer(
                value: object, done: threading.Event = done, to: list[object] = answers
            ) -> None:
                to.append(value)
                done.set()

            writer.put(a_waiting(vendor, body, answer, at=at))
            assert done.wait(30)
            assert isinstance(answers[0], Answer), answers[0]
