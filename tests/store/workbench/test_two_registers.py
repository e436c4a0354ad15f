"""No address crosses the border: a test key moves nothing live, a live key nothing of the test."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from ekino.access.model.entrances import Entrance
from ekino.access.service import enrolment
from ekino.db.database import Database
from ekino.kernel.errors import Refused
from ekino.kernel.moments import now, to_text
from ekino.settings import Settings
from ekino.web.who import WHO
from factories import Vendor, a_batch, a_catalog, a_vendor
from two_registers import a_sandbox, enrolled, signed_headers, two_registers

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
_PARAMETER = re.compile(r"\{[a-z_]+(?::path)?\}")
# What is written beside the answer, whatever that is: it moves nobody's figures. The log of
# requests keeps what failed; attempts to sign in and used nonces are counted before they are judged.
_BESIDE = ("workbench.", "access.attempt", "access.used_nonce", "db.")


class Both:
    """A client of two registers, with a key of each."""

    def __init__(
        self, client: TestClient, settings: Settings, live: Database, test: Database
    ) -> None:
        self.client = client
        self.live, self.test = live, test
        self.settings = settings
        a_catalog(live)
        self.live_key = a_vendor(live)
        self.sandbox = a_sandbox(settings, test, "acme")
        self.test_key, self.told = enrolled(
            client, test, self.sandbox.source, "test.acme/till-1"
        )

    def sale(self, venue: str, showing: str, number: int) -> bytes:
        return a_batch(
            {
                "kind": "sold",
                "sequence": number,
                "ticket": f"T{number}",
                "venue": venue,
                "showing": showing,
                "happened_at": to_text(now()),
                "price_minor": 150_000,
                "sales_channel": "web",
            }
        )

    def showing(self) -> str:
        with psycopg.connect(self.test.dsn) as superuser:
            row = superuser.execute(
                "SELECT showing.code FROM catalog.showing JOIN catalog.venue USING (venue_id)"
                " WHERE venue.code = %s ORDER BY starts_at DESC LIMIT 1",
                (self.sandbox.venue,),
            ).fetchone()
        assert row is not None
        return str(row[0])

    def post(self, vendor: Vendor, body: bytes, **headers: str) -> Any:
        signed = signed_headers(vendor, "POST", "/v1/batches", body)
        return self.client.post("/v1/batches", content=body, headers=signed | headers)


@pytest.fixture
def both(db: Database, sandbox_db: Database, tmp_path: Path) -> Iterator[Both]:
    settings = Settings(data_dir=tmp_path)
    with two_registers(db, sandbox_db, settings) as client:
        yield Both(client, settings, db, sandbox_db)


def everything(db: Database) -> dict[str, Any]:
    """Give a digest of every table that holds what the register knows."""
    with psycopg.connect(db.dsn) as superuser:
        names = superuser.execute(
            "SELECT schemaname || '.' || tablename FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
        ).fetchall()
        return {
            name: superuser.execute(
                f"SELECT count(*), md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {name} AS t"
            ).fetchone()
            for (name,) in names
            if not name.startswith(_BESIDE)
        }


def addresses() -> list[str]:
    return sorted(_PARAMETER.sub("1", path) for path in WHO)


def test_a_sale_of_a_test_key_is_in_the_test_register_alone(both: Both) -> None:
    before = everything(both.live)

    answer = both.post(both.test_key, both.sale(both.sandbox.venue, both.showing(), 1))

    assert answer.status_code == 200, answer.text
    assert answer.json()["outcomes"] == ["entered"]
    assert "/test/receipts" in answer.json()["receipt"]
    assert everything(both.live) == before
    assert everything(both.test)["register.entry"][0] == 1


def test_a_sale_of_a_live_key_is_in_the_live_register_alone(both: Both) -> None:
    before = everything(both.test)

    answer = both.post(both.live_key, both.sale("ALA-1", "steppe-kk-1", 1))

    assert answer.json()["outcomes"] == ["entered"]
    assert everything(both.test) == before
    assert everything(both.live)["register.entry"][0] == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_address_lets_a_test_key_touch_the_live_register(
    both: Both, method: str
) -> None:
    """Every line of WHO, with bodies that each address would take from its own register's key."""
    both.post(both.live_key, both.sale("ALA-1", "steppe-kk-1", 1))
    before = everything(both.live)

    answers = send_everywhere(both, both.test_key, method, venue="ALA-1")

    assert everything(both.live) == before
    assert len(answers) >= len(WHO)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_address_lets_a_live_key_touch_the_test_register(
    both: Both, method: str
) -> None:
    both.post(both.test_key, both.sale(both.sandbox.venue, both.showing(), 1))
    before = everything(both.test)

    send_everywhere(both, both.live_key, method, venue=both.sandbox.venue)

    assert everything(both.test) == before


