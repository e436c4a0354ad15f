"""The pages of the watch over HTTP: the ministry's and its mirrors say the same of the same feed."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from board_server import own_database
from ekino.kernel.moments import now
from ekino.settings import Settings
from ekino.web.app import create_app
from organisations import Trade
from people import form_token, signed_in
from watched import watch_over

EVIDENCE = b"Dear ministry,\r\n\r\n--no boundary\r\n\x00\xff"


class Somebody:
    """A person with a browser."""

    def __init__(self, trade: Trade, folder: Path, role: str, code: str | None) -> None:
        app = create_app(Settings(data_dir=folder), trade.db)
        self.client = TestClient(app, raise_server_exceptions=False)
        cookie = signed_in(self.client, trade.db, role, trade.ids[code] if code else None)
        self.token = form_token(cookie)

    def get(self, address: str) -> Any:
        answer = self.client.get(address, headers={"accept": "text/html"})
        assert answer.status_code == 200, (address, answer.text[:2_000])
        return answer

    def rows(self, address: str) -> list[dict[str, Any]]:
        return list(json.loads(self.get(address).content)["rows"])

    def post(self, address: str, /, document: bytes | None = None, **fields: Any) -> Any:
        files = {"evidence": ("letter.txt", document)} if document is not None else None
        return self.client.post(
            address,
            data={"form": self.token, **fields},
            files=files or ({"evidence": ("", b"")} if "kind" in fields else None),
            follow_redirects=False,
        )


@pytest.fixture(scope="module")
def trade(server_folder: Path) -> Iterator[Trade]:
    with own_database(server_folder) as db:
        yield Trade(db, sales=60)


@pytest.fixture(scope="module")
def alarms(trade: Trade) -> dict[tuple[str, str], int]:
    return watch_over(trade, now())


@pytest.fixture
def ministry(trade: Trade, alarms: dict[tuple[str, str], int], tmp_path: Path) -> Somebody:
    assert alarms
    return Somebody(trade, tmp_path, "analyst", None)


@pytest.fixture
def aurora(trade: Trade, tmp_path: Path) -> Somebody:
    return Somebody(trade, tmp_path, "exhibitor", "exh-aurora")


@pytest.fixture
def maker(trade: Trade, tmp_path: Path) -> Somebody:
    return Somebody(trade, tmp_path, "vendor", "vendor-two")


@pytest.mark.parametrize("part", ["feeds", "days", "alarms"])
def test_a_mirror_shows_the_ministrys_own_rows(
    ministry: Somebody, aurora: Somebody, maker: Somebody, part: str
) -> None:
    asked = f".json?table={part}"
    country = ministry.rows("/gov/feeds" + asked)

    cinema = aurora.rows("/cinema/feed" + asked)
    vendor = maker.rows("/vendor/feeds" + asked)

    assert cinema == [row for row in country if row["venue"] in {"Aurora-1", "Aurora-2"}]
    assert len(cinema) > 1
    assert vendor == [row for row in country if row["source"] == "Cloud"]
    assert len(vendor) > len(cinema) - 1


def test_a_source_is_drilled_down_to_its_numbers(
    ministry: Somebody, aurora: Somebody
) -> None:
    shown: dict[str, list[tuple[str, Any]]] = {
        "gaps": [("first", 17), ("last", 19), ("numbers", 3)],
        "causes": [("events", 6)],
        "hours": [
            ("events", 90),
            ("late", 3),
            ("lag_p50", "≤ 5 s"),
            ("lag_p95", "≤ 1 h"),
        ],
    }
    for who, base in ((ministry, "/gov/feeds"), (aurora, "/cinema/feed")):
        page = who.get(f"{base}/own-aurora?venue=aurora-1&lang=en").text
        assert "Aurora-1" in page
        assert "Numbers are missing" in page
        for part, expected in shown.items():
            rows = who.rows(f"{base}/own-aurora.json?venue=aurora-1&table={part}&lang=en")
            assert [(name, rows[0][name]) for name, _ in expected] == expected
        batches = who.rows(f"{base}/own-aurora.json?day=2026-11-24&table=batches")
        assert sum(row["entered"] for row in batches) > 0


def test_a_cinema_reads_no_running_number_of_a_system_that_others_use_too(
    ministry: Somebody, aurora: Somebody, maker: Somebody
) -> None:
    asked = "cloud.json?venue=aurora-2&table=gaps"
    seen = {
        base: [
            (row["first"], row["last"], row["numbers"]) for row in who.rows(base + asked)
        ]
        for who, base in (
            (ministry, "/gov/feeds/"),
            (maker, "/vendor/feeds/"),
            (aurora, "/cinema/feed/"),
        )
    }

    assert seen == {
        "/gov/feeds/": [(17, 19, 3)],
        "/vendor/feeds/": [(17, 19, 3)],
        "/cinema/feed/": [(None, None, 3)],
    }


def test_lines_are_searched_chosen_and_turned_over(ministry: Somebody) -> None:
    def venues(query: str) -> list[str]:
        rows = ministry.rows(f"/gov/feeds.json?table=feeds&{query}")
        return [row["venue"] for row in rows]

    assert venues("q=borealis cloud") == ["Borealis-1"]
    assert venues("state=silent") == ["Aurora-2"]
    assert venues("vendor=vendor-one") == ["Aurora-1"]
    assert venues("q=nothing of the kind") == []
    assert "No feed fits" in ministry.get("/gov/feeds?q=nothing+of+the+kind&lang=en").text
    for query in ("span=month&by=vendor", "page=7", "page=x&state=x&span=x"):
        ministry.get(f"/gov/feeds?{query}")


def test_an_alarm_is_taken_notice_of_once_and_stays(
    ministry: Somebody, aurora: Somebody, trade: Trade, alarms: dict[tuple[str, str], int]
) -> None:
    number = alarms["own-aurora", "aurora-1"]

    for words in ("The cinema was called.", "Again."):
        answer = ministry.post(f"/gov/feeds/alarms/{number}", words=words)
        assert answer.status_code == 303

    for who, base in ((ministry, "/gov/feeds"), (aurora, "/cinema/feed")):
        page = who.get(f"{base}/alarms/{number}").text
        assert "The cinema was called." in page
        assert "Again." not in page
    with psycopg.connect(trade.db.dsn) as superuser:
        noted = superuser.execute(
            "SELECT count(*) FROM access.audit WHERE action = 'alarm_acknowledged'"
        ).fetchone()
        closed = superuser.execute(
            "SELECT closed_at FROM feeds.alarm WHERE alarm_id = %s", (number,)
        ).fetchone()
    assert (noted, closed) == ((1,), (None,))
    assert ministry.post("/gov/feeds/alarms/99999", words="").status_code == 404
    assert ministry.post("/gov/feeds/alarms/x", words="").status_code == 404


def test_an_excuse_goes_from_the_form_to_the_decision(
    ministry: Somebody, aurora: Somebody, maker: Somebody, trade: Trade
) -> None:
    begins_at = now().astimezone() - timedelta(hours=3)
    place = f"{trade.ids['exh-aurora']}-{trade.sources['cloud']}-{trade.venues['aurora-2']}"
    fields: dict[str, Any] = {
        "kind": "outage",
        "place": place,
        "begins_at": f"{begins_at:%Y-%m-%dT%H:%M}",
        "ends_at": f"{begins_at + timedelta(hours=2):%Y-%m-%dT%H:%M}",
        "words": "The street had no power.",
    }

    unproved = aurora.post("/cinema/feed/excuses?lang=en", **fields)
    assert unproved.status_code == 422
    assert "Add a document or give an incident number." in unproved.text
    assert "The street had no power." in unproved.text
    filed = aurora.post("/cinema/feed/excuses", EVIDENCE, **fields)
    assert filed.status_code == 303, filed.text[:500]
    reference = filed.headers["location"].rpartition("/")[2]

    # Its vendor reads it and not the document; the ministry reads both.
    assert (
        "The street had no power." in maker.get(f"/vendor/feeds/excuses/{reference}").text
    )
    evidence = maker.client.get(f"/vendor/feeds/excuses/{reference}/evidence")
    assert evidence.status_code == 404
    assert ministry.get(f"/gov/feeds/excuses/{reference}/evidence").content == EVIDENCE
    decide = f"/gov/feeds/excuses/{reference}"
    assert ministry.post(decide, step="accepted", words="").status_code == 422
    assert ministry.post(decide, step="withdrawn", words="x").status_code == 404
    assert (
        ministry.post(decide, step="accepted", words="The grid confirms it.").status_code
        == 303
    )
    assert "The grid confirms it." in aurora.get(f"/cinema/feed/excuses/{reference}").text
    with psycopg.connect(trade.db.dsn) as superuser:
        rows = superuser.execute(
            "SELECT venue_id, ends_at - begins_at FROM feeds.excused WHERE reference = %s",
            (reference,),
        ).fetchall()
        told = superuser.execute(
            "SELECT organisation_code, facts ->> 'state' FROM notices.notice WHERE subject = %s ORDER BY 2, 1",
            (f"excuse/{reference}",),
        ).fetchall()
    # The ministry when it was filed; then the cinema, which filed it, and its system's vendor.
    assert told == [("exh-aurora", "accepted"), ("vendor-two", "accepted"), (None, "filed")]
    assert rows == [(trade.venues["aurora-2"], timedelta(hours=2))]
    listed = ministry.rows("/gov/feeds/excuses.json")
    assert [row["reference"] for row in listed] == [reference]


def test_the_way_in_says_how_far_each_venue_has_come(ministry: Somebody) -> None:
    rows = ministry.rows("/gov/feeds/onboarding.json?lang=en")

    assert {row["venue"] for row in rows} == {
        "Aurora-1",
        "Aurora-2",
        "Borealis-1",
        "Lonely-1",
    }
    assert {row["reached"] for row in rows} == {"First whole day"}
    assert {row["waits_for"] for row in rows} == {"the vendor to have the system certified"}
    chosen = ministry.rows("/gov/feeds/onboarding.json?reached=known")
    assert chosen == []
    ministry.get("/gov/feeds/onboarding")


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_every_page_is_written_in_every_language(
    ministry: Somebody, aurora: Somebody, maker: Somebody, language: str
) -> None:
    pages = {
        ministry: ("/gov/feeds", "/gov/feeds/cloud", "/gov/feeds/excuses"),
        aurora: ("/cinema/feed", "/cinema/feed/excuses?source=cloud&venue=aurora-2"),
        maker: (
            "/vendor/feeds",
            "/vendor/feeds/cloud",
            "/vendor/feeds/excuses?source=cloud",
        ),
    }
    for who, addresses in pages.items():
        for address in addresses:
            mark = "&" if "?" in address else "?"
            assert f'lang="{language}"' in who.get(f"{address}{mark}lang={language}").text
