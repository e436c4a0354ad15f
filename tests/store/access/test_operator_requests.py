"""An operator's requests over HTTP: signed they are taken, otherwise refused by name."""

import base64
import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.testclient import TestClient

from ekino.access.service import ensure_operator_key, load_sources
from ekino.access.signature import (
    content_digest,
    signature_base,
    signature_parameters,
)
from ekino.catalog import service as catalog
from ekino.db.database import Database
from ekino.settings import Settings
from ekino.web.app import create_app

URL = "https://ekino.example"
SOURCE_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
FILMS = {"films": [{"code": "steppe", "titles": {"kk": "Дала үні"}}]}
_NONCES = itertools.count()


class Office:
    """A web application with an operator's key, and one of a source."""

    def __init__(self, client: TestClient, operator: Ed25519PrivateKey) -> None:
        self.client = client
        self.keys = {"operator/local": operator, "vendor/till-1": SOURCE_KEY}

    def sign(
        self,
        body: bytes,
        *,
        path: str = "/v1/catalog",
        key_id: str = "operator/local",
        content_type: str = "application/json",
    ) -> dict[str, str]:
        parameters = signature_parameters(
            created=int(time.time()), key_id=key_id, nonce=f"nonce-{next(_NONCES):06}"
        )
        base = signature_base(
            method="POST",
            target_uri=URL + path,
            digest=content_digest(body),
            content_type=content_type,
            parameters=parameters,
        )
        value = base64.b64encode(self.keys[key_id].sign(base)).decode()
        return {
            "Content-Type": content_type,
            "Content-Digest": content_digest(body),
            "Signature-Input": f"ekino={parameters}",
            "Signature": f"ekino=:{value}:",
        }

    def post(self, body: bytes, *, path: str = "/v1/catalog", **more: Any) -> Any:
        return self.client.post(
            path, content=body, headers=self.sign(body, path=path, **more)
        )


@pytest.fixture
def office(db: Database, tmp_path: Path) -> Iterator[Office]:
    """Give the application over a fresh database with the regions of Kazakhstan."""
    ensure_operator_key(db, tmp_path / "operator.key")
    catalog.load(db, catalog.shipped_regions("KZ"))
    public = base64.b64encode(SOURCE_KEY.public_key().public_bytes_raw()).decode()
    source: dict[str, Any] = {
        "code": "vendor",
        "name": "Vendor",
        "vendor": None,
        "organisation": None,
        "may_announce": False,
        "state": "active",
        "halls": [],
        "keys": [{"key_id": "vendor/till-1", "public_key": public}],
    }
    load_sources(db, [source], actor="test")
    private = serialization.load_pem_private_key(
        (tmp_path / "operator.key").read_bytes(), password=None
    )
    assert isinstance(private, Ed25519PrivateKey)
    app = create_app(Settings(data_dir=tmp_path, public_url=URL), db)
    with TestClient(app, base_url=URL, raise_server_exceptions=False) as client:
        yield Office(client, private)


def told(answer: Any) -> tuple[int, str]:
    """Give (HTTP status, code) of a refusal, which is always a problem document."""
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def test_an_operator_loads_a_document_and_anybody_reads_it(office: Office) -> None:
    answer = office.post(json.dumps(FILMS).encode())
    assert answer.status_code == 200
    assert answer.json() == {"films": {"added": 1, "changed": 0, "same": 0}}
    rows = office.client.get("/v1/catalog/films").json()["rows"]
    assert [row["code"] for row in rows] == ["steppe"]


def test_a_request_signed_before_is_refused_the_second_time(office: Office) -> None:
    body = json.dumps(FILMS).encode()
    headers = office.sign(body)
    office.client.post("/v1/catalog", content=body, headers=headers)
    again = office.client.post("/v1/catalog", content=body, headers=headers)
    assert told(again) == (401, "nonce_used")


def test_a_request_is_good_once_whichever_process_takes_it(
    office: Office, db: Database, tmp_path: Path
) -> None:
    body = json.dumps(FILMS).encode()
    headers = office.sign(body)
    office.client.post("/v1/catalog", content=body, headers=headers)
    neighbour = create_app(Settings(data_dir=tmp_path, public_url=URL), db)
    with TestClient(neighbour, base_url=URL) as client:
        again = client.post("/v1/catalog", content=body, headers=headers)
    assert told(again) == (401, "nonce_used")


def test_a_request_that_nobody_signed_is_refused(office: Office) -> None:
    for path in ("/v1/catalog", "/v1/sources"):
        answer = office.client.post(path, json=FILMS)
        assert told(answer) == (401, "signature_missing")
        assert answer.headers["www-authenticate"].startswith("Signature")


def test_a_sources_key_changes_neither_catalog_nor_sources(office: Office) -> None:
    for path in ("/v1/catalog", "/v1/sources"):
        answer = office.post(b"{}", path=path, key_id="vendor/till-1")
        assert told(answer) == (403, "operator_only")


