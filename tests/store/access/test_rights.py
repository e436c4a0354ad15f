"""Sources, keys and rights against a real database."""

import base64
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ekino.access import service
from ekino.access.service import addresses
from ekino.access.signature import SignedRequest, signature_base, signature_parameters
from ekino.catalog import service as catalog
from ekino.catalog.document import read_document
from ekino.db.database import Database, Role
from ekino.kernel.errors import NotAuthenticated, Refused

EVENING = datetime(2026, 11, 24, 19, 30, tzinfo=UTC)


def private_key(number: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([number] * 32))


def public_key(number: int) -> str:
    return base64.b64encode(private_key(number).public_key().public_bytes_raw()).decode()


def a_key(number: int, name: str = "", **changes: Any) -> dict[str, Any]:
    key = {
        "key_id": name or f"vendor/till-{number}",
        "public_key": public_key(number),
        "valid_from": EVENING - timedelta(days=1),
        "valid_until": EVENING + timedelta(days=1),
    }
    return {**key, **changes}


def a_source(**changes: Any) -> dict[str, Any]:
    source: dict[str, Any] = {
        "code": "vendor",
        "name": "Vendor",
        "vendor": None,
        "organisation": None,
        "may_announce": False,
        "state": "active",
        "halls": [],
        "keys": [],
    }
    return {**source, **changes}


@pytest.fixture
def country(db: Database) -> Database:
    """Give a database with two venues: `aurora` with halls 1 and 2, `zenit` with hall 1."""
    catalog.load(db, catalog.shipped_regions("KZ"))
    venue = {
        "region": "KZ-75",
        "city": "Алматы",
        "timezone": "Asia/Almaty",
        "currency": "KZT",
    }
    document = {
        "venues": [
            {"code": "aurora", "name": "Aurora", **venue},
            {"code": "zenit", "name": "Zenit", **venue},
        ],
        "halls": [
            {"venue": "aurora", "code": "1", "capacity": 100},
            {"venue": "aurora", "code": "2", "capacity": 50},
            {"venue": "zenit", "code": "1", "capacity": 80},
        ],
    }
    catalog.load(db, read_document(msgspec.json.encode(document)))
    return db


def halls_of(db: Database, key_id: str) -> int:
    with db.transaction(Role.INGEST) as tx:
        key = service.find_key_within(tx, key_id)
        assert key is not None
        assert key.source_id is not None
        return len(service.read_halls(tx, key.source_id))


def revision(db: Database) -> int:
    with db.transaction(Role.INGEST) as tx:
        return service.read_revision(tx)


def test_a_source_speaks_for_exactly_the_halls_named_last(country: Database) -> None:
    keys = [a_key(1)]
    service.load_sources(
        country,
        [a_source(halls=[("aurora", None), ("zenit", "1")], keys=keys)],
        actor="test",
    )
    assert halls_of(country, "vendor/till-1") == 3
    service.load_sources(
        country, [a_source(halls=[("aurora", "2")], keys=keys)], actor="test"
    )
    assert halls_of(country, "vendor/till-1") == 1
    service.load_sources(country, [a_source()], actor="test")
    assert halls_of(country, "vendor/till-1") == 0


def test_an_unknown_hall_is_named_and_nothing_is_entered(country: Database) -> None:
    sources = [
        a_source(halls=[("aurora", "1")], keys=[a_key(1)]),
        a_source(code="other", halls=[("aurora", "9"), ("nowhere", None)]),
    ]
    before = revision(country)
    with pytest.raises(Refused) as refusal:
        service.load_sources(country, sources, actor="test")
    assert [problem.pointer for problem in refusal.value.problems] == [
        "/sources/1/halls/0",
        "/sources/1/halls/1",
    ]
    assert service.list_keys(country) == []
    assert revision(country) == before


