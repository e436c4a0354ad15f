"""Ticket token v1: the 104 signed bytes in a ticket's QR code, made without a network."""

# The layout is docs/reference/ticket-token.md; `ekino.verify.token` reads it and shares nothing
# with this module but the vectors.

import base64
import hashlib
import secrets
from dataclasses import dataclass
from struct import Struct

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ekino_till.keys import Key

VERSION = 1
# Sizes of the published layout: id, body, signature.
TICKET_ID_BYTES = 12
TOKEN_BYTES = 104
# What every camera opens. Upper case on purpose: the alphanumeric mode of QR codes has no other
# letters and saves a third of the code.
URL_PREFIX = "HTTPS://EKINO.KZ/T/"
# A longer prefix would no longer fit a QR code of version 8-M (221 characters in all).
URL_PREFIX_CHARACTERS_MAX = 54
_DOMAIN = b"ekino-ticket-v1\n"
_ED25519 = b"\x01"
_BODY = Struct(">B4s12sIIIIHIB")
_SHORT_ID_GROUP = 5

FREE = 1
CONCESSION = 2
SOLD_ONLINE = 4
# Instants, halls and prices have four bytes, a place two.
_FOUR_BYTES_MAX = 2**32 - 1
_TWO_BYTES_MAX = 2**16 - 1


class TicketMalformed(ValueError):
    """A field of a ticket cannot be put into a token; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What is printed on a ticket and signed, besides its number of the key."""

    # The hall's number as the register lists it under /v1/catalog/halls.
    hall: int
    # Unix seconds: when the showing starts, and when the ticket was issued by the till's clock.
    start: int
    issued: int
    # What the viewer paid, whole minor units (tiyn); 0 for a free ticket only.
    price_minor: int
    # The place's number in the hall's plan; 0 when it is not numbered.
    place: int = 0
    is_concession: bool = False
    is_sold_online: bool = False
    # From a generator that nobody can guess; made here unless given.
    ticket_id: bytes = b""


def note_key_id(name: str, public_key: bytes) -> bytes:
    """Give the four bytes under which a key is known (C2SP signed note, Ed25519)."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public_key).digest()[:4]


def make_token(key: Key, ticket: Ticket, seq: int) -> bytes:
    """
    Sign a ticket as number `seq` of this key and give the token's 104 bytes.

    Numbers begin at 1 and are never left out nor used twice: take them from
    `Spool.sell`. Raises `TicketMalformed`.
    """
    ticket_id = ticket.ticket_id or new_ticket_id()
    if len(ticket_id) != TICKET_ID_BYTES:
        message = f"ticket_id has {TICKET_ID_BYTES} bytes, not {len(ticket_id)}"
        raise TicketMalformed(message)
    for name, value, least, most in (
        ("seq", seq, 1, _FOUR_BYTES_MAX),
        ("hall", ticket.hall, 0, _FOUR_BYTES_MAX),
        ("start", ticket.start, 0, _FOUR_BYTES_MAX),
        ("issued", ticket.issued, 0, _FOUR_BYTES_MAX),
        ("price_minor", ticket.price_minor, 0, _FOUR_BYTES_MAX),
        ("place", ticket.place, 0, _TWO_BYTES_MAX),
    ):
        if type(value) is not int or not least <= value <= most:
            message = f"{name}: {value!r} is not {least} … {most}"
            raise TicketMalformed(message)
    body = _BODY.pack(
        VERSION,
        note_key_id(key.key_id, key.private.public_key().public_bytes_raw()),
        ticket_id,
        seq,
        ticket.hall,
        ticket.start,
        ticket.price_minor,
        ticket.place,
        ticket.issued,
        _flags(ticket),
    )
    return sign_body(key.private, body)


def sign_body(private: Ed25519PrivateKey, body: bytes) -> bytes:
    """Give the token of a body of 40 bytes."""
    return body + private.sign(_DOMAIN + body)


def _flags(ticket: Ticket) -> int:
    return (
        (FREE if ticket.price_minor == 0 else 0)
        | (CONCESSION if ticket.is_concession else 0)
        | (SOLD_ONLINE if ticket.is_sold_online else 0)
    )


def new_ticket_id() -> bytes:
    """Give twelve bytes that nobody can guess."""
    return secrets.token_bytes(TICKET_ID_BYTES)


def token_text(token: bytes) -> str:
    """Write a token as it is sent and printed: 167 characters of base32."""
    return base64.b32encode(token).decode().rstrip("=")


def token_url(token: bytes, prefix: str = URL_PREFIX) -> str:
    """
    Give the address that the QR code holds.

    `prefix` ends before the token, such as HTTPS://EKINO.KZ/T/. Raises `TicketMalformed` when
    it is longer than URL_PREFIX_CHARACTERS_MAX.
    """
    if len(prefix) > URL_PREFIX_CHARACTERS_MAX:
        message = f"{prefix!r} has more than {URL_PREFIX_CHARACTERS_MAX} characters"
        raise TicketMalformed(message)
    return prefix.upper() + token_text(token)


def short_id(ticket_id: bytes) -> str:
    """Write a ticket's id as people read it aloud: XXXXX-XXXXX-XXXXX-XXXXX."""
    text = ticket_code(ticket_id)
    return "-".join(
        text[first : first + _SHORT_ID_GROUP]
        for first in range(0, len(text), _SHORT_ID_GROUP)
    )


def ticket_code(ticket_id: bytes) -> str:
    """Write a ticket's id as the `ticket` of its events: the 20 characters without hyphens."""
    return base64.b32encode(ticket_id).decode().rstrip("=")
