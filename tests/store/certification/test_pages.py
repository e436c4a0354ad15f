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
from factories import a_catalog, a_vendor
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
    for page in (bench.client.get(f"{DESK}?lang=en").text, waiting):
        assert ">TEST</span>" in page
        assert 'class="test-banner"' in page
        assert 'href="/dev/events?mode=test"' in page
        assert re.search(r'href="/dev/certification\?mode=test" aria-current="', page)
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
    service.withdraw(bench.test, run["reference"], "tried", actor="t", at=now())
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


def watched_days(live: Database, source: str, *, silent: int) -> None:
    """Write what the watch over uploads writes: a report, and the last week's days."""
    with psycopg.connect(live.dsn) as superuser:
        superuser.execute(
            "UPDATE access.source SET vendor = 'Acme', vendor_code = 'acme' WHERE code = %s",
            (source,),
        )
        superuser.execute(
            "INSERT INTO feeds.report SELECT code, source_id, now(), now(), 1, 'Acme POS', '4.2', now(), now(), 0, 0, NULL, 0,"
            " NULL, 1, NULL, 0 FROM access.source WHERE code = %s",
            (source,),
        )
        superuser.execute(
            """
            INSERT INTO feeds.venue_day
            SELECT place.source_id, place.venue_id, today.day - n, 9, 0, 0, 0, 0, 9, 900, 9, 900, now(), 2, 1, 0,
                   CASE WHEN n <= %s THEN 'silent' ELSE 'on_line' END, 1000000, false, false, 0
              FROM (SELECT DISTINCT source_id, venue_id FROM access.source_hall JOIN catalog.hall USING (hall_id)
                      JOIN access.source USING (source_id) WHERE source.code = %s) AS place,
                   (SELECT (now() AT TIME ZONE 'Asia/Almaty' - interval '6 hours')::date) AS today (day),
                   generate_series(0, 8) AS n""",
            (silent, source),
        )


def test_a_certificate_shows_how_live_feeds_do_and_few_of_them_only_to_the_vendor(
    bench: Bench, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ekino.web.certificates.HEALTH_FRESH_S", 0.0)
    as_vendor(bench, db, "acme")
    bench.lead(bench.till(), bench.begin(levels=[Level.CLOCK.value]))
    shown = ("on_line", "feeds", "feed_days")

    def listed() -> list[Any]:
        (row,) = bench.client.get("/certified.json").json()["rows"]
        return [*(row[name] for name in shown), *row.get("withheld", [])]

    assert listed() == [None, None, None]
    assert "No live feed reports this" in bench.client.get(f"{DESK}?lang=en").text
    a_catalog(db)
    a_vendor(db, code="first")
    watched_days(db, "first", silent=1)
    # Two cinemas: the vendor is told, and the public is not how each of them did. Today and
    # the day before the week are not counted.
    assert listed() == [None] * 3 + [*shown]
    own = bench.client.get(f"{DESK}?lang=en").text
    assert "On line on 85.7% of feed days; days: 14, live feeds: 2" in own
    a_vendor(db, code="second", key_id="second/1", venues=("ALA-1",))
    watched_days(db, "second", silent=0)
    assert listed() == [pytest.approx(19 / 21), 3, 21]
    page = bench.client.get("/certified?lang=ru").text
    assert "90,5" in page
    assert "По состоянию на запись 0 реестра" in page
