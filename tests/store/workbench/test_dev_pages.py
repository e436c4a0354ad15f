"""The integrators' workbench: one's own in both registers, and nothing of anybody else's."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ekino.access import service as access
from ekino.access.model.permissions import RoleName
from ekino.db.database import Database
from ekino.kernel.moments import now, to_text
from ekino.notices.service import confirming, endpoints
from ekino.notices.service.endpoints import By, Wanted
from ekino.settings import Settings
from ekino.workbench.service import sandbox
from factories import Vendor, a_batch
from organisations import Trade
from people import COOKIE, a_person, cookie_of, form_token
from two_registers import enrolment_request, signed_headers, two_registers

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
_CODE = re.compile(r"[0-9A-Z]{5}-[0-9A-Z]{5}")


class Office:
    """A client of two registers, and people of two vendors."""

    def __init__(self, client: TestClient, live: Database, test: Database) -> None:
        self.client, self.live, self.test = client, live, test
        self.trade = Trade(live, sales=40)
        self.cookies: dict[str, str] = {}

    def enter(self, organisation: str, role: RoleName = RoleName.VENDOR) -> None:
        if organisation not in self.cookies:
            person = a_person(self.live, role, self.trade.ids[organisation])
            self.cookies[organisation] = cookie_of(self.live, person)
        self.client.cookies.set(COOKIE, self.cookies[organisation])
        self.organisation = organisation

    def get(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:500])
        return str(answer.text)

    def post(self, path: str, **fields: str) -> Any:
        token = form_token(self.cookies[self.organisation])
        return self.client.post(path, data={"form": token, **fields})

    def enrol(self, key_id: str) -> Vendor:
        """Enrol a test key with the code that the page gives."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self.get("/dev/keys?mode=test")
        found = sandbox.find(self.test, self.organisation)
        assert found is not None
        page = self.post("/dev/keys?mode=test", mode="test", source=found.source)
        (code,) = set(_CODE.findall(page.text))
        vendor = Vendor(Ed25519PrivateKey.generate(), key_id)
        answer = self.client.post("/v1/keys", **enrolment_request(vendor, code))
        assert answer.status_code == 201, answer.text
        return vendor

    def send(self, vendor: Vendor, body: bytes) -> Any:
        headers = signed_headers(vendor, "POST", "/v1/batches", body)
        return self.client.post("/v1/batches", content=body, headers=headers)

    def flush(self) -> None:
        """Let the log of requests be written."""
        recorder = self.client.app.state.test_register.recorder  # type: ignore[attr-defined]
        recorder._write_requests()
        recorder._write_hours()


@pytest.fixture
def office(db: Database, sandbox_db: Database, tmp_path: Path) -> Iterator[Office]:
    with two_registers(db, sandbox_db, Settings(data_dir=tmp_path)) as client:
        yield Office(client, db, sandbox_db)


# Of a refused event: its kind, cause, reason and fix.
REFUSED = {
    "kk": ("Сатылды", "Мұндай бағаны сынақ тізілімі әдейі қабылдамайды."),
    "ru": (
        "Продан",
        "Отклонено по тестовой цене",
        "Такую цену тестовый реестр отклоняет нарочно.",
        "Покажите его на кассе и переходите к следующему событию.",
    ),
    "en": ("Sold", "The test register refuses this price on purpose."),
}
PAGES = ("/dev", "/dev/start", "/dev/requests", "/dev/events", "/dev/errors", "/dev/keys", "/dev/webhooks", "/dev/test", "/dev/inspect?id=x")  # fmt: skip


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_every_page_opens_in_every_language_and_says_which_register_it_shows(
    office: Office, language: str
) -> None:
    office.enter("vendor-one")

    for page in PAGES:
        for mode in ("test", "live"):
            joint = "&" if "?" in page else "?"
            text = office.get(f"{page}{joint}mode={mode}&lang={language}")
            is_test = 'class="test-banner"' in text
            assert is_test == (">TEST</span>" in text)
            assert (">LIVE</span>" in text) != is_test
            assert is_test == (mode == "test" and page != "/dev/webhooks") or page in (
                "/dev/start", "/dev/test",
            )  # fmt: skip


