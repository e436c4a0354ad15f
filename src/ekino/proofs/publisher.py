"""The publisher: every second a new checkpoint, signed, cosigned, and put where all can read it."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2

from ekino.db.database import Database, Role
from ekino.kernel.errors import Broken, Pushback
from ekino.proofs import store
from ekino.proofs.checkpoint import Checkpoint, Policy, read_checkpoint, write_checkpoint
from ekino.proofs.directory import register_own_key
from ekino.proofs.folder import LogFolder, Turn
from ekino.proofs.merkle import consistency_proof
from ekino.proofs.note import read_note, read_vkey
from ekino.proofs.signer import ask, sign_request
from ekino.proofs.tiles import TileReader
from ekino.proofs.witness import (
    WitnessAhead,
    WitnessAway,
    WitnessClient,
    WitnessRefuses,
)

_LOG = logging.getLogger("ekino.proofs")
# A checkpoint at most so often; the specification wants one in 1 … 2 seconds.
CHECKPOINT_EVERY_S = 1.0
# Witnesses are asked side by side, and none is waited for longer than its own limit.
WITNESSES_AT_ONCE = 16


class Publisher:
    """Publishes checkpoints of what the sequencer has integrated."""

    def __init__(self, path: Path, signer_socket: Path, policy: Policy) -> None:
        """Take the log's folder, where the signer answers, and who has to cosign."""
        self._folder = LogFolder(path)
        self._turn = Turn(path.with_name(path.name + ".publisher"))
        self._socket = signer_socket
        self._policy = policy
        self._client = httpx2.Client(follow_redirects=False)
        self._witnesses = [
            WitnessClient(each, self._client) for each in policy.witnesses if each.url
        ]
        self._pool = ThreadPoolExecutor(WITNESSES_AT_ONCE, thread_name_prefix="witness")
        self._next_s = 0.0
        self._is_key_listed = False

    def follow(self, db: Database) -> int:
        """
        Publish a checkpoint if there is anything new, and give how many entries it adds.

        Raises `Pushback` while the signer or too many witnesses are away: ingest and
        integration go on, and the next call catches up. Raises `Broken` when the signer or a
        witness has seen more than we have, or something else: then nothing is published any
        more until a person has looked.
        """
        if time.monotonic() < self._next_s or not self._turn.take():
            return 0
        self._next_s = time.monotonic() + CHECKPOINT_EVERY_S
        with db.transaction(Role.FOLLOWER) as tx:
            head = store.read_head(tx)
        published = self._folder.read_checkpoint()
        before = read_checkpoint(read_note(published).text).size if published else -1
        if head.size == before:
            return 0
        reader = TileReader(head.size, self._folder.read)

        def prove(first: int) -> list[bytes]:
            return consistency_proof(first, head.size, reader.subtree)

        checkpoint, line = self._signed(db, head, prove)
        note = write_checkpoint(checkpoint, [line])
        lines = self._cosigned(checkpoint, note, prove)
        self._folder.replace_checkpoint(write_checkpoint(checkpoint, [line, *lines]))
        # From here whoever asks finds this checkpoint; bundles and tiles were there before.
        return head.size - max(before, 0)

    def _signed(
        self, db: Database, head: store.TreeHead, prove: Callable[[int], list[bytes]]
    ) -> tuple[Checkpoint, str]:
        try:
            _, last, vkey, _ = ask(self._socket, "last\n")
            if last.size > head.size:
                detail = (
                    f"the signer has signed {last.size} entries, the log has {head.size}: "
                    "was a backup restored? Nothing is published"
                )
                raise Broken(detail, code="log_is_ahead")
            request = sign_request(head.size, head.root, prove(last.size))
            outcome, _, _, line = ask(self._socket, request)
        except OSError as error:
            detail = f"the signer does not answer on {self._socket}: {error}"
            raise Pushback(detail, retry_after_s=1, code="signer_away") from error
        if outcome != "ok":
            detail = f"the signer refuses the log's head at {head.size}: {outcome}"
            raise Broken(detail, code="signer_refuses")
        verifier = read_vkey(vkey)
        if not self._is_key_listed:
            register_own_key(db, verifier, "log")
            self._is_key_listed = True
        return Checkpoint(verifier.name, head.size, head.root), line

    def _cosigned(
        self, checkpoint: Checkpoint, note: bytes, prove: Callable[[int], list[bytes]]
    ) -> list[str]:
        asked = [
            (each, self._pool.submit(each.cosign, checkpoint, note, prove))
            for each in self._witnesses
        ]
        lines: list[str] = []
        signed: set[str] = set()
        for witness, answer in asked:
            try:
                lines.append(answer.result())
                signed.add(witness.witness.name)
            except WitnessAway as error:
                _LOG.warning("not cosigned: %s", error)
            except (WitnessAhead, WitnessRefuses) as error:
                detail = (
                    f"a witness has seen another history: {error}. Nothing is published"
                )
                raise Broken(detail, code="witness_refuses") from error
        if not self._policy.is_met(frozenset(signed)):
            detail = f"{len(signed)} witnesses cosigned, the quorum is not met"
            raise Pushback(detail, retry_after_s=1, code="witnesses_away")
        return lines

    def close(self) -> None:
        """Let another process have the turn."""
        self._turn.leave()
        self._pool.shutdown(wait=False)
        self._client.close()
