"""Forms of pages, read whole and bounded; and contacts, sealed with a key in a file."""

import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from urllib.parse import parse_qsl

from nacl.secret import SecretBox
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ekino.ingest.api import read_body
from ekino.kernel.errors import Malformed

Answering = Callable[[Request, Mapping[str, str]], Response]
# The longest answer to a claim in Cyrillic, percent-encoded, with room to spare.
FORM_BYTES_MAX = 32 * 1024
# A page's own form has a handful of fields.
FORM_FIELDS_MAX = 20


def form(answer: Answering) -> Callable[[Request], Awaitable[Response]]:
    """Give the endpoint that reads a form and lets `answer` reply in a thread."""

    async def endpoint(request: Request) -> Response:
        body = await read_body(request.receive, bytes_max=FORM_BYTES_MAX)
        try:
            pairs = parse_qsl(
                body.decode("ascii"),
                keep_blank_values=True,
                max_num_fields=FORM_FIELDS_MAX,
                errors="strict",
            )
        except ValueError as error:
            raise Malformed("this is no form of ours", code="form_malformed") from error
        fields = {name: _clean(value) for name, value in pairs}
        return await run_in_threadpool(answer, request, fields)

    return endpoint


def _clean(value: str) -> str:
    """Keep what can be printed, and line ends: PostgreSQL's texts hold no NUL."""
    return "".join(each for each in value if each.isprintable() or each == "\n").strip()


class ContactSeal:
    """Seals contacts with a key that is in a file and in no database."""

    def __init__(self, path: Path) -> None:
        """Name the key's file; it is made when the first contact is sealed."""
        self._path = path

    def seal(self, text: str) -> bytes:
        """Seal a contact."""
        return bytes(SecretBox(self._key()).encrypt(text.encode()))

    def unseal(self, sealed: bytes) -> str:
        """Open a sealed contact; CryptoError when the key is another."""
        return SecretBox(self._key()).decrypt(sealed).decode()

    def _key(self) -> bytes:
        if not self._path.exists():
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            beside = self._path.with_suffix(f".{os.getpid()}")
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
