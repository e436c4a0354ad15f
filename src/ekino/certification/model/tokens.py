"""Examples of ticket tokens: values to make them of, and the bytes that are right."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct

from nacl.signing import SigningKey

from ekino.verify.token import FLAG_FREE, TICKET_ID_BYTES, VERSION, note_key_id

# The layout is docs/reference/ticket-token.md.
_BODY = Struct(">B4s12sIIIIHIB")
_DOMAIN = b"ekino-ticket-v1\n"
_SEED_OF = b"ekino-certification-tokens\n"
_CONCESSION_ONLINE = 6
_ISSUED_S = 1_795_176_000
_START_S = 1_795_183_200


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One ticket whose token is asked for; its key is made for the example and signs nothing."""

    seed_hex: str
    key_name: str
    ticket_id_hex: str
    number: int
    hall: int
    start_s: int
    price_minor: int
    place: int
    issued_s: int
    flags: int


def make_examples(salt: str) -> tuple[Example, ...]:
    """Give three tickets: a plain one, a free one, a child's that was bought online."""
    seed = hashlib.sha256(_SEED_OF + salt.encode()).digest()

    def example(number: int, price_minor: int, place: int, flags: int) -> Example:
        ticket = hashlib.sha256(seed + bytes([number])).digest()[:TICKET_ID_BYTES]
        return Example(
            seed_hex=seed.hex(),
            key_name=f"test.certification/{salt}",
            ticket_id_hex=ticket.hex(),
            number=number,
            hall=4_242,
            start_s=_START_S,
            price_minor=price_minor,
            place=place,
            issued_s=_ISSUED_S + number,
            flags=flags,
        )

    return (
        example(1, 250_000, 57, 0),
        example(2, 0, 0, FLAG_FREE),
        example(3, 125_000, 300, _CONCESSION_ONLINE),
    )


def texts_of(examples: Sequence[Example]) -> tuple[str, ...]:
    """Give the right tokens, in base32."""
    return tuple(_text_of(each) for each in examples)


def _text_of(example: Example) -> str:
    key = SigningKey(bytes.fromhex(example.seed_hex))
    body = _BODY.pack(
        VERSION,
        note_key_id(example.key_name, bytes(key.verify_key)),
        bytes.fromhex(example.ticket_id_hex),
        example.number,
        example.hall,
        example.start_s,
        example.price_minor,
        example.place,
        example.issued_s,
        example.flags,
    )
    raw = body + key.sign(_DOMAIN + body).signature
    return base64.b32encode(raw).decode().rstrip("=")
