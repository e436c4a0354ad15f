"""Tickets of an invented till: keys of kind till, tokens, sales that carry them."""

import base64
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ekino.access import service as access
from ekino.catalog import service as catalog
from ekino.db.database import Database
from ekino.verify.model.verdict import TillKey
from ekino_till import Key, Ticket, make_token, token_text
from ekino_till.token import ticket_code
from factories import EVENING, a_sale

START = datetime(2026, 11, 24, 14, 30, tzinfo=UTC)
ALLOWED_DELAY_S = 3_600
TILL_KEY_ID = "vendor.example/till-1"


@dataclass
class APrinter:
    """A till that prints tokens and counts them."""

    key: Key
    hall: int = 1
    seq: int = 0
    made: dict[bytes, Ticket] = field(default_factory=dict)

    def token(self, *, seq: int | None = None, **fields: Any) -> bytes:
        """Print a ticket; `seq` prints one under a number of one's own."""
        if seq is None:
            self.seq += 1
            seq = self.seq
        ticket = Ticket(
            **{
                "hall": self.hall,
                "start": int(START.timestamp()),
                "issued": int(EVENING.timestamp()) - 60,
                "price_minor": 150_000,
                **fields,
            }
        )
        raw = make_token(self.key, ticket, seq)
        self.made[raw] = replace(ticket, ticket_id=raw[5:17])
        return raw


def a_till_key(private: Ed25519PrivateKey | None = None, **fields: Any) -> TillKey:
    """Give a till's key as the rule sees it."""
    private = private or Ed25519PrivateKey.generate()
    return TillKey(
        **{
            "name": TILL_KEY_ID,
            "public_key": private.public_key().public_bytes_raw(),
            "source_id": 1,
            "source_code": "vendor",
            "source_name": "Vendor",
            "valid_from": EVENING - timedelta(days=30),
            "valid_until": EVENING + timedelta(days=300),
            "revoked_at": None,
            "allowed_delay_s": ALLOWED_DELAY_S,
            **fields,
        }
    )


def a_printer(
    db: Database,
    *,
    code: str = "vendor",
    key_id: str = TILL_KEY_ID,
    allowed_delay_s: int = ALLOWED_DELAY_S,
    valid_from: datetime = EVENING - timedelta(days=30),
    venue: str = "ALA-1",
    hall: str = "1",
) -> APrinter:
    """Register a till of a source that is there already, and give it its hall's number."""
    private = Ed25519PrivateKey.generate()
    source = {
        "code": code,
        "name": code,
        "vendor": None,
        "organisation": None,
        "may_announce": True,
        "state": "active",
        "allowed_delay_s": allowed_delay_s,
        "halls": [],
        "halls_are_whole": False,
        "keys": [
            {
                "key_id": key_id,
                "public_key": base64.b64encode(
                    private.public_key().public_bytes_raw()
                ).decode(),
                "kind": "till",
                "valid_from": valid_from,
                "valid_until": valid_from + timedelta(days=700),
            }
        ],
    }
    access.load_sources(db, [source], actor="test")
    rows = catalog.list_rows(db, "halls", after="", limit=100)
    number = next(row["number"] for row in rows if row["code"] == f"{venue}/{hall}")
    return APrinter(Key(key_id, private), hall=number)


def a_sale_of(token: bytes, number: int = 1, /, **fields: Any) -> dict[str, Any]:
    """Give the sale that carries a token, as its vendor sends it."""
    price_minor = int.from_bytes(token[29:33], "big")
    return a_sale(
        number,
        **{
            "ticket": ticket_code(token[5:17]),
            "token": token_text(token),
            "price_minor": price_minor,
            **fields,
        },
    )
