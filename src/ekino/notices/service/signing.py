"""Signatures of webhooks: Standard Webhooks 1.0, Ed25519 (v1a) and HMAC-SHA256 (v1)."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence

from nacl.signing import SigningKey

from ekino.kernel.errors import Broken
from ekino.notices.model import signed_text

# Source: Standard Webhooks 1.0, "Signature scheme": 24 to 64 bytes for v1; RFC 8032 for v1a.
SECRET_BYTES = 32
PREFIXES = {"v1": "whsec_", "v1a": "whsk_"}
PUBLIC_PREFIX = "whpk_"


def new_secret(version: str) -> tuple[str, bytes | None]:
    """Give a fresh secret as text, and the public half where there is one."""
    if version == "v1a":
        key = SigningKey.generate()
        return PREFIXES["v1a"] + _base64(bytes(key)), bytes(key.verify_key)
    return PREFIXES["v1"] + _base64(secrets.token_bytes(SECRET_BYTES)), None


def public_text(public_key: bytes) -> str:
    """Write a public key as receivers keep it: whpk_ and the base64 of its 32 bytes."""
    return PUBLIC_PREFIX + _base64(public_key)


def sign(secret: str, notice_id: str, timestamp: int, body: bytes) -> str:
    """Give one signature with its version: `v1,…` or `v1a,…`; the secret's prefix says which."""
    content = signed_text(notice_id, timestamp, body)
    for version, prefix in PREFIXES.items():
        if not secret.startswith(prefix):
            continue
        try:
            raw = base64.b64decode(secret.removeprefix(prefix), validate=True)
        except binascii.Error as error:
            raise Broken("a webhook's secret is no base64") from error
        if version == "v1a":
            return "v1a," + _base64(SigningKey(raw).sign(content).signature)
        return "v1," + _base64(hmac.new(raw, content, hashlib.sha256).digest())
    raise Broken("a webhook's secret is of no known version")


def headers_of(
    secret_texts: Sequence[str], notice_id: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """Give the headers of a delivery; during a rotation with a signature of each key."""
    return {
        "content-type": "application/json",
        "webhook-id": notice_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(
            sign(each, notice_id, timestamp, body) for each in secret_texts
        ),
    }


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
