"""What is sent twice has one effect and one answer; and what every answer to a program carries."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.testclient import TestClient

from ekino.access.service import ensure_operator_key
from ekino.catalog import service as catalog
from ekino.db.database import Database
from ekino.kernel.moments import now, to_text
from ekino.kernel.versions import HEADER, NEWEST
from ekino.settings import Settings
from ekino.web.contract import openapi
from ekino.web.contract.sent_examples import SENT
from ekino.workbench.service import sandbox
from factories import Vendor, a_batch
from two_registers import a_sandbox, enrolled, public_of, signed_headers, two_registers

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
# Sent twice elsewhere (tests/store/verify/test_claims.py), or told to be no such thing by
# docs/reference/headers.md.
ELSEWHERE = {"/v1/claims/{reference}/answer", "/v1/people/links", "/v1/hooks/{connector}"}
# The moment of the answer itself; everything else is alike.
MOMENTS = ("received_at", "server_time", "recorded_at", "clock_ahead_s", "register_size")


class Line:
    """A client of two registers, a vendor's test key, and an operator's key of the live one."""

    def __init__(
        self, client: TestClient, settings: Settings, live: Database, test: Database
    ) -> None:
        self.client, self.live, self.test = client, live, test
        self.source = a_sandbox(settings, test, "acme").source
        self.till, _ = enrolled(client, test, self.source, "test.acme/till-1")
        path = settings.data_dir / "operator.key"
        ensure_operator_key(live, path)
        private = serialization.load_pem_private_key(path.read_bytes(), password=None)
        assert isinstance(private, Ed25519PrivateKey)
        self.operator = Vendor(private, "operator/local")
        self.paths: set[str] = set()

    def post(self, who: Vendor, path: str, body: bytes, **more: str) -> Any:
        headers = signed_headers(who, "POST", path, body) | more
        return self.client.post(path, content=body, headers=headers)

    def twice(self, who: Vendor, path: str, sent: Any, pattern: str = "") -> list[Any]:
        """Post the same twice, signed anew, and give both answers without their moments."""
        body = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
        self.paths.add(pattern or path)
        answers = [self.post(who, path, body) for _ in range(2)]
        assert [each.status_code < 300 for each in answers] == [True, True], [
            each.text for each in answers
        ]
        return [
            {name: value for name, value in each.json().items() if name not in MOMENTS}
            for each in answers
        ]

    def entries(self) -> int:
        with psycopg.connect(self.test.dsn) as superuser:
            row = superuser.execute(
                "SELECT count(*) FROM register.entry WHERE kind = 'sold'"
            ).fetchone()
        assert row is not None
        return int(row[0])


@pytest.fixture
def line(db: Database, sandbox_db: Database, tmp_path: Path) -> Iterator[Line]:
    settings = Settings(data_dir=tmp_path)
    catalog.load(db, catalog.shipped_regions("KZ"))
    with two_registers(db, sandbox_db, settings) as client:
        yield Line(client, settings, db, sandbox_db)


def test_the_same_sent_twice_is_done_once_and_answered_alike(line: Line) -> None:
    setting = sandbox.setting_of("KZ", "KZT", "Asia/Almaty")
    sale = {
        "kind": "sold", "sequence": 1, "ticket": "T-1", "venue": "acme",
        "showing": sandbox.first_showing(setting, at=now()), "happened_at": to_text(now()),
        "price_minor": 250_000, "sales_channel": "box_office",
    }  # fmt: skip
    found = sandbox.find(line.test, "acme")
    assert found is not None
    before = line.entries()

    first, again = line.twice(
        line.till, "/v1/batches", a_batch({**sale, "venue": found.venue})
    )
    assert (first["outcomes"], again["outcomes"]) == (["entered"], ["already_entered"])
    assert first["positions"] == again["positions"]
    assert line.entries() == before + 1

    alike: list[tuple[Vendor, str, Any, str]] = [
        (
            line.till,
            "/v1/feeds/report",
            {**SENT["postFeedReport"], "sent_at": to_text(now()), "days": []},
            "",
        ),
        (
            line.till,
            "/v1/files?format=ndjson",
            json.dumps(sale).encode() + b"\n",
            "/v1/files",
        ),
        (line.operator, "/v1/sources", SENT["postSources"] | {"sources": [a_source()]}, ""),
        (line.operator, "/v1/people", {"people": [a_person()]}, ""),
    ]
    for who, path, sent, pattern in alike:
        first, again = line.twice(who, path, sent, pattern)
        assert first == again, path

    first, again = line.twice(line.operator, "/v1/catalog", SENT["postCatalog"])
    assert first["films"] == {"added": 1, "changed": 0, "same": 0}
    assert again["films"] == {"added": 0, "changed": 0, "same": 1}
    certify(line)
    rotate(line)

    posts = {
        path for path, methods in openapi.document("")["paths"].items() if "post" in methods
    }
    assert line.paths == posts - ELSEWHERE


def a_source() -> dict[str, Any]:
    key = Vendor(Ed25519PrivateKey.generate(), "acme/batch-1")
    named = {"key_id": key.key_id, "public_key": public_of(key)}
    return {"code": "acme", "name": "Acme", "keys": [named]}


def a_person() -> dict[str, Any]:
    return {"name": "A", "email": "a@acme.example", "roles": [{"role": "auditor"}]}


def certify(line: Line) -> None:
    path = "/v1/certification"
    first, again = line.twice(line.till, path, SENT["beginCertification"])
    assert first == again
    run = f"{path}/{first['reference']}"
    test = first["steps"][0]["test"]
    pattern = f"{path}/{{reference}}/steps/{{test}}"
    first, again = line.twice(line.till, f"{run}/steps/{test}", {"do": "skip"}, pattern)
    assert first == again
    # Something is decided: it is another certification that is begun now.
    other = line.post(line.till, path, json.dumps(SENT["beginCertification"]).encode())
    assert other.json()["reference"] != first["reference"]
    end = f"{path}/{other.json()['reference']}/end"
    first, again = line.twice(line.till, end, b"{}", f"{path}/{{reference}}/end")
    assert (first, first["state"]) == (again, "not_certified")


def rotate(line: Line) -> None:
    new = Vendor(Ed25519PrivateKey.generate(), "test.acme/till-2")
    text = f"ekino-key-v1\n{new.key_id}\n{public_of(new)}\n"
    import base64

    wanted = {
        "key_id": new.key_id,
        "public_key": public_of(new),
        "replaces": line.till.key_id,
        "signature": base64.b64encode(new.private.sign(text.encode())).decode(),
    }
    first, again = line.twice(line.till, "/v1/keys", wanted)
    assert first == again


def test_every_answer_to_a_program_names_its_version_and_an_unknown_one_is_refused(
    line: Line,
) -> None:
    body = a_batch()
    wrong = {HEADER: "2025-01-01"}
    answered = [
        line.client.get("/v1/totals?by=film"),
        line.client.get("/v1/totals?by=film", headers={HEADER: NEWEST}),
        line.client.get("/v1/nothing"),
        line.client.get("/v1/batches"),
        line.post(line.till, "/v1/batches", b"{"),
        line.post(line.till, "/v1/batches", body, **{HEADER: NEWEST}),
        line.client.post("/v1/batches", content=body),
    ]
    refused = [
        line.client.get("/v1/totals?by=film", headers=wrong),
        line.client.get("/v1/nothing", headers=wrong),
        line.post(line.till, "/v1/batches", body, **wrong),
        line.client.post("/v1/batches", content=body, headers=wrong),
        line.post(line.till, "/v1/feeds/report", b"{}", **wrong),
    ]

    for answer in (*answered, *refused):
        assert answer.headers[HEADER] == NEWEST, answer.url
    assert {(each.status_code, each.json()["code"]) for each in refused} == {
        (400, "api_version_unknown")
    }
    assert "api_version_unknown" not in {
        each.json().get("code") for each in answered if each.content
    }
    assert HEADER not in line.client.get("/").headers