def test_a_stranger_to_the_register_comes_to_a_test_ticket_by_the_pages_alone(
    office: Office,
) -> None:
    office.enter("vendor-one")
    vendor = office.enrol("test.vendor-one/till-1")
    start = office.get("/dev/start")
    assert "test.vendor-one/till-1" in start
    venue = re.search(r'"venue":"([^"]+)"', start.replace("&#34;", '"'))
    showing = re.search(r'"showing":"([^"]+)"', start.replace("&#34;", '"'))
    assert venue
    assert showing
    sale = {
        "kind": "sold",
        "sequence": 1,
        "ticket": "T1",
        "venue": venue[1],
        "showing": showing[1],
        "happened_at": to_text(now()),
        "price_minor": 250_000,
        "sales_channel": "box_office",
    }
    answer = office.send(vendor, a_batch(sale))
    refused = office.send(
        vendor, a_batch({**sale, "sequence": 2, "ticket": "T2", "price_minor": 11})
    )
    broken = office.send(vendor, b"{")
    office.flush()

    assert answer.json()["outcomes"] == ["entered"]
    assert refused.json()["outcomes"] == ["refused_in_test"]
    assert answer.headers["request-id"] in office.get("/dev/requests")
    request = office.get(f"/dev/requests/{broken.headers['request-id']}")
    assert "/problems/batch_is_malformed" in request
    events = office.get("/dev/events")
    assert "refused_in_test" in events
    assert "T1" in events
    for language, words in REFUSED.items():
        told = office.get(f"/dev/events?lang={language}")
        assert 'href="/problems/refused_in_test"' in told
        assert [each for each in words if each not in html.unescape(told)] == []
    errors = office.get("/dev/errors")
    assert "/problems/batch_is_malformed" in errors
    assert "/problems/refused_in_test" in errors
    assert "T1" in office.get("/dev/inspect?id=T1")
    found = office.get(f"/dev/inspect?id={answer.headers['request-id']}")
    assert answer.headers["request-id"] in found
    overview = office.get("/dev")
    assert "test.vendor-one/till-1" in overview


def test_one_vendor_sees_nothing_of_another(office: Office) -> None:
    office.enter("vendor-one")
    vendor = office.enrol("test.vendor-one/till-1")
    broken = office.send(vendor, b"{").headers["request-id"]
    office.flush()
    added = office.post(
        "/dev/webhooks",
        organisation="vendor-one",
        way="webhook",
        address="https://a.example/",
    )
    assert "whpk_" in added.text
    office.enter("vendor-two")

    assert office.client.get(f"/dev/requests/{broken}").status_code == 404
    assert office.client.get("/dev/webhooks/1").status_code == 404
    assert "a.example" not in office.get("/dev/webhooks")
    for page in PAGES:
        for mode in ("test", "live"):
            joint = "&" if "?" in page else "?"
            text = office.get(f"{page}{joint}mode={mode}")
            assert "vendor-one" not in text
            assert "own-aurora" not in text
    mine = sandbox.find(office.test, "vendor-one")
    assert mine is not None
    for path, fields in (
        ("/dev/keys", {"mode": "test", "source": mine.source}),
        ("/dev/keys", {"mode": "live", "source": "own-aurora"}),
        ("/dev/test", {"source": mine.source}),
        ("/dev/webhooks", {"organisation": "vendor-one", "address": "https://b.example/"}),
        ("/dev/webhooks/1", {"step": "remove"}),
    ):
        assert office.post(path, **fields).status_code == 404


def test_a_code_for_a_live_source_of_ones_own_is_made_in_the_live_register(
    office: Office,
) -> None:
    office.enter("vendor-one")

    page = office.post("/dev/keys?mode=live", mode="live", source="own-aurora")

    assert _CODE.search(page.text)
    assert ">LIVE</span>" in page.text


