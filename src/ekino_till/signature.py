"""Signed requests: the register's profile of RFC 9421, byte by byte."""

import base64
import hashlib

from ekino_till.keys import Key

COMPONENTS = '("@method" "@target-uri" "content-digest" "content-type")'
TAG = "ekino-ingest"


def content_digest(body: bytes) -> str:
    """Give the Content-Digest of a body (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def sign(
    key: Key,
    *,
    method: str,
    uri: str,
    body: bytes,
    created: int,
    nonce: str,
    content_type: str = "application/json",
) -> dict[str, str]:
    """
    Give the four headers that prove who sent a body.

    `created` is in Unix seconds; `nonce` is new for every request, also when the same body is
    sent again.
    """
    parameters = (
        f'{COMPONENTS};created={created};keyid="{key.key_id}";alg="ed25519"'
        f';nonce="{nonce}";tag="{TAG}"'
    )
    digest = content_digest(body)
    base = (
        f'"@method": {method}\n"@target-uri": {uri}\n"content-digest": {digest}\n'
        f'"content-type": {content_type}\n"@signature-params": {parameters}'
    )
    signature = base64.b64encode(key.private.sign(base.encode())).decode()
    return {
        "Content-Type": content_type,
        "Content-Digest": digest,
        "Signature-Input": f"ekino={parameters}",
        "Signature": f"ekino=:{signature}:",
    }
