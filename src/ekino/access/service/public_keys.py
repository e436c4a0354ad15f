"""The 32 bytes of a public key as somebody gives them, and the id that they have in a ticket."""

import base64
import binascii
import hashlib

from ekino.kernel.errors import Refused

# Of Ed25519 (RFC 8032).
PUBLIC_KEY_BYTES = 32
# The eight points of small order, and their other spellings: a "key" under which one
# signature fits every message. Source: RFC 8032; the list is that of libsodium.
_SMALL_ORDER = frozenset(
    bytes.fromhex(text)
    for text in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    )
)
_PRIME = 2**255 - 19


def read_public_key(text: str) -> bytes:
    """Give the 32 bytes of a key in base64; `Refused` for one that proves nothing."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        detail = "a public key is the base64 of its 32 bytes"
        raise Refused(detail, code="public_key_malformed") from error
    if len(raw) != PUBLIC_KEY_BYTES:
        detail = f"a public key has {PUBLIC_KEY_BYTES} bytes, this has {len(raw)}"
        raise Refused(detail, code="public_key_malformed")
    plain = raw[:-1] + bytes([raw[-1] & 0x7F])
    if plain in _SMALL_ORDER:
        detail = "this point has small order: one signature would fit every message"
        raise Refused(detail, code="public_key_weak")
    if int.from_bytes(plain, "little") >= _PRIME:
        # RFC 8032, §5.1.3: such bytes spell a point a second time.
        detail = "these 32 bytes are not the one spelling of a point of Ed25519"
        raise Refused(detail, code="public_key_malformed")
    return raw


def note_id_of(key_id: str, public_key: bytes) -> bytes:
    """Give the 4 bytes by which signed notes and tickets name an Ed25519 key (C2SP)."""
    return hashlib.sha256(key_id.encode() + b"\n\x01" + public_key).digest()[:4]
