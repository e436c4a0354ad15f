"""Requests as they go over the wire: signed, numbered, and whole before the clock starts."""

import hashlib
import hmac
import itertools
import time
from dataclasses import dataclass

from ekino.access.signature import content_digest, signature_base, signature_parameters
from ekino.cli.bench.country import Source

# The address that tills sign, whichever port the benchmark's server was given.
PUBLIC_URL = "https://register.bench"
PATH = "/v1/batches"
_CONTENT_TYPE = "application/json"
_NONCES = itertools.count()


@dataclass(slots=True, eq=False)
class Post:
    """One request: its exact bytes, and what must be known to judge the answer."""

    source: Source
    body: bytes
    events: int
    # All that goes before the body.
    head: bytes
    # The request of which this one repeats the body; None for the first.
    first: "Post | None" = None
    # Filled in by the load: HTTP code, body and nanoseconds from the send to the last byte.
    code: int = 0
    answer: bytes = b""
    sent_at_ns: int = 0
    took_ns: int = 0
    pushbacks: int = 0

    def sign_again(self) -> None:
        """Make the request anew, as a till does after 503: a nonce is good for once."""
        if not self.body:
            return
        self.head = _head(self.source, self.body)


def post(source: Source, body: bytes, events: int, *, first: Post | None = None) -> Post:
    """Sign a body and write the request that carries it."""
    return Post(source, body, events, _head(source, body), first)


def post_to_peer(source: Source, body: bytes, events: int) -> Post:
    """Write the request that carries a body to the peer, signed with a shared secret."""
    signature = hmac.new(source.key_id.encode(), body, hashlib.sha256).hexdigest()
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: register.bench\r\nContent-Type: {_CONTENT_TYPE}\r\n"
        f"Content-Length: {len(body)}\r\nX-Source: {source.number}\r\n"
        f"X-Signature: {signature}\r\n\r\n"
    )
    return Post(source, body, events, head.encode())


def _head(source: Source, body: bytes) -> bytes:
    parameters = signature_parameters(
        created=int(time.time()), key_id=source.key_id, nonce=f"bench-{next(_NONCES):012}"
    )
    digest = content_digest(body)
    message = signature_base(
        method="POST",
        target_uri=PUBLIC_URL + PATH,
        digest=digest,
        content_type=_CONTENT_TYPE,
        parameters=parameters,
    )
    return (
        f"POST {PATH} HTTP/1.1\r\nHost: register.bench\r\nContent-Type: {_CONTENT_TYPE}\r\n"
        f"Content-Length: {len(body)}\r\nContent-Digest: {digest}\r\n"
        f"Signature-Input: ekino={parameters}\r\n"
        f"Signature: ekino=:{source.sign(message)}:\r\n\r\n"
    ).encode()
