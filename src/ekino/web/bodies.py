"""The bodies of signed requests, with who signed them."""

import asyncio

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from ekino.access.service import Key, Keyring, verify_operator, verify_request_once
from ekino.access.signature import SignedRequest, verify_body
from ekino.db.database import Database
from ekino.ingest.api import read_body, signed, verify_media_type
from ekino.ingest.model import BODY_BYTES_MAX
from ekino.kernel.errors import Malformed, NotAllowed
from ekino.kernel.moments import now
from ekino.web.room import LARGE_BODY_READ_S, Room, may_be_large


class Bodies:
    """Reads the bodies of signed requests, with who signed them."""

    def __init__(
        self, public_url: str, db: Database, keyring: Keyring, room: Room | None = None
    ) -> None:
        """Take the address that is signed for, who knows keys, and where large bodies go."""
        self._public_url = public_url
        self._db = db
        self._keyring = keyring
        self._room = room or Room()

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
        is known whose it is. Raises `Pushback` when too many are being read.
        """
        if not may_be_large(request, bytes_max):
            bytes_max = min(bytes_max, BODY_BYTES_MAX)
            body = await read_body(request.receive, bytes_max=bytes_max)
            claim = signed(request.scope, request.headers, body, self._public_url)
            return await run_in_threadpool(self.verify, claim), body
        with self._room.place():
            claim = signed(request.scope, request.headers, None, self._public_url)
            key = await run_in_threadpool(self.verify, claim)
            with self._room.place_of(key.source_code or key.key_id):
                body = await read_in_time(request, bytes_max)
            await run_in_threadpool(verify_body, claim, body)
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


async def read_in_time(request: Request, bytes_max: int) -> bytes:
    """Read a body within LARGE_BODY_READ_S; `Malformed` when it takes longer."""
    try:
        async with asyncio.timeout(LARGE_BODY_READ_S):
            return await read_body(request.receive, bytes_max=bytes_max)
    except TimeoutError as error:
        detail = f"the body did not come within {LARGE_BODY_READ_S} s"
        raise Malformed(detail, code="body_is_malformed") from error
