"""A key pair: made once, kept in a file that only its owner reads."""

import base64
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)


@dataclass(frozen=True, slots=True)
class Key:
    """A private key and the name under which the register knows its public half."""

    key_id: str
    private: Ed25519PrivateKey

    @classmethod
    def open(cls, path: Path, key_id: str) -> "Key":
        """
        Read a key from a PEM file, or make it there, with mode 0600.

        A crash never leaves half a key. Raises ValueError when the file holds another kind.
        """
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            pem = Ed25519PrivateKey.generate().private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
            )
            beside = path.with_suffix(f".{os.getpid()}")
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(pem)
                file.flush()
                os.fsync(file.fileno())
            try:
                path.hardlink_to(beside)
            except FileExistsError:
                pass
            finally:
                beside.unlink()
        private = load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(private, Ed25519PrivateKey):
            message = f"{path} holds no Ed25519 key"
            raise ValueError(message)  # noqa: TRY004 - the file is wrong, not its caller
        return cls(key_id, private)

    @property
    def public_text(self) -> str:
        """The public half in base64, as an operator registers it."""
        return base64.b64encode(self.private.public_key().public_bytes_raw()).decode()
