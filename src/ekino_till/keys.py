"""A key pair: made once, kept in a file that only its owner reads; and how a new one is told."""

import base64
import os
import re
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

# What the signature's one header line can carry: no space, quote, backslash or line break.
_KEY_ID = re.compile(r"[!#-\[\]-~]{1,128}")
_ENROLMENT_HEADER = "ekino-key-v1"


@dataclass(frozen=True, slots=True)
class Key:
    """A private key and the name under which the register knows its public half."""

    key_id: str
    private: Ed25519PrivateKey

    def __post_init__(self) -> None:
        """Refuse a name that a header would not carry as it is."""
        if not _KEY_ID.fullmatch(self.key_id):
            message = f"{self.key_id!r} is not 1 … 128 printable ASCII characters"
            raise ValueError(message)

    @classmethod
    def open(cls, path: Path, key_id: str) -> "Key":
        """
        Read a key from a PEM file, or make it there, with mode 0600.

        A crash never leaves half a key. Raises ValueError when the file holds another kind.
        """
        if not path.exists():
            _make(path)
        return cls.load(path, key_id)

    @classmethod
    def load(cls, path: Path, key_id: str) -> "Key":
        """
        Read a key that must be there: a till that lost its disk must not make itself another.

        Raises OSError when the file cannot be read, ValueError when it holds no such key.
        """
        try:
            private = load_pem_private_key(path.read_bytes(), password=None)
        except (ValueError, TypeError) as error:
            message = f"{path} holds no Ed25519 key: {error}"
            raise ValueError(message) from error
        if not isinstance(private, Ed25519PrivateKey):
            message = f"{path} holds no Ed25519 key"
            raise ValueError(message)  # noqa: TRY004 - the file is wrong, not its caller
        return cls(key_id, private)

    @property
    def public_text(self) -> str:
        """The public half in base64, as an operator registers it."""
        return base64.b64encode(self.private.public_key().public_bytes_raw()).decode()

    @property
    def enrolment_text(self) -> str:
        """What a new key signs to prove that whoever announces it holds it: three lines."""
        return f"{_ENROLMENT_HEADER}\n{self.key_id}\n{self.public_text}\n"

    @property
    def proof(self) -> str:
        """The base64 of the key's signature over its own enrolment text."""
        return base64.b64encode(self.private.sign(self.enrolment_text.encode())).decode()


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        # Two that make it at once agree on the first: a link does not replace.
        path.hardlink_to(beside)
    except FileExistsError:
        pass
    finally:
        beside.unlink()
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make the names in a folder survive a power cut, where the system can."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        # Windows opens no folder; it writes names in order by itself.
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