def test_the_same_key_again_changes_nothing(country: Database) -> None:
    for _ in range(2):
        service.load_sources(country, [a_source(keys=[a_key(1)])], actor="test")
    assert [key["key_id"] for key in service.list_keys(country)] == ["vendor/till-1"]


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (a_key(2, "vendor/till-1"), "key_taken"),
        (a_key(1, "vendor/till-2"), "key_taken"),
        (a_key(2, valid_until=EVENING - timedelta(days=1)), "key_time_out_of_bounds"),
        (a_key(2, public_key=base64.b64encode(bytes(32)).decode()), "public_key_weak"),
    ],
)
def test_a_key_that_cannot_be_is_refused_by_name(
    country: Database, second: dict[str, Any], code: str
) -> None:
    service.load_sources(country, [a_source(keys=[a_key(1)])], actor="test")
    with pytest.raises(Refused) as refusal:
        service.load_sources(country, [a_source(code="other", keys=[second])], actor="test")
    assert [problem.code for problem in refusal.value.problems] == [code]
    assert [key["source"] for key in service.list_keys(country)] == ["vendor"]


@pytest.mark.parametrize(("days", "is_taken"), [(731, True), (732, False)])
def test_a_key_lives_for_two_years_at_most(
    country: Database, days: int, *, is_taken: bool
) -> None:
    begins = EVENING
    key = a_key(1, valid_from=begins, valid_until=begins + timedelta(days=days))
    if is_taken:
        service.load_sources(country, [a_source(keys=[key])], actor="test")
        return
    with pytest.raises(Refused):
        service.load_sources(country, [a_source(keys=[key])], actor="test")


def signed_by(number: int, key_id: str, nonce: str) -> SignedRequest:
    parameters = signature_parameters(
        created=int(EVENING.timestamp()), key_id=key_id, nonce=nonce
    )
    base = signature_base(
        method="POST",
        target_uri="https://ekino.example/v1/batches",
        digest="",
        content_type="application/json",
        parameters=parameters,
    )
    return SignedRequest(
        key_id=key_id,
        created=int(EVENING.timestamp()),
        nonce=nonce,
        signature=private_key(number).sign(base),
        base=base,
        target_uri="https://ekino.example/v1/batches",
        body_sha256=b"",
    )


def test_a_keyring_knows_the_key_its_source_and_what_it_may(country: Database) -> None:
    service.load_sources(
        country, [a_source(may_announce=True, keys=[a_key(1)])], actor="test"
    )
    key = service.Keyring(country).verify(
        signed_by(1, "vendor/till-1", "nonce-one"), now=EVENING
    )
    assert (key.source_code, key.may_announce, key.source_state) == (
        "vendor",
        True,
        "active",
    )


def test_a_key_is_good_only_in_its_networks_until_they_are_taken_away(
    country: Database,
) -> None:
    service.load_sources(country, [a_source(keys=[a_key(1)])], actor="test")
    key_id = "vendor/till-1"

    def verify(client: str, nonce: str) -> str:
        """Ask a keyring that remembers nothing, and give the code of its refusal."""
        claim = replace(signed_by(1, key_id, nonce), client=client)
        try:
            service.Keyring(country).verify(claim, now=EVENING)
        except NotAuthenticated as error:
            return error.code
        return ""

    before = verify("", "nonce-one")
    addresses.set_networks(country, key_id, "203.0.113.0/24", actor="test")
    answers = [
        verify(client, f"nonce-{place}")
        for place, client in enumerate(("203.0.113.7", "198.51.100.1", ""))
    ]
    forged = replace(signed_by(2, key_id, "nonce-two"), client="198.51.100.1")
    with pytest.raises(NotAuthenticated) as refusal:
        service.Keyring(country).verify(forged, now=EVENING)
    addresses.set_networks(country, key_id, "", actor="test")

    assert before == ""
    assert answers == ["", "key_address_not_allowed", "key_address_not_allowed"]
    # A stranger learns nothing of where a key may be used.
    assert refusal.value.code == "signature_wrong"
    assert verify("198.51.100.1", "nonce-three") == ""


@pytest.mark.parametrize(
    ("key_id", "code"),
    [("nobody", "key_unknown"), ("vendor/tickets", "key_signs_no_requests")],
)
def test_only_a_key_that_signs_requests_is_limited(
    country: Database, key_id: str, code: str
) -> None:
    tickets = a_key(2, "vendor/tickets", kind="till")
    service.load_sources(country, [a_source(keys=[tickets])], actor="test")

    with pytest.raises(Refused) as refused:
        addresses.set_networks(country, key_id, "203.0.113.0/24", actor="test")

    assert refused.value.code == code