@pytest.mark.parametrize("mode", ["test", "live"])
def test_a_key_is_limited_to_networks_and_what_it_signs_elsewhere_is_refused(
    office: Office, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its enrolment is remembered for five seconds; here for none.
    monkeypatch.setattr("ekino.access.service.keys.KEY_MEMORY_S", 0.0)
    db = office.test if mode == "test" else office.live
    office.enter("vendor-two")
    theirs = office.enrol("test.vendor-two/till-1")
    office.enter("vendor-one")
    vendor = office.enrol("test.vendor-one/till-1")
    key = vendor.key_id
    if mode == "live":
        key = next(
            each["key_id"]
            for each in access.list_keys(db)
            if each["source"] == "own-aurora"
        )
    path = f"/dev/keys?mode={mode}"

    def limit(networks: str, key: str = key, **more: str) -> Any:
        return office.post(
            path, mode=mode, step="networks", key=key, networks=networks, **more
        )

    wrong = limit("203.0.113.7/24")
    strange = limit("203.0.113.0/24", theirs.key_id)
    limit("203.0.113.0/24, 2a00:1450::/32")

    assert (wrong.status_code, strange.status_code) == (422, 404)
    assert "203.0.113.7/24" in wrong.text
    forgotten = limit(" ")
    assert forgotten.status_code == 422
    assert "203.0.113.0/24, 2a00:1450::/32" in office.get(f"{path}&lang=en")
    if mode == "live":
        return
    refused = office.send(vendor, a_batch())
    outside = office.client
    office.client = TestClient(
        outside.app, base_url=str(outside.base_url), client=("203.0.113.7", 1)
    )
    inside = office.send(vendor, a_batch())
    assert (refused.status_code, refused.json()["code"]) == (401, "key_address_not_allowed")
    assert inside.json().get("code") != "key_address_not_allowed"
    office.client = outside
    limit("", anywhere="1")
    assert "203.0.113.0/24, 2a00:1450::/32" not in office.get(f"{path}&lang=en")


def test_beginning_anew_gives_another_source(office: Office) -> None:
    office.enter("vendor-one")
    office.get("/dev/test")
    before = sandbox.find(office.test, "vendor-one")
    assert before is not None

    office.post("/dev/test", source=before.source)

    after = sandbox.find(office.test, "vendor-one")
    assert after is not None
    assert after.generation == 2
    assert after.source in office.get("/dev/test")


def test_a_webhook_is_added_tried_replaced_and_taken_away(office: Office) -> None:
    office.enter("vendor-one")
    office.post(
        "/dev/webhooks",
        organisation="vendor-one",
        way="webhook",
        address="https://a.example/",
        version="v1a",
    )
    path = "/dev/webhooks/1"

    office.post(path, step="ping")
    office.post(path, step="replay", since="2026-11-01T00:00", until="")
    replaced = office.post(path, step="rotate")
    office.post(path, step="remove")

    assert "whpk_" in replaced.text
    assert office.client.get(path).status_code == 404


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_whoever_reads_an_address_confirms_it_by_a_link_and_a_button(
    office: Office, language: str
) -> None:
    wanted = Wanted(
        organisation_code="vendor-one", address="ops@vendor.example", by=By("t")
    )
    number = endpoints.add_email(office.live, wanted, at=now())
    office.enter("vendor-one")
    path = f"/dev/webhooks/{number}"
    asked = office.post(path, step="confirm")
    ((_, secret),) = confirming.take_asked(office.live, at=now(), limit=10)
    office.client.cookies.clear()

    page = office.get(f"/confirm/{secret}?lang={language}")
    again = office.get(f"/confirm/{secret}?lang={language}")
    done = office.client.post(f"/confirm/{secret}?lang={language}")
    over = office.client.get(f"/confirm/{secret}?lang={language}")

    assert asked.status_code in (200, 303)
    assert page.count("<button>") == again.count("<button>") == 1
    assert "ops@vendor.example" in done.text
    assert (done.status_code, over.status_code) == (200, 404)
    assert done.headers["referrer-policy"] == "no-referrer"
    office.enter("vendor-one")
    assert 'value="ping"' in office.get(path)


def test_an_address_inside_is_refused_with_what_was_typed_kept(office: Office) -> None:
    office.enter("vendor-one")

    page = office.post(
        "/dev/webhooks",
        organisation="vendor-one",
        way="webhook",
        address="http://a.example/",
    )

    assert page.status_code == 422
    assert "http://a.example/" in page.text


def test_a_form_of_another_site_changes_nothing(office: Office) -> None:
    office.enter("vendor-one")

    answer = office.client.post(
        "/dev/keys", data={"form": "x", "source": "own-aurora", "mode": "live"}
    )

    assert answer.status_code == 403


def test_without_a_test_register_the_pages_say_so(db: Database, tmp_path: Path) -> None:
    with two_registers(db, None, Settings(data_dir=tmp_path)) as client:
        office = Office(client, db, db)
        office.enter("vendor-one")
        for page in PAGES:
            assert ">LIVE</span>" in office.get(page)
        assert json.dumps(PAGES)
