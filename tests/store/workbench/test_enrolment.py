"""Keys that come and go without an operator: by a code, and in the place of another."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.testclient import TestClient

from ekino.access.service import enrolment, list_keys
from ekino.access.service.addresses import set_networks
from ekino.access.service.enrolment import (
    CODE_GOOD_S,
    CODES_MAX,
    OVERLAP_MAX_S,
    OVERLAP_S,
    possession_text,
)
from ekino.db.database import Database
from ekino.kernel.errors import NotAuthenticated, Pushback, Refused
from ekino.kernel.moments import now
from ekino.settings import Settings
from factories import EVENING, Vendor, a_batch, a_catalog, a_sale, a_vendor
from two_registers import (
    enrolled,
    enrolment_request,
    public_of,
    signed_headers,
    two_registers,
)

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture
def client(db: Database, tmp_path: Path) -> Iterator[TestClient]:
    a_catalog(db)
    with two_registers(db, None, Settings(data_dir=tmp_path)) as client:
        yield client


def a_key(name: str) -> Vendor:
    return Vendor(Ed25519PrivateKey.generate(), name)


def test_a_key_with_a_code_may_do_what_its_source_may(
    client: TestClient, db: Database
) -> None:
    a_vendor(db, venues=("ALA-1",))

    vendor, told = enrolled(client, db, "vendor", "acme/till-7")

    assert told["source"] == "vendor"
    assert told["environment"] == "live"
    assert told["halls"] == [
        {"venue": "ALA-1", "hall": "1"},
        {"venue": "ALA-1", "hall": "2"},
    ]
    body = a_batch(a_sale(1, happened_at="2026-11-01T10:00:00Z"))
    headers = signed_headers(vendor, "POST", "/v1/batches", body)
    answer = client.post("/v1/batches", content=body, headers=headers)
    assert answer.json()["outcomes"] == ["entered"]


def test_a_code_lets_one_key_in_and_says_the_same_when_asked_again(
    client: TestClient, db: Database
) -> None:
    a_vendor(db)
    code = enrolment.make_code(db, "vendor", actor="t", at=now())
    first, second = a_key("acme/1"), a_key("acme/2")

    answers = [
        client.post("/v1/keys", **enrolment_request(vendor, code))
        for vendor in (first, first, second)
    ]

    assert [each.status_code for each in answers] == [201, 201, 401]
    assert answers[0].json()["valid_until"] == answers[1].json()["valid_until"]
    assert answers[2].json()["code"] == "enrolment_code_wrong"


def test_a_code_is_good_until_its_time_is_over(db: Database) -> None:
    a_catalog(db)
    a_vendor(db)
    vendor = a_key("acme/1")
    code = enrolment.make_code(db, "vendor", actor="t", at=EVENING)
    late = EVENING + timedelta(seconds=CODE_GOOD_S)

    with pytest.raises(NotAuthenticated) as refused:
        enrol(db, vendor, code, at=late)
    assert refused.value.code == "enrolment_code_wrong"

    told = enrol(db, vendor, code, at=late - timedelta(milliseconds=1))
    assert told.key_id == "acme/1"


def enrol(db: Database, vendor: Vendor, code: str, *, at: Any) -> enrolment.Enrolled:
    return enrolment.enrol(
        db,
        key_id=vendor.key_id,
        public_key=public_of(vendor),
        code=code,
        claim=vendor.request(b"{}", at=at),
        at=at,
    )


def test_so_many_codes_of_a_source_wait_and_no_more(db: Database) -> None:
    a_catalog(db)
    a_vendor(db)
    for _ in range(CODES_MAX):
        enrolment.make_code(db, "vendor", actor="t", at=EVENING)

    with pytest.raises(Pushback):
        enrolment.make_code(db, "vendor", actor="t", at=EVENING)


def test_nobody_enrols_a_key_that_they_do_not_hold(
    client: TestClient, db: Database
) -> None:
    a_vendor(db)
    code = enrolment.make_code(db, "vendor", actor="t", at=now())
    holder, thief = a_key("acme/1"), a_key("acme/1")
    body = json.dumps(
        {"key_id": "acme/1", "public_key": public_of(holder), "code": code}
    ).encode()

    answer = client.post(
        "/v1/keys", content=body, headers=signed_headers(thief, "POST", "/v1/keys", body)
    )

    assert answer.json()["code"] == "signature_wrong"


def rotation(
    client: TestClient,
    old: Vendor,
    new: Vendor,
    *,
    proof: Vendor | None = None,
    **more: Any,
) -> Any:
    public = public_of(new)
    signature = (proof or new).private.sign(possession_text(new.key_id, public))
    body = json.dumps(
        {
            "key_id": new.key_id,
            "public_key": public,
            "replaces": old.key_id,
            "signature": base64.b64encode(signature).decode(),
            **more,
        }
    ).encode()
    return client.post(
        "/v1/keys", content=body, headers=signed_headers(old, "POST", "/v1/keys", body)
    )


def valid_until(db: Database, key_id: str) -> Any:
    with psycopg.connect(db.dsn) as superuser:
        row = superuser.execute(
            "SELECT valid_until FROM access.key WHERE key_id = %s", (key_id,)
        ).fetchone()
    assert row is not None
    return row[0]


def test_a_key_takes_the_place_of_another_and_both_hold_for_a_week(
    client: TestClient, db: Database
) -> None:
    old, new = a_vendor(db), a_key("vendor.example/batch-2")

    answer = rotation(client, old, new)

    assert answer.status_code == 201, answer.text
    assert answer.json()["replaces"] == old.key_id
    left = valid_until(db, old.key_id) - now()
    assert timedelta(seconds=OVERLAP_S - 60) < left <= timedelta(seconds=OVERLAP_S)
    for number, vendor in enumerate((old, new), start=1):
        body = a_batch(a_sale(number, happened_at="2026-11-01T10:00:00Z"))
        headers = signed_headers(vendor, "POST", "/v1/batches", body)
        entered = client.post("/v1/batches", content=body, headers=headers).json()
        assert entered["outcomes"] == ["entered"]


def test_the_same_rotation_again_ends_nothing_sooner(
    client: TestClient, db: Database
) -> None:
    old, new = a_vendor(db), a_key("vendor.example/batch-2")
    rotation(client, old, new)
    before = valid_until(db, old.key_id)

    again = rotation(client, old, new, overlap_s=0)

    assert again.status_code == 201
    assert valid_until(db, old.key_id) == before


def test_a_key_in_anothers_place_is_good_in_the_same_networks(
    client: TestClient, db: Database
) -> None:
    old, new = a_vendor(db), a_key("vendor.example/batch-2")
    set_networks(db, old.key_id, "203.0.113.0/24", actor="t")
    elsewhere = rotation(client, old, new)
    within = TestClient(
        client.app, base_url=str(client.base_url), client=("203.0.113.7", 1)
    )

    inside = rotation(within, old, new)

    assert (elsewhere.status_code, elsewhere.json()["code"]) == (
        401,
        "key_address_not_allowed",
    )
    assert inside.status_code == 201
    assert [each["networks"] for each in list_keys(db) if each["key_id"] == new.key_id] == [
        "203.0.113.0/24"
    ]


def test_a_rotation_without_the_new_keys_proof_is_refused(
    client: TestClient, db: Database
) -> None:
    old, new = a_vendor(db), a_key("vendor.example/batch-2")

    answer = rotation(client, old, new, proof=a_key("x"))

    assert (answer.status_code, answer.json()["code"]) == (401, "possession_not_proven")


@pytest.mark.parametrize(
    ("overlap_s", "state"), [(OVERLAP_MAX_S, 201), (OVERLAP_MAX_S + 1, 400)]
)
def test_the_overlap_is_bounded(
    client: TestClient, db: Database, overlap_s: int, state: int
) -> None:
    answer = rotation(client, a_vendor(db), a_key("b/2"), overlap_s=overlap_s)

    assert answer.status_code == state


def test_one_vendor_replaces_no_key_of_another(client: TestClient, db: Database) -> None:
    mine, theirs = a_vendor(db), a_vendor(db, code="other", key_id="other/1")
    public = public_of(new := a_key("evil/1"))
    signature = base64.b64encode(new.private.sign(possession_text("evil/1", public)))
    body = json.dumps(
        {
            "key_id": "evil/1",
            "public_key": public,
            "replaces": theirs.key_id,
            "signature": signature.decode(),
        }
    ).encode()

    answer = client.post(
        "/v1/keys", content=body, headers=signed_headers(mine, "POST", "/v1/keys", body)
    )

    assert answer.json()["code"] == "key_id_differs"


@pytest.mark.parametrize(
    "name", ["acme/2", "acme", "acme/deep/er", "intake/1", "operator/me"]
)
def test_nobody_enrols_or_rotates_to_a_name_that_begins_like_anothers(
    client: TestClient, db: Database, name: str
) -> None:
    a_vendor(db, code="acme", key_id="acme/1")
    a_vendor(db)
    code = enrolment.make_code(db, "vendor", actor="t", at=now())
    own = a_key("vendor.example/batch-2")

    enrolled_so = client.post("/v1/keys", **enrolment_request(a_key(name), code))
    # The code has let nobody in yet.
    assert client.post("/v1/keys", **enrolment_request(own, code)).status_code == 201
    rotated_so = rotation(client, own, a_key(name))

    for answer in (enrolled_so, rotated_so):
        assert (answer.status_code, answer.json()["code"]) == (400, "key_taken")


def test_a_name_near_anothers_is_free(client: TestClient, db: Database) -> None:
    a_vendor(db, code="acme", key_id="acme/1")
    a_vendor(db)

    for name in ("acme2/1", "acm/1", "acme-kz/1", "vendor.example/9"):
        enrolled(client, db, "vendor", name)


@pytest.mark.parametrize(
    ("ours", "theirs", "is_one"),
    [
        (("v1", "Acme", "e1"), ("v1", "Acme", "e2"), True),
        (("v1", "Acme", "e1"), ("v2", "Acme", "e1"), False),
        ((None, "Acme", "e1"), ("v1", "Acme", "e2"), True),
        ((None, None, "e1"), (None, None, "e1"), True),
        ((None, None, None), (None, None, None), False),
    ],
    ids=["same vendor", "another vendor", "same name", "same cinema", "unknown"],
)
def test_sources_of_one_vendor_share_how_names_begin(
    db: Database, ours: tuple[Any, ...], theirs: tuple[Any, ...], *, is_one: bool
) -> None:
    a_catalog(db)
    a_vendor(db, code="one", key_id="acme/1")
    a_vendor(db)
    with psycopg.connect(db.dsn) as superuser:
        for code, parts in (("one", theirs), ("vendor", ours)):
            superuser.execute(
                "UPDATE access.source SET vendor_code = %s, vendor = %s, organisation_code = %s"
                " WHERE code = %s",
                (*parts, code),
            )
    code = enrolment.make_code(db, "vendor", actor="t", at=EVENING)

    if is_one:
        assert enrol(db, a_key("acme/2"), code, at=EVENING).key_id == "acme/2"
    else:
        with pytest.raises(Refused) as refused:
            enrol(db, a_key("acme/2"), code, at=EVENING)
        assert refused.value.code == "key_taken"
