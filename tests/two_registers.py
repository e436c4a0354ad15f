"""A live register and a test register beside it, as the web process has them."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.testclient import TestClient

from ekino.access.service import enrolment
from ekino.db.database import Database
from ekino.kernel.moments import now
from ekino.settings import Settings
from ekino.web.app import create_app, setting_of
from ekino.workbench.service import sandbox
from factories import Vendor

ORIGIN = "http://testserver"


@contextmanager
def two_registers(
    live: Database, test: Database | None, settings: Settings
) -> Iterator[TestClient]:
    """Lend a client of both; the test register is open."""

    @contextmanager
    def opener() -> Iterator[Database]:
        assert test is not None
        yield test

    app = create_app(settings, live, test=opener if test is not None else None)
    with TestClient(app, raise_server_exceptions=False) as client:
        app.state.test_register.is_open.wait(60)
        yield client


def signed_headers(
    vendor: Vendor, method: str, path: str, body: bytes = b""
) -> dict[str, str]:
    return vendor.sign(body, at=now(), uri=ORIGIN + path, method=method)


def enrolled(
    client: TestClient, db: Database, source: str, key_id: str
) -> tuple[Vendor, dict[str, Any]]:
    """Enrol a new key of a source by a code, over HTTP."""
    code = enrolment.make_code(db, source, actor="test", at=now())
    vendor = Vendor(Ed25519PrivateKey.generate(), key_id)
    answer = client.post("/v1/keys", **enrolment_request(vendor, code))
    assert answer.status_code == 201, answer.text
    return vendor, answer.json()


def public_of(vendor: Vendor) -> str:
    return base64.b64encode(vendor.private.public_key().public_bytes_raw()).decode()


def enrolment_request(vendor: Vendor, code: str) -> dict[str, Any]:
    import json

    body = json.dumps(
        {"key_id": vendor.key_id, "public_key": public_of(vendor), "code": code}
    ).encode()
    return {"content": body, "headers": signed_headers(vendor, "POST", "/v1/keys", body)}


def a_sandbox(settings: Settings, db: Database, organisation: str) -> sandbox.Sandbox:
    """Give a vendor's part of the test register."""
    return sandbox.ensure(
        db, setting_of(settings), organisation=organisation, name="Acme", at=now()
    )
