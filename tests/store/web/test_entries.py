"""An entry and its opening over HTTP: who may have it, and that anybody can check it."""

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.testclient import TestClient

from ekino.access.service import ensure_operator_key
from ekino.db.database import Database
from ekino.kernel.moments import now
from ekino.proofs.reading import read_log_entries
from ekino.proofs.service import KeyStatements
from ekino.settings import Settings
from ekino.web.app import create_app
from factories import Vendor, a_batch, a_catalog, a_later_event, a_sale, a_vendor
from log_making import enter

URL = "https://ekino.example"


@pytest.fixture
def vendor(db: Database) -> Vendor:
    """Register a source with two sales and a refund; its key's statements follow them."""
    a_catalog(db)
    vendor = a_vendor(db)
    refund = a_later_event("refunded", 900, 1, price_minor=150_000)
    enter(db, vendor, a_batch(a_sale(1), a_sale(2)), a_batch(refund))
    assert KeyStatements().follow(db) == 1
    return vendor


@pytest.fixture
def operator(db: Database, tmp_path: Path) -> Vendor:
    ensure_operator_key(db, tmp_path / "operator.key")
    private = serialization.load_pem_private_key(
        (tmp_path / "operator.key").read_bytes(), password=None
    )
    assert isinstance(private, Ed25519PrivateKey)
    return Vendor(private, "operator/local")


@pytest.fixture
def client(db: Database, tmp_path: Path) -> Iterator[TestClient]:
    app = create_app(Settings(data_dir=tmp_path, public_url=URL), db)
    with TestClient(app, base_url=URL, raise_server_exceptions=False) as client:
        yield client


def ask(client: TestClient, who: Vendor, position: object) -> Any:
    path = f"/v1/entries/{position}"
    headers = who.sign(b"", at=now(), uri=URL + path, method="GET")
    return client.get(path, headers=headers)


def opened(answer: Any) -> bytes:
    """Make the 66 bytes of what was answered, as docs/reference/log-entries.md says."""
    parts = {
        name: base64.b64decode(value) for name, value in answer.json()["opening"].items()
    }
    detail = json.loads(parts["detail_base64"])
    numbers = {"sold": 1, "refunded": 2, "key_added": 5}
    assert detail["_salt"] == parts["salt_base64"].hex()
    assert detail["position"] == answer.json()["position"]
    received = base64.b64decode(answer.json()["received_base64"])
    assert detail["_event_sha256"] == hashlib.sha256(received).hexdigest()
    assert parts["public_base64"].endswith(received)
    entry = (
        bytes([1, numbers[detail["kind"]]])
        + hashlib.sha256(b"ekino-public-v1\n" + parts["public_base64"]).digest()
        + hashlib.sha256(b"ekino-detail-v1\n" + parts["detail_base64"]).digest()
    )
    assert entry == parts["entry_base64"]
    return entry


def test_an_operator_opens_every_entry_of_the_log(
    db: Database, client: TestClient, vendor: Vendor, operator: Vendor
) -> None:
    entries = [opened(ask(client, operator, position)) for position in range(4)]
    assert entries == read_log_entries(db, first=0, past_end=4)


def test_a_source_opens_its_own_entries_and_no_others(
    db: Database, client: TestClient, vendor: Vendor
) -> None:
    other = a_vendor(db, code="other", key_id="other.example/batch-1")
    assert [opened(ask(client, vendor, at)) for at in (0, 2)] == [
        read_log_entries(db, first=at, past_end=at + 1)[0] for at in (0, 2)
    ]
    # Another's sale; and what the register states is nobody's own.
    for who, position in ((other, 0), (other, 2), (vendor, 3)):
        answer = ask(client, who, position)
        assert (answer.status_code, answer.json()["code"]) == (403, "entry_of_another")
        assert "opening" not in answer.json()


def test_no_answer_gives_the_salt_of_a_batch(
    db: Database, client: TestClient, vendor: Vendor, operator: Vendor
) -> None:
    from ekino.register import service as register

    _, batches = register.read_span(db, first=0, past_end=4)
    text = "".join(ask(client, operator, position).text for position in range(4))
    parts = [
        base64.b64decode(each)
        for position in range(4)
        for each in ask(client, operator, position).json()["opening"].values()
    ]
    for batch in batches.values():
        assert batch.salt.hex() not in text
        assert not any(
            batch.salt in each or batch.salt.hex().encode() in each for each in parts
        )


@pytest.mark.parametrize("position", [4, "x", "-1", "9" * 19])
def test_a_position_that_is_not_there_is_not_found(
    client: TestClient, vendor: Vendor, operator: Vendor, position: object
) -> None:
    answer = ask(client, operator, position)
    assert (answer.status_code, answer.json()["code"]) == (404, "position_not_found")


def test_nobody_opens_an_entry_without_a_signature(
    client: TestClient, vendor: Vendor
) -> None:
    answer = client.get("/v1/entries/0")
    assert (answer.status_code, answer.json()["code"]) == (401, "signature_missing")
