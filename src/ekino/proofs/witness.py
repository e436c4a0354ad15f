"""Witnesses (C2SP tlog-witness): asking somebody outside to cosign, and believing only proof."""

import base64
from collections.abc import Callable

import httpx2

from ekino.proofs.checkpoint import Checkpoint, Witness, read_number
from ekino.proofs.note import NoteMalformed, NoteUnproved, read_signature_line, verify_line
from ekino.proofs.signatures import CHECKS

# A witness checks one proof and writes one row; whoever takes longer is asked next time.
WITNESS_WAIT_S = 2.0
# One line is a hundred bytes; an ML-DSA one three and a half thousand.
ANSWER_BYTES_MAX = 65_536
_SIZE_TYPE = "text/x.tlog.size"
_CONFLICT, _DONE = 409, 200
# Gives the consistency proof from a size to the checkpoint's.
Prove = Callable[[int], list[bytes]]


class WitnessAway(Exception):
    """The witness has not cosigned: it is away, or its answer proves nothing."""


class WitnessAhead(Exception):
    """The witness has cosigned a larger tree than ours: ours was rolled back."""


class WitnessRefuses(Exception):
    """The witness refuses our head for good: it has seen another history."""


class WitnessClient:
    """One witness, and the size it cosigned last as far as we know."""

    def __init__(self, witness: Witness, client: httpx2.Client) -> None:
        """Take the witness and the connections to ask it through."""
        self.witness = witness
        self._client = client
        self._size = 0

    def cosign(self, checkpoint: Checkpoint, signed: bytes, prove: Prove) -> str:
        """
        Give the witness's signature line for a signed checkpoint.

        Raises `WitnessAway` (ask again later), `WitnessAhead` or `WitnessRefuses` (halt).
        """
        # Twice: at first we may not know how far the witness is, then it tells us.
        for _ in range(2):
            code, text, kind = self._ask(checkpoint, signed, prove)
            if code == _DONE:
                line = self._verified(checkpoint, text)
                self._size = checkpoint.size
                return line
            if code != _CONFLICT or not kind.startswith(_SIZE_TYPE):
                break
            self._size = self._told(text)
            if self._size > checkpoint.size:
                message = f"{self.witness.name} has cosigned {self._size} entries"
                raise WitnessAhead(message)
        message = f"{self.witness.name} answered {code}: {text[:200].strip()}"
        if code == 422:  # noqa: PLR2004 - the protocol's answer to a fork
            raise WitnessRefuses(message)
        raise WitnessAway(message)

    def _ask(
        self, checkpoint: Checkpoint, signed: bytes, prove: Prove
    ) -> tuple[int, str, str]:
        old = min(self._size, checkpoint.size)
        proof = prove(old) if old else []
        hashes = "".join(base64.b64encode(each).decode() + "\n" for each in proof)
        body = f"old {old}\n{hashes}\n".encode() + signed
        url = f"{self.witness.url.rstrip('/')}/add-checkpoint"
        try:
            answer = self._client.post(url, content=body, timeout=WITNESS_WAIT_S)
        except httpx2.HTTPError as error:
            message = f"{self.witness.name} is away: {type(error).__name__}"
            raise WitnessAway(message) from error
        text = answer.content[:ANSWER_BYTES_MAX].decode("utf-8", "replace")
        return answer.status_code, text, answer.headers.get("content-type", "")

    def _told(self, text: str) -> int:
        try:
            return read_number(text.removesuffix("\n"))
        except NoteMalformed as error:
            message = f"{self.witness.name} answered 409 without its size"
            raise WitnessAway(message) from error

    def _verified(self, checkpoint: Checkpoint, text: str) -> str:
        """Give the line of the key that the policy names, after checking it."""
        verifier = self.witness.verifier
        try:
            for each in text.splitlines():
                line = read_signature_line(each)
                if (line.name, line.key_id) == (verifier.name, verifier.key_id):
                    verify_line(verifier, line, checkpoint.text, CHECKS)
                    return each + "\n"
        except (NoteMalformed, NoteUnproved) as error:
            message = f"{self.witness.name} answered with what is no cosignature: {error}"
            raise WitnessAway(message) from error
        message = f"{self.witness.name} answered with another key than the policy's"
        raise WitnessAway(message)
