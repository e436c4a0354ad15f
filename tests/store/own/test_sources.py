"""The page of ticketing systems against plain questions to the register."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from board_server import own_database
from ekino.access.model.people import Grant
from ekino.access.model.permissions import RoleName
from ekino.own.model.cinema import LightState
from ekino.own.service import sources as service
from ekino.settings import Settings
from ekino.web.app import create_app
from factories import EVENING
from organisations import Trade
from people import signed_in

AT = EVENING + timedelta(minutes=5)


@pytest.fixture(scope="module")
def trade(server_folder: Path) -> Iterator[Trade]:
    with own_database(server_folder) as db:
        yield Trade(db)


def plain(trade: Trade, question: str, *values: Any) -> list[Any]:
    with psycopg.connect(trade.db.dsn) as superuser:
        return superuser.execute(question, values).fetchall()


def bench_of(trade: Trade, *grants: tuple[RoleName, str]) -> service.Bench:
    return service.read_bench(
        trade.db,
        [Grant(role, trade.ids[code]) for role, code in grants],
        "Asia/Almaty",
        at=AT,
    )


@pytest.mark.parametrize(
    ("vendor", "source"), [("vendor-one", "own-aurora"), ("vendor-two", "cloud")]
)
def test_a_vendor_sees_what_its_source_sent(trade: Trade, vendor: str, source: str) -> None:
    bench = bench_of(trade, (RoleName.VENDOR, vendor))

    (found,) = bench.sources
    assert found.code == source
    assert found.state(AT) is LightState.ON_LINE
    number = trade.sources[source]
    sent = """
        SELECT count(*), sum(events), sum(entered),
               (SELECT count(*) FROM register.refusal JOIN register.batch USING (batch_no) WHERE source_id = %s)
          FROM register.batch WHERE source_id = %s"""
    assert [(found.batches, found.events, found.entered, found.refused)] == plain(
        trade, sent, number, number
    )
    causes = """
        SELECT outcome, count(*) FROM register.refusal JOIN register.batch USING (batch_no)
         WHERE source_id = %s GROUP BY 1 ORDER BY 1"""
    assert sorted((each.outcome, each.events) for each in bench.refusals) == plain(
        trade, causes, number
    )
    assert sum(each.again for each in bench.days) == 0


def test_an_exhibitor_sees_its_own_system_whole_and_of_a_shared_one_that_it_is_heard(
    trade: Trade,
) -> None:
    found = {
        each.code: each
        for each in bench_of(trade, (RoleName.EXHIBITOR, "exh-aurora")).sources
    }

    assert set(found) == {"own-aurora", "cloud"}
    assert found["own-aurora"].events is not None
    assert found["cloud"].heard_at is not None
    # How much it sends is the business of others too.
    assert found["cloud"].events is None
    assert found["cloud"].halls == 2


def test_whoever_has_two_roles_counts_nothing_twice(trade: Trade) -> None:
    once = bench_of(trade, (RoleName.VENDOR, "vendor-one"))
    twice = bench_of(
        trade, (RoleName.VENDOR, "vendor-one"), (RoleName.EXHIBITOR, "exh-aurora")
    )

    assert [day.events for day in twice.days] == [day.events for day in once.days]


def test_every_file_of_the_page_is_there(trade: Trade, tmp_path: Path) -> None:
    app = create_app(Settings(data_dir=tmp_path), trade.db)
    with TestClient(app, raise_server_exceptions=False) as client:
        signed_in(client, trade.db, "vendor", trade.ids["vendor-two"])
        for part in ("sources", "keys", "days"):
            found = json.loads(client.get(f"/vendor.json?table={part}").text)
            assert "rows" in found
            for suffix in ("csv", "xlsx"):
                answer = client.get(f"/vendor.{suffix}?table={part}")
                assert answer.status_code == 200
        keys = json.loads(client.get("/vendor.json?table=keys").text)["rows"]

    assert {row["key"] for row in keys} == {
        key
        for (key,) in plain(
            trade,
            "SELECT key_id FROM access.key WHERE source_id = %s",
            trade.sources["cloud"],
        )
    }
