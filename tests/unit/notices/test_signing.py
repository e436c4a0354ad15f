"""Signatures of webhooks against vectors, and against a receiver that nobody here wrote with."""

import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ekino.notices.model import DELAYS_S, JITTER_SHARE_MAX, delay_after, is_email
from ekino.notices.service.signing import (
    SECRET_BYTES,
    headers_of,
    new_secret,
    public_text,
    sign,
)

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "webhooks.json").read_text("utf-8")
)


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda each: each["name"])
@pytest.mark.parametrize("version", ["v1a", "v1"])
def test_every_vector_is_reproduced(case: dict[str, Any], version: str) -> None:
    signature = sign(
        VECTORS[f"{version}_secret"],
        case["webhook_id"],
        case["webhook_timestamp"],
        case["body"].encode(),
    )

    assert signature == case[version]


def test_the_published_example_of_the_standard_is_reproduced() -> None:
    case = VECTORS["published"]

    signature = sign(
        case["v1_secret"],
        case["webhook_id"],
        case["webhook_timestamp"],
        case["body"].encode(),
    )

    assert signature == case["v1"]


def is_genuine(public: str, headers: dict[str, str], body: bytes, now: int) -> bool:
    """The receiver's side, as docs/reference/webhooks.md gives it."""
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public.removeprefix("whpk_")))
    if abs(now - int(headers["webhook-timestamp"])) > 300:
        return False
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    for part in headers["webhook-signature"].split(" "):
        version, _, value = part.partition(",")
        if version == "v1a":
            try:
                key.verify(base64.b64decode(value), content)
            except InvalidSignature:
                continue
            return True
    return False


def test_during_a_rotation_either_key_verifies() -> None:
    old, old_public = new_secret("v1a")
    new, new_public = new_secret("v1a")
    _, other_public = new_secret("v1a")
    assert old_public
    assert new_public
    assert other_public

    headers = headers_of([new, old], "ntc_1", 1_000, b"{}")

    assert is_genuine(public_text(old_public), headers, b"{}", 1_000)
    assert is_genuine(public_text(new_public), headers, b"{}", 1_000)
    assert not is_genuine(public_text(other_public), headers, b"{}", 1_000)
    assert not is_genuine(public_text(new_public), headers, b"{ }", 1_000)


def test_a_secret_is_as_long_as_the_standard_wants() -> None:
    secret, public = new_secret("v1")

    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == SECRET_BYTES
    assert public is None


def test_attempts_come_later_and_later_and_end() -> None:
    seconds = [delay_after(attempt, chance=0) for attempt in range(len(DELAYS_S) + 1)]

    assert seconds[:-1] == [timedelta(seconds=each) for each in DELAYS_S]
    assert seconds[-1] is None
    assert len(DELAYS_S) == 10


def test_the_jitter_is_bounded() -> None:
    most = delay_after(2, chance=1)

    assert most is not None
    assert most.total_seconds() == pytest.approx(DELAYS_S[2] * (1 + JITTER_SHARE_MAX))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a@b",
        "a b@c.kz",
        "a@b.kz\nBcc: x@y.kz",
        "<a@b.kz>",
        "a@b.kz,c@d.kz",
        "a" * 500 + "@b.kz",
    ],
)
def test_what_no_header_may_carry_is_no_address(text: str) -> None:
    assert not is_email(text)


def test_an_address_is_an_address() -> None:
    assert is_email("first.last+feeds@cinema.example.kz")
