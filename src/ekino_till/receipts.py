"""Receipts: the register's signed word about a batch, which anybody can check without it."""

# Source: C2SP signed-note, Ed25519.

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ekino_till.token import note_key_id

# A receipt is five short lines and a signature; this much is an attack.
RECEIPT_BYTES_MAX = 10_000
# Outcomes of events that have a position.
SETTLED = frozenset({"entered", "already_entered"})
_HEADER = "ekino-receipt-v1"
_DASH = "\u2014 "
_ED25519 = b"\x01"
_LINES = 5


class ReceiptWrong(ValueError):
    """It is no receipt, not one of this register, or not one about these bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a register says of a batch: `count` of its events stand from `first` on."""

    batch_sha256: str
    first: int
    count: int
    received_at: str


@dataclass(frozen=True, slots=True)
class RegisterKey:
    """The public key of a register's receipts, as `GET /keys` lists it under kind receipt."""

    name: str
    public: bytes

    @classmethod
    def read(cls, vkey: str) -> "RegisterKey":
        """Read a key such as name+0a1b2c3d+base64; `ReceiptWrong` for anything else."""
        name, _, rest = vkey.partition("+")
        identity, _, encoded = rest.partition("+")
        raw = _decode(encoded)
        if raw[:1] != _ED25519 or identity != note_key_id(name, raw[1:]).hex():
            message = f"{vkey[:200]!r} is no Ed25519 key such as name+0a1b2c3d+base64"
            raise ReceiptWrong(message)
        return cls(name, raw[1:])

    def open(self, note: str) -> Receipt:
        """Give what a receipt says once its signature fits; `ReceiptWrong` otherwise."""
        text, separator, lines = note.rpartition("\n\n")
        if not separator or len(note) > RECEIPT_BYTES_MAX:
            message = "a receipt is a text, an empty line and a signature"
            raise ReceiptWrong(message)
        text += "\n"
        mine = note_key_id(self.name, self.public)
        for line in lines.splitlines():
            name, _, encoded = line.removeprefix(_DASH).partition(" ")
            if not line.startswith(_DASH) or name != self.name:
                continue
            raw = _decode(encoded)
            if raw[:4] == mine:
                return self._verified(raw[4:], text)
        message = f"it is not signed by {self.name}"
        raise ReceiptWrong(message)

    def _verified(self, signature: bytes, text: str) -> Receipt:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except InvalidSignature as error:
            message = f"the signature of {self.name} does not fit"
            raise ReceiptWrong(message) from error
        lines = text.split("\n")
        if len(lines) != _LINES + 1 or lines[0] != _HEADER:
            message = f"{self.name} has signed this, and it is no receipt of a batch"
            raise ReceiptWrong(message)
        try:
            first, count = int(lines[2]), int(lines[3])
        except ValueError as error:
            message = "its numbers cannot be read"
            raise ReceiptWrong(message) from error
        return Receipt(
            batch_sha256=lines[1], first=first, count=count, received_at=lines[4]
        )

    def verify(
        self,
        note: str,
        body: bytes,
        outcomes: Sequence[str],
        positions: Sequence[int | None],
    ) -> Receipt:
        """
        Give a receipt once it says of this body what the answer says.

        Raises `ReceiptWrong`; then nothing of the answer is to be believed.
        """
        receipt = self.open(note)
        if receipt.batch_sha256 != hashlib.sha256(body).hexdigest():
            message = "the receipt is about another batch"
            raise ReceiptWrong(message)
        for outcome, position in zip(outcomes, positions, strict=True):
            if (outcome in SETTLED) != (type(position) is int):
                message = f"an event is {outcome} at position {position}"
                raise ReceiptWrong(message)
        first, count = expected_run(outcomes, positions)
        if receipt.count != count or (count and receipt.first != first):
            message = (
                f"the receipt says {receipt.count} from {receipt.first}, "
                f"the answer {count} from {first}"
            )
            raise ReceiptWrong(message)
        return receipt


def expected_run(
    outcomes: Sequence[str], positions: Sequence[int | None]
) -> tuple[int, int]:
    """
    Give (first, count) that the receipt of such an answer speaks of.

    That is the run entered just now; when nothing was new, the run that its events have held
    since they were, if they are neighbours; otherwise nothing.
    """
    entered = [
        position
        for outcome, position in zip(outcomes, positions, strict=True)
        if outcome == "entered" and position is not None
    ]
    held = entered or [position for position in positions if position is not None]
    distinct = set(held)
    if not distinct or (not entered and max(distinct) - min(distinct) + 1 != len(distinct)):
        return 0, 0
    return min(distinct), len(distinct)


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        message = f"{text[:80]!r} is not base64"
        raise ReceiptWrong(message) from error
