"""The register's own Ed25519 keys in files: made once, read by nobody but their process."""

import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nacl.signing import SigningKey

from ekino.kernel.errors import Refused
from ekino.proofs.folder import write_durably
from ekino.proofs.note import ED25519, Verifier, is_name, signature_line

RECEIPTS_SUFFIX = "/receipts"


class NoteSigner:
    """A private key under its name; signs notes in some twenty microseconds."""

    def __init__(self, name: str, seed: bytes) -> None:
        """Take the key's name and its 32 secret bytes."""
        self._key = SigningKey(seed)
        self.verifier = Verifier(name, ED25519, bytes(self._key.verify_key))

    def line(self, text: str) -> str:
        """Give the signature line for a text."""
        return signature_line(self.verifier, self._key.sign(text.encode()).signature)


def ensure_key(path: Path, name: str) -> tuple[NoteSigner, bool]:
    """
    Give the key in a file under this name, and whether it was made just now.

    Raises `Refused` when the file holds no Ed25519 key, or the name cannot name one.
    """
    if not is_name(name):
        detail = f"{name!r} cannot name a key: no space and no + may be in it"
        raise Refused(detail, code="key_name_malformed")
    is_new = not path.exists()
    if is_new:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        pem = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        beside = path.with_suffix(f".{os.getpid()}")
        write_durably(beside, pem, mode=0o600)
        try:
            # A link, not a rename: whoever comes second takes the first one's key.
            path.hardlink_to(beside)
        except FileExistsError:
            is_new = False
        finally:
            beside.unlink()
    detail = f"{path} holds no Ed25519 key in PEM"
    try:
        private = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise Refused(detail, code="own_key_malformed") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise Refused(detail, code="own_key_malformed")
    return NoteSigner(name, private.private_bytes_raw()), is_new
