"""Tickets with tokens: what a till prints, and the sale that reports it."""

import base64
import hashlib
import time
from dataclasses import dataclass
from struct import Struct

import msgspec
from nacl.bindings import crypto_sign, crypto_sign_seed_keypair

from ekino.access import service as access
from ekino.access.signature import SIGNATURE_BYTES
from ekino.cli.bench.site import Site
from ekino.db.database import Role
from ekino.verify.token import TICKET_ID_BYTES, VERSION, note_key_id

# The layout of docs/reference/ticket-token.md.
_BODY = Struct(">B4s12sIIIIHIB")
_DOMAIN = b"ekino-ticket-v1\n"
_PRICE_MINOR = 150_000


@dataclass(frozen=True, slots=True)
class Ticket:
    """One printed ticket: the characters of its code, and its sale as an event."""

    token: str
    sale: str


class Printer:
    """One till of a source, with a key of its own, that numbers its tickets from 1."""

    def __init__(self, site: Site, source_number: int = 0) -> None:
        """Register the till's key."""
        self.source = site.sources[source_number]
        self._halls = site.store.halls()
        seed = hashlib.sha256(b"ekino bench till").digest()
        self._public, self._secret = crypto_sign_seed_keypair(seed)
        self._name = f"source-{source_number:02}.bench/till-1"
        with site.db.transaction(Role.OFFICE) as tx:
            access.add_key(
                tx,
                key_id=self._name,
                public_key=base64.b64encode(self._public).decode(),
                source_id=site.store.sources()[source_number],
                kind="till",
            )

    def ticket(self, seq: int) -> Ticket:
        """Print a ticket; its id comes from its number, so that a run can be run again."""
        ticket_id = hashlib.sha256(f"ticket {seq}".encode()).digest()[:TICKET_ID_BYTES]
        venue, showing = self.source.showings[seq % len(self.source.showings)]
        hall_id, start_s = self._halls[venue, showing]
        body = _BODY.pack(
            VERSION, note_key_id(self._name, self._public), ticket_id, seq, hall_id,
            start_s, _PRICE_MINOR, 0, int(time.time()), 0,
        )  # fmt: skip
        signature = crypto_sign(_DOMAIN + body, self._secret)[:SIGNATURE_BYTES]
        token = _text(body + signature)
        sale = {
            "kind": "sold",
            "sequence": seq,
            "ticket": _text(ticket_id),
            "venue": venue,
            "showing": showing,
            "happened_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "price_minor": _PRICE_MINOR,
            "sales_channel": "box_office",
            "token": token,
        }
        return Ticket(token, msgspec.json.encode(sale).decode())


def _text(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=")