def send_everywhere(both: Both, vendor: Vendor, method: str, *, venue: str) -> list[int]:
    """Ask every address, signed, with every body that any of them reads."""
    event = json.loads(both.sale(venue, "steppe-kk-1", 77))
    bodies = [
        json.dumps(event).encode(),
        json.dumps(
            {"venues": [], "films": [{"code": "x", "titles": {"en": "X"}}]}
        ).encode(),
        json.dumps({"sources": [{"code": "evil", "name": "evil"}]}).encode(),
        json.dumps({"words": "an answer"}).encode(),
    ]
    found = []
    for path in addresses():
        if path in ("/live", "/log/tile/1"):
            continue
        for body in bodies if method == "POST" else [b""]:
            headers = signed_headers(vendor, method, path, body)
            answer = both.client.request(
                method, path, content=body, headers=headers, follow_redirects=False
            )
            found.append(answer.status_code)
    return [*found, 0, 0]


def test_a_live_register_enters_no_key_that_is_called_a_test_key(both: Both) -> None:
    with pytest.raises(Refused) as refused:
        a_vendor(both.live, code="other", key_id="test.other/1")

    assert "key_of_the_test_register" in {each.code for each in refused.value.problems}


def test_a_code_of_one_register_lets_no_key_into_the_other(both: Both) -> None:
    from two_registers import enrolment_request

    of_test = enrolment.make_code(both.test, both.sandbox.source, actor="t", at=now())
    of_live = enrolment.make_code(both.live, "vendor", actor="t", at=now())
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    live_key = Vendor(Ed25519PrivateKey.generate(), "acme/live-2")
    test_key = Vendor(Ed25519PrivateKey.generate(), "test.acme/till-9")

    assert (
        both.client.post("/v1/keys", **enrolment_request(live_key, of_test)).json()["code"]
        == "enrolment_code_wrong"
    )
    assert (
        both.client.post("/v1/keys", **enrolment_request(test_key, of_live)).json()["code"]
        == "enrolment_code_wrong"
    )


def test_readers_see_the_test_register_only_when_they_choose_it_and_are_told(
    both: Both,
) -> None:
    assert "test-banner" not in both.client.get("/").text

    both.client.get("/register/test")
    assert "test-banner" in both.client.get("/").text
    assert "test-banner" in both.client.get("/films").text
    assert both.client.get("/v1/catalog/venues").text.count("test-virtual-cinema") == 0

    both.client.get("/register/live")
    assert "test-banner" not in both.client.get("/").text


# One page of each address with a parameter that only the live register has.
_LIVE_PAGES = (
    "/docs/reference/events",
    "/api/postKey",
    "/vectors/kit.json",
    "/problems/key_unknown",
)


def test_no_page_is_lost_to_whoever_chose_the_test_register(both: Both) -> None:
    plain = (
        path for path, who in WHO.items() if who is Entrance.PUBLIC and "{" not in path
    )
    there = [
        path
        for path in (*plain, *_LIVE_PAGES)
        if path not in ("/live", "/tv/live") and both.client.get(path).status_code == 200
    ]

    both.client.get("/register/test")
    lost = [path for path in there if both.client.get(path).status_code == 404]

    assert (len(there) > 20, lost) == (True, [])


def test_a_program_that_signs_nothing_says_which_register_it_means(both: Both) -> None:
    of_test = both.client.get("/v1/catalog/venues", headers={"EKino-Register": "test"})

    assert "test-virtual-cinema" in of_test.text


def test_a_database_in_use_becomes_no_test_register(db: Database) -> None:
    a_catalog(db)
    a_vendor(db)

    with pytest.raises(Refused) as refused:
        enrolment.make_test(db)

    assert refused.value.code == "register_is_live"


def test_without_a_test_register_a_test_key_is_told_so(
    db: Database, tmp_path: Path
) -> None:
    with two_registers(db, None, Settings(data_dir=tmp_path)) as client:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        vendor = Vendor(Ed25519PrivateKey.generate(), "test.acme/till-1")
        body = a_batch()
        headers = signed_headers(vendor, "POST", "/v1/batches", body)

        answer = client.post("/v1/batches", content=body, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (404, "test_mode_off")
