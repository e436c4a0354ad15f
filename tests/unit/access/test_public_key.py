"""Only 32 bytes that prove something become a key."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ekino.access.service import read_public_key
from ekino.kernel.errors import Refused

PRIME = 2**255 - 19
HONEST = (
    Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key().public_bytes_raw()
)


def test_an_honest_key_is_read_as_its_32_bytes() -> None:
    assert read_public_key(base64.b64encode(HONEST).decode()) == HONEST


@pytest.mark.parametrize("size_bytes", [0, 31, 33])
def test_a_key_has_32_bytes(size_bytes: int) -> None:
    with pytest.raises(Refused) as refusal:
        read_public_key(base64.b64encode(bytes(size_bytes)).decode())
    assert refusal.value.code == "public_key_malformed"


@pytest.mark.parametrize("text", ["*" * 44, "ключ", "A" * 43])
def test_a_key_is_base64(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        read_public_key(text)
    assert refusal.value.code == "public_key_malformed"


@pytest.mark.parametrize("sign_bit", [0, 0x80])
@pytest.mark.parametrize(
    "y",
    [
        0,
        1,
        int.from_bytes(
            bytes.fromhex(
                "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"
            ),
            "little",
        ),
        int.from_bytes(
            bytes.fromhex(
                "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"
            ),
            "little",
        ),
        PRIME - 1,
        PRIME,
        PRIME + 1,
    ],
)
def test_a_point_of_small_order_is_no_key_however_it_is_spelt(
    y: int, sign_bit: int
) -> None:
    raw = bytearray(y.to_bytes(32, "little"))
    raw[31] |= sign_bit
    with pytest.raises(Refused) as refusal:
        read_public_key(base64.b64encode(raw).decode())
    assert refusal.value.code == "public_key_weak"


@pytest.mark.parametrize("y", [PRIME + 2, PRIME + 3, 2**255 - 1])
def test_a_point_in_its_second_spelling_is_no_key(y: int) -> None:
    with pytest.raises(Refused) as refusal:
        read_public_key(base64.b64encode(y.to_bytes(32, "little")).decode())
    assert refusal.value.code == "public_key_malformed"
