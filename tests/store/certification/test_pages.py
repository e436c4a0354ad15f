"""Certification in the browser: one's own runs, step by step, and the public list."""

import io
import json
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pypdf import PdfReader
from starlette.testclient import TestClient

from certified_bench import Bench
from certified_till import Planted
from ekino.access.model.permissions import RoleName
from ekino.catalog import service as catalog
from ekino.catalog.document import read_document
from ekino.certification import service
from ekino.certification.model.plan import TESTS, Level
from ekino.db.database import Database
from ekino.kernel.moments import now
from ekino.settings import Settings
from ekino.web.app import create_app
from people import form_token, signed_in

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
DESK = "/dev/certification"


def as_vendor(bench: Bench, live: Database, code: str) -> str:
    """Sign somebody of a vendor in, and give the token of their forms."""
    row = {"code": code, "name": code, "country": "KZ", "kinds": ["vendor"]}
    catalog.load(live, read_document(json.dumps({"organisations": [row]}).encode()))
    with psycopg.connect(live.dsn) as superuser:
        found = superuser.execute(
            "SELECT organisation_id FROM catalog.organisation WHERE code = %s", (code,)
        ).fetchone()
    assert found is not None
    return form_token(signed_in(bench.client, live, RoleName.VENDOR, found[0]))


def begun(bench: Bench, token: str, **fields: str) -> Any:
    asked = {
        "form": token,
        "product": "Acme POS",
        "version": "4.2",
        "key": bench.vendor.key_id,
        "preset": "counter",
        **fields,
    }
    return bench.client.post(f"{DESK}?lang=en", data=asked, follow_redirects=False)


def test_a_vendor_goes_through_its_tests_in_the_browser(bench: Bench, db: Database) -> None:
    token = as_vendor(bench, db, "acme")
    assert bench.vendor.key_id in bench.client.get(f"{DESK}?lang=en").text

    address = begun(bench, token).headers["Location"]
    waiting = bench.client.get(f"{address}?lang=en").text
    assert "Sell one ticket for this showing" in waiting
    assert "price_minor 201000" in waiting
    till = bench.till(Planted.NO_SEAT)
    run = bench.ask("GET", address.replace("/dev/", "/v1/"))
    for test in ("one_ticket", "all_fields"):
        assert run["current"]["test"] == test
        till.do(run["current"])
        run = bench.seen(address.replace("/dev/", "/v1/"), test)
    failed = bench.client.get(f"{address}?lang=ru").text
    assert "Заполните поля по описанию события." in failed
    assert "POST /v1/batches" in failed
    (shown,) = set(re.findall(r"/dev/requests/[^?\"]+[?]mode=test", failed))
    assert bench.client.get(shown).status_code == 200

    again = {"form": token, "do": "again"}
    bench.client.post(f"{address}/steps/all_fields", data=again, follow_redirects=False)
    run = bench.ask("GET", address.replace("/dev/", "/v1/"))
    assert run["current"]["test"] == "all_fields"
    bench.client.post(address, data={"form": token}, follow_redirects=False)
    assert "not certified" in bench.client.get(f"{DESK}?lang=en").text


def test_what_cannot_begin_says_why(bench: Bench, db: Database) -> None:
    token = as_vendor(bench, db, "acme")

    for fields, words in (
        ({"key": "test.other/1"}, "Choose one of your own test keys."),
        ({"product": ""}, "Name product and version"),
        ({"preset": "nothing"}, "Name product and version"),
    ):
        answer = begun(bench, token, **fields)
        assert (answer.status_code, words in answer.text) == (422, True)


def test_another_vendor_sees_nothing_of_it(bench: Bench, db: Database) -> None:
    run = bench.begin(preset="counter")
    token = as_vendor(bench, db, "rival")

    assert bench.client.get(f"{DESK}/{run['reference']}").status_code == 404
    assert run["reference"] not in bench.client.get(DESK).text
    answer = begun(bench, token)
    assert answer.status_code == 422


def test_a_live_key_is_told_that_a_test_key_is_wanted(bench: Bench, db: Database) -> None:
    from factories import a_catalog, a_vendor
    from two_registers import signed_headers

    a_catalog(db)
    vendor = a_vendor(db)
    body = json.dumps({"product": "P", "version": "1", "preset": "counter"}).encode()
    headers = signed_headers(vendor, "POST", "/v1/certification", body)

    answer = bench.client.post("/v1/certification", content=body, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "test_key_needed")


def test_everybody_sees_who_is_certified_and_a_withdrawn_one_says_so(
    bench: Bench, db: Database
) -> None:
    assert "Nobody is certified yet." in bench.client.get("/certified?lang=en").text

    run = bench.lead(bench.till(), bench.begin(levels=[Level.CLOCK.value]))
    listed = bench.client.get("/certified.json?lang=en").json()["rows"]
    paper = bench.client.get(f"/certified/{run['reference']}.pdf?lang=kk")
    signed = bench.client.get(f"/certified/{run['reference']}.json").json()
    service.withdraw(bench.test, run["reference"], "tried", at=now())
    withdrawn = bench.client.get("/certified.json?lang=en").json()["rows"]

    assert [(row["product"], row["version"], row["state"]) for row in listed] == [
        ("Acme POS", "4.2", "holds")
    ]
    assert signed == run["certificate"]
    text = PdfReader(io.BytesIO(paper.content)).pages[0].extract_text()
    assert "Acme POS 4.2" in text
    assert "Қате сағат" in text
    assert [row["state"] for row in withdrawn] == ["withdrawn"]
    assert len(TESTS[Level.CLOCK]) == 1


def test_where_there_is_no_test_register_the_list_says_why_it_is_empty(
    db: Database, tmp_path: Path
) -> None:
    app = create_app(Settings(data_dir=tmp_path), db)
    with TestClient(app, base_url="http://here") as client:
        page = client.get("/certified?lang=en")
        listed = client.get("/certified.json").json()["rows"]

    assert (page.status_code, listed) == (200, [])
    assert "has no test register" in page.text
