"""Signed notes (C2SP signed-note): names, keys, lines; who signs is passed in."""

# Source: C2SP signed-note and tlog-cosignature. Nothing but the standard library: whoever
# verifies hands in a function that can check an Ed25519 signature.

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# Says whether (public key, signature, message) fit. One such function for each algorithm.
Check = Callable[[bytes, bytes, bytes], bool]

ED25519 = 0x01
COSIGNATURE_ED25519 = 0x04
COSIGNATURE_ML_DSA_44 = 0x06
PUBLIC_KEY_BYTES_OF = {ED25519: 32, COSIGNATURE_ED25519: 32, COSIGNATURE_ML_DSA_44: 1312}
_SIGNATURE_BYTES_OF = {ED25519: 64, COSIGNATURE_ED25519: 64, COSIGNATURE_ML_DSA_44: 2420}
_KEY_ID_BYTES = 4
_TIMESTAMP_BYTES = 8
# A checkpoint with all its cosignatures is a few kilobytes; a megabyte is an attack.
NOTE_BYTES_MAX = 1_000_000
# A verifier must accept 16; a quorum of a country's witnesses is far below a hundred.
SIGNATURES_MAX = 100
_DASH = "\u2014 "


class NoteMalformed(ValueError):
    """These bytes are no signed note, or no key of one."""


class NoteUnproved(ValueError):
    """No known key has signed this note, or one that claims to has not."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who claims to have signed, and the bytes after the key's id."""

    name: str
    key_id: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A text with its final line feed, and the lines that sign it."""

    text: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key under its name, as a vkey spells it."""

    name: str
    algorithm: int
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes by which a signature line names this key."""
        return key_id(self.name, self.algorithm, self.public_key)

    @property
    def vkey(self) -> str:
        """The key in one line: name+id+base64."""
        key = base64.b64encode(bytes([self.algorithm]) + self.public_key).decode()
        return f"{self.name}+{self.key_id.hex()}+{key}"


def key_id(name: str, algorithm: int, public_key: bytes) -> bytes:
    """Give SHA256(name || LF || algorithm || public key)[:4]."""
    named = name.encode() + b"\n" + bytes([algorithm]) + public_key
    return hashlib.sha256(named).digest()[:_KEY_ID_BYTES]


def read_vkey(text: str) -> Verifier:
    """Read a vkey; `NoteMalformed` for anything but its one spelling."""
    name, plus, rest = text.partition("+")
    identity, second_plus, encoded = rest.partition("+")
    raw = decode_base64(encoded)
    if not (plus and second_plus) or not is_name(name) or not raw:
        message = f"{text!r} is not a key such as name+0a1b2c3d+base64"
        raise NoteMalformed(message)
    verifier = Verifier(name, raw[0], raw[1:])
    if PUBLIC_KEY_BYTES_OF.get(verifier.algorithm) != len(verifier.public_key):
        message = f"{text!r} is of no kind that is read here"
        raise NoteMalformed(message)
    if identity != verifier.key_id.hex():
        message = f"{text!r}: the id of this key is {verifier.key_id.hex()}"
        raise NoteMalformed(message)
    return verifier


def is_name(name: str) -> bool:
    """Say whether a text can name a key: not empty, no space, no plus sign."""
    return bool(name) and "+" not in name and not any(each.isspace() for each in name)


def decode_base64(text: str) -> bytes:
    """Undo base64 in its one spelling; `NoteMalformed` for any other."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        message = f"{text[:80]!r} is not base64"
        raise NoteMalformed(message) from error
    if base64.b64encode(raw).decode() != text:
        message = f"{text[:80]!r} is base64 in another spelling than its one"
        raise NoteMalformed(message)
    return raw


def signature_line(verifier: Verifier, value: bytes) -> str:
    """Write one signature line with its line feed."""
    encoded = base64.b64encode(verifier.key_id + value).decode()
    return f"{_DASH}{verifier.name} {encoded}\n"


def write_note(text: str, lines: Sequence[str]) -> bytes:
    """Put a text that ends in a line feed and its signature lines together."""
    return (text + "\n" + "".join(lines)).encode()


