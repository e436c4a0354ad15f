"""Checkpoints, proofs that a visitor downloads, and the policy that says who must have signed."""

# Source: C2SP tlog-checkpoint, tlog-proof, tlog-policy. Standard library only.

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ekino.proofs.merkle import HASH_BYTES
from ekino.proofs.note import (
    Check,
    Note,
    NoteMalformed,
    NoteUnproved,
    Verifier,
    decode_base64,
    read_note,
    read_vkey,
    verify_note,
    write_note,
)

_PROOF_HEADER = "c2sp.org/tlog-proof@v1"
_TEXT_LINES = 3
# A tree of 2**63 leaves has paths no longer than this.
PATH_HASHES_MAX = 63
_SIZE_DIGITS_MAX = 19


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head under the name of its log."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The text that is signed."""
        root = base64.b64encode(self.root).decode()
        return f"{self.origin}\n{self.size}\n{root}\n"


def read_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint's text, in its one spelling and without extension lines."""
    lines = text.split("\n")
    if len(lines) != _TEXT_LINES + 1 or lines[-1] or not lines[0]:
        message = "a checkpoint is three lines: origin, size, root"
        raise NoteMalformed(message)
    root = decode_base64(lines[2])
    if len(root) != HASH_BYTES:
        message = f"a root has {HASH_BYTES} bytes"
        raise NoteMalformed(message)
    return Checkpoint(lines[0], read_number(lines[1]), root)


def read_number(text: str) -> int:
    """Read a size or an index: decimal, no sign, no leading zero; else `NoteMalformed`."""
    is_plain = text.isascii() and text.isdigit() and len(text) <= _SIZE_DIGITS_MAX
    if not is_plain or (len(text) > 1 and text.startswith("0")):
        message = f"{text[:40]!r} is not a number in its one spelling"
        raise NoteMalformed(message)
    return int(text)


