"""The kit signs exactly as the published vector says."""

import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ekino_till.keys import Key
from ekino_till.signature import sign

VECTOR = json.loads(
    (Path(__file__).parents[2] / "vectors" / "rfc9421.json").read_text("utf-8")
)


def test_the_vector_is_reproduced_to_the_byte() -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(VECTOR["vendor_seed_hex"]))

    headers = sign(
        Key("vendor.example/batch-1", private),
        method="POST",
        uri="https://ekino.example/v1/batches",
        body=VECTOR["body"].encode(),
        created=1_760_000_000,
        nonce="AAECAwQFBgcICQoL",
    )

    assert headers == {
        "Content-Type": "application/json",
        "Content-Digest": VECTOR["Content-Digest"],
        "Signature-Input": VECTOR["Signature-Input"],
        "Signature": VECTOR["Signature"],
    }
