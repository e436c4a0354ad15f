"""The bodies of signed requests, with who signed them."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from ekino.access.service import Key, Keyring, verify_operator, verify_request_once
from ekino.access.signature import SignedRequest
from ekino.db.database import Database
from ekino.ingest.api import read_body, signed, verify_media_type
from ekino.kernel.errors import NotAllowed
from ekino.kernel.moments import now


class Bodies:
    """Reads the bodies of signed requests, with who signed them."""

    def __init__(self, public_url: str, db: Database, keyring: Keyring) -> None:
        """Take the address that is signed for, and who knows keys."""
        self._public_url = public_url
        self._db = db
        self._keyring = keyring

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
        claim, body = await self.claimed(request, bytes_max)
        return await run_in_threadpool(self.verify, claim), body

    async def of_file(self, request: Request, bytes_max: int) -> tuple[Key, bytes]:
        """Read a file of any form that somebody signed, and give the key with it."""
        body = await read_body(request.receive, bytes_max=bytes_max)
        claim = signed(request.scope, request.headers, body, self._public_url)
        return await run_in_threadpool(self.verify, claim), body

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