def test_an_unknown_key_is_refused_by_name(country: Database) -> None:
    with pytest.raises(NotAuthenticated) as refusal:
        service.Keyring(country).verify(signed_by(1, "nobody", "nonce-one"), now=EVENING)
    assert refusal.value.code == "key_unknown"


def test_revoking_is_seen_by_the_next_transaction_and_counted(country: Database) -> None:
    service.load_sources(country, [a_source(keys=[a_key(1)])], actor="test")
    before = revision(country)
    revoked_at = service.revoke_key(country, "vendor/till-1", actor="test")
    assert revision(country) > before
    with country.transaction(Role.INGEST) as tx:
        key = service.find_key_within(tx, "vendor/till-1")
    assert key is not None
    with pytest.raises(NotAuthenticated) as refusal:
        service.verify_alive(key, EVENING)
    assert refusal.value.code == "key_revoked"
    assert service.revoke_key(country, "vendor/till-1", actor="test") == revoked_at


def test_what_was_done_is_written_down(country: Database) -> None:
    service.load_sources(country, [a_source(keys=[a_key(1)])], actor="operator/local")
    service.revoke_key(country, "vendor/till-1", actor="root")
    with country.transaction(Role.OFFICE) as tx:
        rows = tx.execute("SELECT actor, action, subject FROM access.audit").fetchall()
    assert ("root", "key_revoked", "vendor/till-1") in rows
    assert ("operator/local", "source_loaded", "vendor") in rows


def test_a_suspended_source_signs_nothing(country: Database) -> None:
    service.load_sources(
        country, [a_source(state="suspended", keys=[a_key(1)])], actor="test"
    )
    with pytest.raises(NotAuthenticated) as refusal:
        service.Keyring(country).verify(
            signed_by(1, "vendor/till-1", "nonce-one"), now=EVENING
        )
    assert refusal.value.code == "source_suspended"


def test_the_operators_key_is_made_once_and_only_its_owner_reads_it(
    db: Database, tmp_path: Path
) -> None:
    path = tmp_path / "keys" / "operator.key"
    service.ensure_operator_key(db, path)
    made = path.read_bytes()
    service.ensure_operator_key(db, path)
    assert path.read_bytes() == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    private = serialization.load_pem_private_key(made, password=None)
    assert isinstance(private, Ed25519PrivateKey)
    key = service.find_key(db, "operator/local")
    assert key is not None
    assert bytes(key.public_key) == private.public_key().public_bytes_raw()
    assert service.verify_operator(key) == "operator/local"


def test_a_file_that_is_no_key_is_refused(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "operator.key"
    path.write_text("not a key")
    with pytest.raises(Refused) as refusal:
        service.ensure_operator_key(db, path)
    assert refusal.value.code == "operator_key_malformed"


def test_a_tills_key_signs_tickets_and_no_batch(country: Database) -> None:
    till = {**a_key(1), "kind": "till"}
    service.load_sources(country, [a_source(keys=[till])], actor="test")
    with pytest.raises(NotAuthenticated) as refusal:
        service.Keyring(country).verify(
            signed_by(1, "vendor/till-1", "nonce-one"), now=EVENING
        )
    assert refusal.value.code == "key_signs_no_requests"
    with country.transaction(Role.INGEST) as tx:
        key = service.find_key_within(tx, "vendor/till-1")
        assert key is not None
        assert service.find_till(tx, key.note_id) == key


def test_a_key_whose_four_bytes_are_taken_is_refused(
    country: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two real keys that collide take 2**32 tries: here the four bytes are a constant.
    monkeypatch.setattr("ekino.access.service.keys.note_id_of", lambda *_: b"same")
    keys = [{**a_key(number), "kind": "till"} for number in (1, 2)]
    with pytest.raises(Refused) as refusal:
        service.load_sources(country, [a_source(keys=keys)], actor="test")
    assert [problem.code for problem in refusal.value.problems] == ["key_id_taken"]


@pytest.mark.parametrize("name", ["a+b", "a b", "a\u2003b", ""])
def test_a_name_that_a_signed_note_cannot_carry_is_refused(
    country: Database, name: str
) -> None:
    with pytest.raises(Refused) as refusal:
        service.load_sources(
            country, [a_source(keys=[{**a_key(1), "key_id": name}])], actor="test"
        )
    assert [problem.code for problem in refusal.value.problems] == ["key_name_malformed"]
