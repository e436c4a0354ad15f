"""A seal: texts that only the holder of a key in a file can read again."""

import os
import threading
from pathlib import Path

from nacl.secret import SecretBox


class Seal:
    """Seals with a key that is in a file and in no database."""

    def __init__(self, path: Path) -> None:
        """Name the key's file; it is made when the first text is sealed."""
        self._path = path

    def seal(self, text: str) -> bytes:
        """Seal a text."""
        return bytes(SecretBox(self.key()).encrypt(text.encode()))

    def unseal(self, sealed: bytes) -> str:
        """Open a sealed text; CryptoError when the key is another."""
        return SecretBox(self.key()).decrypt(sealed).decode()

    def key(self) -> bytes:
        """Give the key's bytes; it is made unless it is there."""
        if not self._path.exists():
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            beside = self._path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(os.urandom(SecretBox.KEY_SIZE))
                file.flush()
                os.fsync(file.fileno())
            try:
                # A link, not a rename: whoever comes second takes the first one's key.
                self._path.hardlink_to(beside)
            except FileExistsError:
                pass
            finally:
                beside.unlink()
        return self._path.read_bytes()
