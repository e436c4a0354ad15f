"""The bodies of signed requests, with who signed them."""

import asyncio

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from ekino.access.service import Key, Keyring, verify_operator, verify_request_once
from ekino.access.signature import SignedRequest, verify_body
from ekino.db.database import Database
from ekino.ingest.api import read_body, signed, verify_media_type
from ekino.ingest.model import BODY_BYTES_MAX
from ekino.kernel.errors import Malformed, NotAllowed, Pushback
from ekino.kernel.moments import now

# Bodies over BODY_BYTES_MAX that one process reads at once. A file has 64 MiB and is held twice
# while it is put together: half a gigabyte with four.
LARGE_BODIES_MAX = 4
# Seconds in which a large body must have come: 64 MiB over a village's 2 Mbit/s.
LARGE_BODY_READ_S = 300
# Seconds after which to come again: a city's line has sent a file by then.
LARGE_BODY_AGAIN_S = 10


class Bodies:
    """Reads the bodies of signed requests, with who signed them."""

    def __init__(self, public_url: str, db: Database, keyring: Keyring) -> None:
        """Take the address that is signed for, and who knows keys."""
        self._public_url = public_url
        self._db = db
        self._keyring = keyring
        # Large bodies in flight; asked and changed by the event loop alone.
        self._large = 0

    async def claimed(
        self, request: Request, bytes_max: int
    ) -> tuple[SignedRequest, bytes]:
        """Read a body and the signature that came with it, whoever made that."""
        if request.method == "POST":
            verify_media_type(request.headers)
        body = await read_body(request.receive, bytes_max=bytes_max)
        return signed(request.scope, request.headers, body, self._public_url), body

    def verify(self, claim: SignedRequest) -> Key:
        """Give the key that made a signature."""
        return verify_request_once(self._db, self._keyring, claim, now=now())

    async def signed(self, request: Request, bytes_max: int) -> tuple[Key, bytes]:
        """Read a body that somebody signed, and give the key with it."""
        if request.method == "POST":
            verify_media_type(request.headers)
        return await self.of_file(request, bytes_max)

    async def of_file(self, request: Request, bytes_max: int) -> tuple[Key, bytes]:
        """
        Read a file of any form that somebody signed, and give the key with it.

        The signature is over the digest and not over the bytes: before a large body is read it
        is known whose it is. Raises `Pushback` when LARGE_BODIES_MAX are being read.
        """
        if not _may_be_large(request, bytes_max):
            bytes_max = min(bytes_max, BODY_BYTES_MAX)
            body = await read_body(request.receive, bytes_max=bytes_max)
            claim = signed(request.scope, request.headers, body, self._public_url)
            return await run_in_threadpool(self.verify, claim), body
        if self._large >= LARGE_BODIES_MAX:
            detail = f"{self._large} large bodies are being read already"
            raise Pushback(detail, retry_after_s=LARGE_BODY_AGAIN_S)
        claim = signed(request.scope, request.headers, None, self._public_url)
        self._large += 1
        try:
            key = await run_in_threadpool(self.verify, claim)
            async with asyncio.timeout(LARGE_BODY_READ_S):
                body = await read_body(request.receive, bytes_max=bytes_max)
            await run_in_threadpool(verify_body, claim, body)
        except TimeoutError as error:
            detail = f"the body did not come within {LARGE_BODY_READ_S} s"
            raise Malformed(detail, code="body_is_malformed") from error
        finally:
            self._large -= 1
        return key, body

    async def of_operator(self, request: Request, bytes_max: int) -> tuple[str, bytes]:
        """Read a body that an operator signed, and give the operator's name with it."""
        key, body = await self.signed(request, bytes_max)
        return verify_operator(key), body

    async def of_source(self, request: Request, bytes_max: int) -> tuple[Key, bytes]:
        """Read a body that a source signed, and give its key with it."""
        key, body = await self.signed(request, bytes_max)
        if key.source_id is None:
            detail = "this is no source's key; only a seller answers for its tickets"
            raise NotAllowed(detail, code="source_only")
        return key, body


def _may_be_large(request: Request, bytes_max: int) -> bool:
    """Say whether more than a batch may come: it is said, or not said how much."""
    if bytes_max <= BODY_BYTES_MAX:
        return False
    length = request.headers.get("content-length", "")
    is_told = length.isascii() and length.isdigit()
    return not is_told or int(length[:18]) > BODY_BYTES_MAX
