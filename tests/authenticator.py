"""An authenticator of software: makes passkeys and signs challenges, as phones and keys do."""

import base64
import hashlib
import json
import secrets
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


def to_text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Authenticator:
    """One authenticator with one passkey; its counter and flags can be set."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential = secrets.token_bytes(32)
        self.count = 0
        self.flags = _PRESENT | _VERIFIED

    def make(self, options: dict[str, Any]) -> str:
        """Answer `navigator.credentials.create()` as JSON."""
        point = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)}
        head = self._head(options["rp"]["id"], self.flags | _ATTESTED)
        length = len(self.credential).to_bytes(2)
        authenticator_data = head + bytes(16) + length + self.credential + cbor2.dumps(cose)
        attestation = cbor2.dumps(
            {"fmt": "none", "attStmt": {}, "authData": authenticator_data}
        )
        return self._answer(
            self._client("webauthn.create", options["challenge"]),
            attestationObject=to_text(attestation),
        )

    def sign(self, options: dict[str, Any], *, host: str = "") -> str:
        """Answer `navigator.credentials.get()` as JSON; each answer counts one more."""
        self.count += 1
        head = self._head(host or options["rpId"], self.flags)
        client = self._client("webauthn.get", options["challenge"])
        signed = head + hashlib.sha256(client).digest()
        return self._answer(
            client,
            authenticatorData=to_text(head),
            signature=to_text(self.key.sign(signed, ec.ECDSA(hashes.SHA256()))),
        )

    def _head(self, host: str, flags: int) -> bytes:
        return (
            hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)
        )

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps(
            {"type": kind, "challenge": challenge, "origin": self.origin}
        ).encode()

    def _answer(self, client: bytes, **response: str) -> str:
        return json.dumps(
            {
                "id": to_text(self.credential),
                "rawId": to_text(self.credential),
                "type": "public-key",
                "response": {"clientDataJSON": to_text(client), **response},
                "clientExtensionResults": {},
            }
        )
