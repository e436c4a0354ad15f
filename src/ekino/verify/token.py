"""Ticket token v1, read strictly: one spelling, one length, one signature, nothing else."""

# The layout is docs/reference/ticket-token.md. The kit writes tokens with code of its own;
# tests/vectors/ticket.json keeps the two equal.

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from struct import Struct

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

VERSION = 1
# Sizes of the published layout: body, signature, id.
TOKEN_BYTES = 104
TOKEN_CHARACTERS = 167
TICKET_ID_BYTES = 12
SHORT_ID_CHARACTERS = 20
# Free or invitation, concession, sold online; the other bits mean nothing yet.
FLAG_FREE = 1
FLAGS_KNOWN = 7
_BODY_BYTES = 40
_DOMAIN = b"ekino-ticket-v1\n"
_ED25519 = b"\x01"
_BODY = Struct(">B4s12sIIIIHIB")
_TEXT = re.compile(r"[A-Z2-7]{167}\Z")
# 167 characters are three bits more than 104 bytes; these are the ones in which they are zero.
_LAST_CHARACTERS = frozenset("AIQY")
_SHORT = re.compile(r"[A-Z2-7]{20}\Z")
_URL = re.compile(r"https?://([^/?#@]+)/t/([^/?#]+)\Z", re.IGNORECASE)


class Unreadable(ValueError):
    """These characters are no ticket token of ours; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Token:
    """What a till signed about one ticket."""

    raw: bytes
    # The four bytes that name the till's key.
    key_id: bytes
    ticket_id: bytes
    # The ticket's number among those of its key, from 1, without a gap.
    seq: int
    # catalog.hall.
    hall_id: int
    # Unix seconds: start of the showing; issue by the till's clock.
    start_s: int
    price_minor: int
    # Number in the hall's plan; 0 where places are not numbered.
    place: int
    issued_s: int
    marks: int

    @property
    def sha256(self) -> bytes:
        """The hash under which a check of this token is remembered."""
        return hashlib.sha256(self.raw).digest()

    @property
    def short_id(self) -> str:
        """The ticket's id as it is printed for people without a camera."""
        return write_short_id(self.ticket_id)


def read_text(text: str) -> Token:
    """Read a token's characters; `Unreadable` when they are not the one spelling of one."""
    plain = text.upper()
    if not _TEXT.match(plain):
        message = f"a token has {TOKEN_CHARACTERS} characters of base32"
        raise Unreadable(message)
    if plain[-1] not in _LAST_CHARACTERS:
        message = "the last character spells the same bytes a second way"
        raise Unreadable(message)
    return read_bytes(base64.b32decode(plain + "="))


def read_bytes(raw: bytes) -> Token:
    """Read a token's bytes; `Unreadable` for another length, version, flag or price."""
    if len(raw) != TOKEN_BYTES:
        message = f"a token has {TOKEN_BYTES} bytes"
        raise Unreadable(message)
    version, *values = _BODY.unpack_from(raw)
    token = Token(raw, *values)
    if version != VERSION:
        message = f"version {version} is not known"
        raise Unreadable(message)
    if token.marks & ~FLAGS_KNOWN:
        message = "a flag is set that means nothing yet"
        raise Unreadable(message)
    if token.seq == 0:
        message = "the numbers of a key begin at 1"
        raise Unreadable(message)
    if (token.price_minor == 0) != bool(token.marks & FLAG_FREE):
        message = "only a free ticket costs nothing, and it says so"
        raise Unreadable(message)
    return token


def read_address(text: str) -> tuple[str, str]:
    """Give (host, token) of a code's whole content; the host is "" for a bare token."""
    match = _URL.match(text.strip())
    return (match[1].lower(), match[2]) if match else ("", text.strip())


def is_signed_by(token: Token, public_key: bytes) -> bool:
    """
    Say whether the holder of this key signed exactly these bytes.

    Strict Ed25519 (RFC 8032, §5.1.7): libsodium refuses S ≥ L, points of small order and
    second spellings, which other libraries let pass.
    """
    try:
        VerifyKey(public_key).verify(
            _DOMAIN + token.raw[:_BODY_BYTES], token.raw[_BODY_BYTES:]
        )
    except BadSignatureError:
        return False
    return True


def note_key_id(name: str, public_key: bytes) -> bytes:
    """Give the four bytes under which a key is known (C2SP signed note, Ed25519)."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public_key).digest()[:4]


def read_short_id(text: str) -> bytes | None:
    """Give the twelve bytes of an id as people type it, hyphens and spaces or not; else None."""
    plain = re.sub(r"[\s-]", "", text).upper()
    if not _SHORT.match(plain):
        return None
    try:
        raw = base64.b32decode(plain + "====")
    except binascii.Error:
        return None
    # Twelve bytes are 96 bits, twenty characters 100: the last four must be zero.
    is_canonical = base64.b32encode(raw).decode().rstrip("=") == plain
    return raw if is_canonical else None


def write_short_id(ticket_id: bytes) -> str:
    """Write a ticket's id as it is printed: XXXXX-XXXXX-XXXXX-XXXXX."""
    text = base64.b32encode(ticket_id).decode().rstrip("=")
    return "-".join(text[first : first + 5] for first in range(0, SHORT_ID_CHARACTERS, 5))