@pytest.mark.parametrize("path", ["/v1/catalog", "/v1/sources"])
@pytest.mark.parametrize("body", [b"", b"{", b"null", b'{"films": 1}', b"\xff"])
def test_a_body_that_cannot_be_read_is_400(office: Office, path: str, body: bytes) -> None:
    assert told(office.post(body, path=path)) == (400, "document_is_malformed")


def test_another_content_type_is_415(office: Office) -> None:
    answer = office.post(b"{}", content_type="text/csv")
    assert told(answer) == (415, "content_type_unknown")


def test_a_body_is_taken_to_8_mib_and_not_one_byte_more(office: Office) -> None:
    full = b"{}" + b" " * (8 * 1024 * 1024 - 2)
    assert office.post(full).status_code == 200
    assert told(office.post(full + b" ")) == (413, "body_too_large")


def test_a_registered_key_signs_at_once(office: Office) -> None:
    third = Ed25519PrivateKey.from_private_bytes(bytes(reversed(range(32))))
    office.keys["third/till"] = third
    public = base64.b64encode(third.public_key().public_bytes_raw()).decode()
    source = {
        "code": "third",
        "name": "Third",
        "keys": [{"key_id": "third/till", "public_key": public}],
    }
    assert told(office.post(b"{}", key_id="third/till")) == (401, "key_unknown")
    answer = office.post(json.dumps({"sources": [source]}).encode(), path="/v1/sources")
    assert answer.json() == {"sources": ["third"]}
    assert told(office.post(b"{}", key_id="third/till")) == (403, "operator_only")


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=5001", "limit=x", "limit=", "limit=-1", "limit=%D9%A1", "after=%00"],
)
def test_a_page_that_cannot_be_is_refused_by_name(office: Office, query: str) -> None:
    answer = office.client.get(f"/v1/catalog/regions?{query}")
    assert told(answer) == (400, "parameter_malformed")


@pytest.mark.parametrize(("limit", "rows"), [(1, 1), (5_000, 20)])
def test_a_page_has_1_to_5000_rows(office: Office, limit: int, rows: int) -> None:
    answer = office.client.get(f"/v1/catalog/regions?limit={limit}")
    assert len(answer.json()["rows"]) == rows


def test_an_unknown_list_and_another_method_are_refused(office: Office) -> None:
    assert told(office.client.get("/v1/catalog/cinemas")) == (400, "kind_unknown")
    assert told(office.client.put("/v1/catalog")) == (405, "method_not_allowed")


PERSON = {
    "name": "Ержан Қасым",
    "email": "erzhan@example.kz",
    "language": "kk",
    "roles": [{"role": "exhibitor", "organisation": "exh-1"}],
}


def test_an_operator_adds_people_again_and_again_and_lets_one_in(office: Office) -> None:
    office.post(
        json.dumps(
            {"organisations": [{"code": "exh-1", "name": "Ақ", "country": "KZ"}]}
        ).encode()
    )
    more = PERSON | {"email": "ERZHAN@example.kz", "roles": [{"role": "auditor"}]}

    added = office.post(json.dumps({"people": [PERSON]}).encode(), path="/v1/people")
    again = office.post(json.dumps({"people": [PERSON, more]}).encode(), path="/v1/people")
    link = office.post(b'{"email": "erzhan@example.kz"}', path="/v1/people/links")
    page = office.client.get(link.json()["path"])

    assert again.json()["people"] == added.json()["people"] * 2
    assert link.json()["good_s"] == 600
    assert (link.headers["Cache-Control"], page.headers["Cache-Control"]) == (
        "no-store",
        "no-store",
    )
    assert "Ержан Қасым" in page.text


def test_people_are_added_all_or_none(office: Office) -> None:
    wrong = [
        {"people": [PERSON]},
        {"people": [PERSON | {"roles": [{"role": "exhibitor"}]}]},
        {"people": [PERSON | {"roles": []}, PERSON | {"email": "nowhere", "roles": []}]},
        {"people": [PERSON | {"roles": [{"role": "analyst", "organisation": "x"}]}]},
    ]
    told_ = [
        told(office.post(json.dumps(each).encode(), path="/v1/people")) for each in wrong
    ]
    link = office.post(b'{"email": "erzhan@example.kz"}', path="/v1/people/links")

    assert told_ == [(400, "people_refused")] * 4
    assert told(link) == (404, "person_not_found")


def test_a_source_adds_nobody(office: Office) -> None:
    body = json.dumps({"people": [PERSON | {"roles": [{"role": "operator"}]}]}).encode()

    answers = [
        office.post(body, path=path, key_id="vendor/till-1")
        for path in ("/v1/people", "/v1/people/links")
    ]

    assert [told(each) for each in answers] == [(403, "operator_only")] * 2