def read_signature_line(line: str) -> Signature:
    """Read one signature line, without its line feed; `NoteMalformed` otherwise."""
    if not line.startswith(_DASH):
        message = f"{line[:80]!r} is no signature line"
        raise NoteMalformed(message)
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    raw = decode_base64(encoded)
    if not space or not is_name(name) or len(raw) <= _KEY_ID_BYTES:
        message = f"{line[:80]!r} is no signature line"
        raise NoteMalformed(message)
    return Signature(name, raw[:_KEY_ID_BYTES], raw[_KEY_ID_BYTES:])


def read_note(raw: bytes) -> Note:
    """Take a note apart; who signed it is not asked here. Raises `NoteMalformed`."""
    if len(raw) > NOTE_BYTES_MAX:
        message = f"a note has at most {NOTE_BYTES_MAX} bytes"
        raise NoteMalformed(message)
    try:
        whole = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        message = "a note is UTF-8"
        raise NoteMalformed(message) from error
    if any((each < " " and each != "\n") or each == "\x7f" for each in whole):
        message = "a note holds no control character but the line feed"
        raise NoteMalformed(message)
    # The last empty line separates; the text keeps its own final line feed.
    text, separator, signed = whole.rpartition("\n\n")
    if not separator or not signed.endswith("\n"):
        message = "a note is a text, an empty line and signature lines"
        raise NoteMalformed(message)
    lines = signed.removesuffix("\n").split("\n")
    if len(lines) > SIGNATURES_MAX:
        message = f"a note has at most {SIGNATURES_MAX} signatures"
        raise NoteMalformed(message)
    return Note(text + "\n", tuple(read_signature_line(line) for line in lines))


def verify_note(
    note: Note, verifiers: Sequence[Verifier], checks: dict[int, Check]
) -> list[tuple[Verifier, int | None]]:
    """
    Give the keys that signed a note, each with the time of its cosignature in Unix seconds.

    Lines of unknown keys are passed over, a known key's second line too. Raises
    `NoteUnproved` when a known key's line is wrong, or no known key has signed.
    """
    known = {(each.name, each.key_id): each for each in verifiers}
    found: dict[tuple[str, bytes], tuple[Verifier, int | None]] = {}
    for line in note.signatures:
        name = (line.name, line.key_id)
        verifier = known.get(name)
        if verifier is None or name in found:
            continue
        time_s = verify_line(verifier, line, note.text, checks)
        found[name] = (verifier, time_s)
    if not found:
        message = "no known key has signed this note"
        raise NoteUnproved(message)
    return list(found.values())


def verify_line(
    verifier: Verifier, line: Signature, text: str, checks: dict[int, Check]
) -> int | None:
    """Give a cosignature's time, or None for a plain one; `NoteUnproved` when it is wrong."""
    message = f"the signature of {verifier.name} does not fit"
    check = checks.get(verifier.algorithm)
    length = _SIGNATURE_BYTES_OF.get(verifier.algorithm)
    if check is None or length is None:
        message = f"nothing here can check the signature of {verifier.name}"
        raise NoteUnproved(message)
    time_s: int | None = None
    value = line.value
    signed = text.encode()
    if verifier.algorithm != ED25519:
        time_s = int.from_bytes(value[:_TIMESTAMP_BYTES], "big")
        value = value[_TIMESTAMP_BYTES:]
        signed = cosigned(verifier, time_s, text)
    if len(value) != length or not check(verifier.public_key, value, signed):
        raise NoteUnproved(message)
    return time_s


def cosigned(verifier: Verifier, time_s: int, text: str) -> bytes:
    """Give the bytes that a witness signs for this checkpoint's text at this time."""
    if verifier.algorithm == COSIGNATURE_ED25519:
        return f"cosignature/v1\ntime {time_s}\n{text}".encode()
    try:
        origin, size, root = text.split("\n")[:3]
        return (
            b"subtree/v1\n\0"
            + _counted(verifier.name)
            + time_s.to_bytes(8, "big")
            + _counted(origin)
            + bytes(8)
            + int(size).to_bytes(8, "big")
            + decode_base64(root)
        )
    except (ValueError, OverflowError) as error:
        message = "this text is no checkpoint, so no witness can have cosigned it"
        raise NoteUnproved(message) from error


def _counted(text: str) -> bytes:
    encoded = text.encode()
    return bytes([len(encoded)]) + encoded
