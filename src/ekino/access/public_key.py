"""Public keys that prove something: which 32 bytes are an honest Ed25519 key."""

import base64
import binascii

from ekino.kernel.errors import Refused

PUBLIC_KEY_BYTES = 32

# The field and the curve −x² + y² = 1 + d·x²·y² of RFC 8032, §5.1.
_PRIME = 2**255 - 19
_D = -121665 * pow(121666, -1, _PRIME) % _PRIME
_SIGN = 1 << 255


def read_public_key(text: str) -> bytes:
    """
    Give the 32 bytes of a public key in base64.

    Raises `Refused` with the codes public_key_malformed (not base64 of 32 bytes, or not a
    point of the curve in its one spelling) and public_key_weak (a point of small order).
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        detail = "a public key is the base64 of its 32 bytes"
        raise Refused(detail, code="public_key_malformed") from error
    if len(raw) != PUBLIC_KEY_BYTES:
        detail = f"a public key has {PUBLIC_KEY_BYTES} bytes, this has {len(raw)}"
        raise Refused(detail, code="public_key_malformed")
    y = int.from_bytes(raw, "little") & ~_SIGN
    if _has_small_order(y % _PRIME):
        detail = "this point has small order: one signature would fit every message"
        raise Refused(detail, code="public_key_weak")
    if y >= _PRIME or not _is_on_curve(y):
        detail = "these 32 bytes are no point of Ed25519: no private key belongs to them"
        raise Refused(detail, code="public_key_malformed")
    return raw


def _has_small_order(y: int) -> bool:
    """
    Whether one of the eight points of small order has this y.

    y = 1 and −1 are the orders 1 and 2, y = 0 is order 4. A point of order 8 doubles to y = 0,
    that is y² = −x², which with the curve's equation gives d·y⁴ + 2·y² = 1.
    """
    return y in (0, 1, _PRIME - 1) or (_D * y**4 + 2 * y * y - 1) % _PRIME == 0


def _is_on_curve(y: int) -> bool:
    """Whether x² = (y² − 1) / (d·y² + 1) has a root. Source: RFC 8032, §5.1.3."""
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _PRIME) % _PRIME
    # Euler's criterion; zero is excluded, for its points have small order.
    return pow(square, (_PRIME - 1) // 2, _PRIME) == 1