@dataclass(frozen=True, slots=True)
class Policy:
    """Whose checkpoints count: the log's key, the witnesses, and how many of them."""

    log: Verifier | None
    witnesses: tuple["Witness", ...] = ()
    # Group name → (how many of its members, the members' names).
    groups: Mapping[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    # "none", or the name of a witness or a group.
    quorum: str = "none"

    def is_met(self, signed: frozenset[str]) -> bool:
        """Say whether these witnesses, by the names of the policy, are enough."""
        return self.quorum == "none" or self._has_signed(self.quorum, signed)

    def _has_signed(self, name: str, signed: frozenset[str]) -> bool:
        if name not in self.groups:
            return name in signed
        wanted, members = self.groups[name]
        return sum(self._has_signed(member, signed) for member in members) >= wanted


@dataclass(frozen=True, slots=True)
class Witness:
    """Somebody outside who cosigns; `url` is "" where nobody has to be asked."""

    # What groups of the policy call it.
    name: str
    verifier: Verifier
    url: str = ""


def read_policy(text: str) -> Policy:
    """
    Read a policy: lines `log`, `witness`, `group` and `quorum`; `#` begins a comment.

    Raises `NoteMalformed` for a name used twice or not yet known, as the format demands.
    """
    log: Verifier | None = None
    witnesses: list[Witness] = []
    groups: dict[str, tuple[int, tuple[str, ...]]] = {}
    names: set[str] = set()
    quorum = ""
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        match words:
            case []:
                continue
            case ["log", vkey, *rest] if len(rest) <= 1 and log is None:
                log = read_vkey(vkey)
            case ["witness", name, vkey, *rest] if len(rest) <= 1 and name not in names:
                witnesses.append(Witness(name, read_vkey(vkey), "".join(rest)))
                names.add(name)
            case ["group", name, wanted, *members] if (
                members and name not in names and names.issuperset(members)
            ):
                groups[name] = (_wanted(wanted, members), tuple(members))
                names.add(name)
            case ["quorum", name] if not quorum and (name in names or name == "none"):
                quorum = name
            case _:
                message = f"the policy's line {line!r} cannot be read"
                raise NoteMalformed(message)
    return Policy(log, tuple(witnesses), groups, quorum or "none")


def _wanted(text: str, members: Sequence[str]) -> int:
    if text in ("any", "all"):
        return 1 if text == "any" else len(members)
    wanted = read_number(text)
    if not 1 <= wanted <= len(members):
        message = f"{wanted} of {len(members)} members cannot be wanted"
        raise NoteMalformed(message)
    return wanted


def open_checkpoint(raw: bytes, policy: Policy, checks: dict[int, Check]) -> Checkpoint:
    """
    Give the checkpoint in a note that the policy accepts.

    Raises `NoteMalformed`, or `NoteUnproved` when the log's key has not signed, a known
    key's line is wrong, or too few witnesses have cosigned.
    """
    return _accepted(read_note(raw), policy, checks)


def _accepted(note: Note, policy: Policy, checks: dict[int, Check]) -> Checkpoint:
    checkpoint = read_checkpoint(note.text)
    if policy.log is None:
        message = "a policy without the log's key accepts nothing"
        raise NoteUnproved(message)
    known = [policy.log, *(each.verifier for each in policy.witnesses)]
    signers = {verifier for verifier, _ in verify_note(note, known, checks)}
    if policy.log not in signers or checkpoint.origin != policy.log.name:
        message = f"{policy.log.name} has not signed this checkpoint"
        raise NoteUnproved(message)
    signed = frozenset(each.name for each in policy.witnesses if each.verifier in signers)
    if not policy.is_met(signed):
        message = f"the quorum {policy.quorum} is not met by {sorted(signed)}"
        raise NoteUnproved(message)
    return checkpoint


@dataclass(frozen=True, slots=True)
class Proof:
    """An inclusion proof with the checkpoint that it leads to, as a visitor keeps it."""

    index: int
    path: tuple[bytes, ...]
    # The signed note, byte for byte.
    checkpoint: bytes
    # What the log adds for its own readers; b"" for nothing.
    extra: bytes = b""

    @property
    def encoded(self) -> bytes:
        """The file `.tlog-proof`."""
        lines = [_PROOF_HEADER]
        if self.extra:
            lines.append(f"extra {base64.b64encode(self.extra).decode()}")
        lines.append(f"index {self.index}")
        lines += (base64.b64encode(each).decode() for each in self.path)
        return ("\n".join(lines) + "\n\n").encode() + self.checkpoint


def read_proof(raw: bytes) -> Proof:
    """Read a `.tlog-proof`; what it proves is not asked here. Raises `NoteMalformed`."""
    head, separator, checkpoint = raw.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        message = "a proof is ASCII up to its checkpoint"
        raise NoteMalformed(message) from error
    if not separator or lines.pop(0) != _PROOF_HEADER:
        message = f"a proof begins with {_PROOF_HEADER}"
        raise NoteMalformed(message)
    extra = b""
    if lines and lines[0].startswith("extra "):
        extra = decode_base64(lines.pop(0).removeprefix("extra "))
    if not lines or not lines[0].startswith("index "):
        message = "a proof names its index"
        raise NoteMalformed(message)
    index = read_number(lines.pop(0).removeprefix("index "))
    if len(lines) > PATH_HASHES_MAX:
        message = f"a path has at most {PATH_HASHES_MAX} hashes"
        raise NoteMalformed(message)
    return Proof(index, tuple(read_hash(line) for line in lines), checkpoint, extra)


def read_hash(text: str) -> bytes:
    """Read one hash in base64."""
    raw = decode_base64(text)
    if len(raw) != HASH_BYTES:
        message = f"a hash has {HASH_BYTES} bytes"
        raise NoteMalformed(message)
    return raw


def write_checkpoint(checkpoint: Checkpoint, lines: Sequence[str]) -> bytes:
    """Put a checkpoint and its signature lines together."""
    return write_note(checkpoint.text, lines)
