"""What a stolen or a short-lived key can make of itself: nothing that outlives its holder's care."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.testclient import TestClient

from ekino.access import service as access
from ekino.access.service import enrolment
from ekino.access.service.enrolment import OVERLAP_S, possession_text
from ekino.cli import keys as commands
from ekino.db.database import Database
from ekino.kernel.errors import NotAllowed
from ekino.kernel.moments import now
from ekino.settings import Settings
from factories import Vendor, a_catalog, a_vendor
from two_registers import enrolled, public_of, signed_headers, two_registers

OLD = "vendor.example/batch-1"


@pytest.fixture
def holder(db: Database) -> Vendor:
    a_catalog(db)
    return a_vendor(db, key_id=OLD)


@pytest.fixture
def client(db: Database, holder: Vendor, tmp_path: Path) -> Iterator[TestClient]:
    with two_registers(db, None, Settings(data_dir=tmp_path)) as client:
        yield client


@dataclass
class OpenOffice:
    """An office whose database is open already."""

    db: Database

    @contextmanager
    def database(self) -> Iterator[Database]:
        yield self.db


def a_key(name: str) -> Vendor:
    return Vendor(Ed25519PrivateKey.generate(), name)


def rotate(db: Database, old: str, new: Vendor, *, at: datetime | None = None) -> Any:
    public = public_of(new)
    proof = new.private.sign(possession_text(new.key_id, public))
    return enrolment.rotate(
        db,
        old_key_id=old,
        key_id=new.key_id,
        public_key=public,
        signature=base64.b64encode(proof).decode(),
        overlap_s=OVERLAP_S,
        at=at or now(),
    )


def revoked(db: Database) -> set[str]:
    return {each["key_id"] for each in access.list_keys(db) if each["revoked_at"]}


def test_a_key_is_replaced_once_and_says_the_same_when_asked_again(
    db: Database, holder: Vendor
) -> None:
    new = a_key("vendor.example/batch-2")
    told = rotate(db, OLD, new)

    with pytest.raises(NotAllowed) as refused:
        rotate(db, OLD, a_key("thief/1"))

    assert refused.value.code == "key_replaced"
    assert access.find_key(db, "thief/1") is None
    assert rotate(db, OLD, new) == told


def test_a_key_for_thirty_days_makes_itself_none_for_longer(
    db: Database, holder: Vendor
) -> None:
    made_for, began = timedelta(days=30), now() - timedelta(days=20)
    with psycopg.connect(db.dsn) as superuser:
        superuser.execute(
            "UPDATE access.key SET valid_from = %(from)s, valid_until = %(until)s"
            " WHERE key_id = %(key)s",
            {
                "from": began,
                "until": began + made_for,
                "key": OLD,
            },
        )
    before = OLD
    for number in (2, 3):
        new = a_key(f"vendor.example/batch-{number}")
        rotate(db, before, new)
        key = access.find_key(db, new.key_id)
        assert key is not None
        assert key.valid_until - key.valid_from == made_for
        before = new.key_id


def test_whoever_revokes_a_key_hears_of_those_that_came_of_it(
    db: Database, holder: Vendor
) -> None:
    rotate(db, OLD, a_key("thief/1"))
    rotate(db, "thief/1", a_key("thief/2"))
    office = OpenOffice(db)

    told = CliRunner().invoke(commands.revoke, [OLD, "--json"], obj=office)

    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["successors_alive"] == ["thief/1", "thief/2"]
    assert revoked(db) == {OLD}

    words = CliRunner().invoke(commands.revoke, [OLD], obj=office).stderr
    assert "thief/2 came of it and still signs" in words

    told = CliRunner().invoke(
        commands.revoke, [OLD, "--with-successors", "--json"], obj=office
    )
    assert json.loads(told.stdout)["successors_revoked"] == ["thief/1", "thief/2"]
    assert revoked(db) == {OLD, "thief/1", "thief/2"}


def test_the_owners_of_a_source_are_told_of_each_key_that_comes_and_once(
    client: TestClient, db: Database, holder: Vendor
) -> None:
    with psycopg.connect(db.dsn) as superuser:
        superuser.execute(
            "UPDATE access.source SET vendor_code = 'ven-one', organisation_code = 'exh-one'"
        )
    new = a_key("vendor.example/batch-2")
    public = public_of(new)
    proof = new.private.sign(possession_text(new.key_id, public))
    body = json.dumps(
        {
            "key_id": new.key_id,
            "public_key": public,
            "replaces": OLD,
            "signature": base64.b64encode(proof).decode(),
        }
    ).encode()

    for _ in range(2):
        headers = signed_headers(holder, "POST", "/v1/keys", body)
        answer = client.post("/v1/keys", content=body, headers=headers)
        assert answer.status_code == 201, answer.text
    enrolled(client, db, "vendor", "vendor.example/batch-3")

    with psycopg.connect(db.dsn) as superuser:
        notices = superuser.execute(
            "SELECT organisation_code, subject, facts ->> 'replaces' FROM notices.notice"
            " WHERE kind = 'key.registered' ORDER BY notice_no"
        ).fetchall()
    assert notices == [
        ("ven-one", "key/vendor.example/batch-2", OLD),
        ("exh-one", "key/vendor.example/batch-2", OLD),
        ("ven-one", "key/vendor.example/batch-3", None),
        ("exh-one", "key/vendor.example/batch-3", None),
    ]
