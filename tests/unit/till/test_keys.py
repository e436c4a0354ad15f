"""A key is made once, read again, and read by nobody else."""

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from ekino_till import Key

KEY_ID = "vendor.example/till-1"
PUBLIC_KEY_BYTES = 32


def test_a_key_that_is_opened_again_is_the_same_key(tmp_path: Path) -> None:
    first = Key.open(tmp_path / "keys" / "till.key", KEY_ID)

    assert Key.open(tmp_path / "keys" / "till.key", KEY_ID).public_text == first.public_text
    assert len(base64.b64decode(first.public_text)) == PUBLIC_KEY_BYTES


def test_only_the_owner_may_read_a_key_and_nothing_is_left_beside_it(
    tmp_path: Path,
) -> None:
    Key.open(tmp_path / "till.key", KEY_ID)

    assert [path.name for path in tmp_path.iterdir()] == ["till.key"]
    assert (tmp_path / "till.key").stat().st_mode & 0o777 == 0o600


def test_a_key_of_another_kind_is_refused_by_its_path(tmp_path: Path) -> None:
    other = generate_private_key(SECP256R1())
    (tmp_path / "till.key").write_bytes(
        other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )

    with pytest.raises(ValueError, match=r"till\.key holds no Ed25519 key"):
        Key.open(tmp_path / "till.key", KEY_ID)
