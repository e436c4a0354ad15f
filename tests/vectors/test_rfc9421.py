"""The signature of requests: known answers, and an implementation that is not ours."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    algorithms,
)
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from ekino.access.signature import (
    content_digest,
    read_signature,
    signature_base,
    signature_parameters,
)

VECTOR = json.loads(Path(__file__).with_name("rfc9421.json").read_text("utf-8"))
BODY = VECTOR["body"].encode()
KEY = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(VECTOR["vendor_seed_hex"]))
KEY_ID = "vendor.example/batch-1"
CREATED = 1_760_000_000
NONCE = "AAECAwQFBgcICQoL"
URI = "https://ekino.example/v1/batches"
COMPONENTS = ("@method", "@target-uri", "content-digest", "content-type")


class OneKey(HTTPSignatureKeyResolver):  # type: ignore[misc,unused-ignore]
    """Knows the vendor's key and no other."""

    def resolve_public_key(self, key_id: str) -> Any:
        assert key_id == KEY_ID
        return KEY.public_key()

    def resolve_private_key(self, key_id: str) -> Any:
        assert key_id == KEY_ID
        return KEY


class Message:
    """A request as the other implementation looks at one."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self.method = "POST"
        self.url = URI
        self.headers = dict(headers)


def our_headers() -> dict[str, str]:
    parameters = signature_parameters(created=CREATED, key_id=KEY_ID, nonce=NONCE)
    base = signature_base(
        method="POST",
        target_uri=URI,
        digest=content_digest(BODY),
        content_type="application/json",
        parameters=parameters,
    )
    return {
        "Content-Type": "application/json",
        "Content-Digest": content_digest(BODY),
        "Signature-Input": f"ekino={parameters}",
        "Signature": f"ekino=:{base64.b64encode(KEY.sign(base)).decode()}:",
    }


def test_the_headers_of_the_vector_are_reproduced_to_the_byte() -> None:
    headers = our_headers()
    assert headers["Content-Digest"] == VECTOR["Content-Digest"]
    assert headers["Signature-Input"] == VECTOR["Signature-Input"]
    assert headers["Signature"] == VECTOR["Signature"]


def test_the_base_is_rebuilt_from_the_vectors_headers() -> None:
    request = read_signature(
        method="POST",
        target_uri=URI,
        content_type="application/json",
        digest_header=VECTOR["Content-Digest"],
        input_header=VECTOR["Signature-Input"],
        signature_header=VECTOR["Signature"],
        body=BODY,
    )
    assert request.base == VECTOR["signature_base"].encode()
    KEY.public_key().verify(request.signature, request.base)
    assert (request.key_id, request.created, request.nonce) == (KEY_ID, CREATED, NONCE)


def verify_elsewhere(headers: Mapping[str, str], body: bytes) -> None:
    HTTPMessageVerifier(
        signature_algorithm=algorithms.ED25519, key_resolver=OneKey()
    ).verify(
        Message(headers),
        body=body,
        require_components=COMPONENTS,
        expect_tag="ekino-ingest",
        max_age=datetime.now(UTC) - datetime.fromtimestamp(0, UTC),
    )


def test_another_implementation_accepts_what_we_sign() -> None:
    verify_elsewhere(our_headers(), BODY)


def test_another_implementation_refuses_another_body_under_our_signature() -> None:
    with pytest.raises(HTTPMessageSignaturesException):
        verify_elsewhere(our_headers(), BODY + b" ")


def test_we_read_and_verify_what_another_implementation_signs() -> None:
    message = Message(
        {"Content-Type": "application/json", "Content-Digest": content_digest(BODY)}
    )
    HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=OneKey()).sign(
        message,
        key_id=KEY_ID,
        created=datetime.fromtimestamp(CREATED, UTC),
        nonce=NONCE,
        label="ekino",
        tag="ekino-ingest",
        covered_component_ids=COMPONENTS,
        body=BODY,
        use_existing_digest=True,
    )
    request = read_signature(
        method="POST",
        target_uri=URI,
        content_type="application/json",
        digest_header=message.headers["Content-Digest"],
        input_header=message.headers["Signature-Input"],
        signature_header=message.headers["Signature"],
        body=BODY,
    )
    KEY.public_key().verify(request.signature, request.base)
    assert message.headers["Signature"] == VECTOR["Signature"]
