"""Connectors on a page, as files, by command and over HTTP; nobody is shown a secret."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from starlette.testclient import TestClient

from connecting import Connected
from ekino.cli import connectors as commands
from ekino.cli.office import Exit
from ekino.db.database import Database
from ekino.intake.connectors import service
from ekino.intake.connectors.model import System
from ekino.kernel.errors import Refused
from ekino.settings import Settings
from ekino.web.app import create_app
from peers import SECRET, Fault, PretixPeer, an_order
from people import signed_in

LANGUAGES = {"kk": "Қосқыштар", "ru": "Коннекторы", "en": "Connectors"}


@pytest.fixture
def peer() -> Iterator[PretixPeer]:
    with PretixPeer() as peer:
        yield peer


@pytest.fixture
def connected(db: Database, tmp_path: Path, peer: PretixPeer) -> Connected:
    popcorn = an_order(2)
    popcorn["positions"][0]["item"] = 9
    peer.orders = [an_order(1), popcorn, an_order(3, testmode=True)]
    connected = Connected(db, tmp_path, peer, System.PRETIX, account="aurora")
    connected.follow()
    return connected


def browser(connected: Connected, folder: Path, role: str) -> TestClient:
    app = create_app(Settings(data_dir=folder), connected.db)
    client = TestClient(app, raise_server_exceptions=False)
    signed_in(client, connected.db, role, None)
    return client


def test_the_page_says_how_each_connector_goes_in_three_languages(
    connected: Connected, peer: PretixPeer, tmp_path: Path
) -> None:
    peer.faults.append(Fault(503, {"Retry-After": "120"}))
    connected.look_again()
    client = browser(connected, tmp_path, "analyst")

    for language, title in LANGUAGES.items():
        answer = client.get(f"/gov/connectors?lang={language}", headers={"accept": "text/html"})  # fmt: skip
        assert answer.status_code == 200, answer.text[:2_000]
        assert f"<h1>{title}</h1>" in answer.text
        assert "peer_has_enough" in answer.text
        assert SECRET not in answer.text
        assert connected.hook not in answer.text
    rows = client.get("/gov/connectors.json").json()["rows"]
    (row,) = rows
    assert (row["connector"], row["system"], row["sold"], row["skipped"], row["unmapped"]) == ("px", "pretix", 1, 1, 1)  # fmt: skip
    (kept,) = client.get("/gov/connectors.json?table=unmapped").json()["rows"]
    assert kept["place"] == "event cinema, product 9"
    assert client.get("/gov/connectors.csv?table=unmapped").status_code == 200
    assert client.get("/gov/connectors.json?table=other").status_code == 404


def test_only_who_watches_feeds_sees_the_page(connected: Connected, tmp_path: Path) -> None:
    assert browser(connected, tmp_path, "auditor").get("/gov/connectors").status_code == 403


def test_a_hook_over_http_is_heard_and_a_guess_is_not(
    connected: Connected, tmp_path: Path
) -> None:
    client = TestClient(create_app(Settings(data_dir=tmp_path), connected.db), raise_server_exceptions=False)  # fmt: skip
    hint = {"event": "cinema", "code": "ORD01", "action": "pretix.event.order.paid"}

    assert client.post(f"/v1/hooks/{connected.hook}", json=hint).status_code == 204
    assert connected.shown.hints == 1
    assert client.post("/v1/hooks/guess", json=hint).status_code == 404
    large = b"x" * (service.HOOK_BODY_BYTES_MAX + 1)
    assert client.post(f"/v1/hooks/{connected.hook}", content=large).status_code == 413
    assert client.get(f"/v1/hooks/{connected.hook}").status_code == 405


@dataclass
class OpenOffice:
    """An office whose database is open already."""

    db: Database
    settings: Settings

    @contextmanager
    def database(self) -> Iterator[Database]:
        yield self.db


def run(connected: Connected, folder: Path, *words: str, **settings: Any) -> Result:
    office = OpenOffice(connected.db, Settings(data_dir=folder, **settings))
    return CliRunner().invoke(commands.connectors, words, obj=office)


def test_commands_add_list_pause_and_run_and_never_print_a_secret(
    connected: Connected, peer: PretixPeer, tmp_path: Path
) -> None:
    wanted = ("add", "other", "--system", "pretix", "--url", peer.url, "--account", "aurora", "--source", "aurora", "--secret-file", str(connected.secret_file), "--json")  # fmt: skip
    refused = run(connected, tmp_path, *wanted)
    assert isinstance(refused.exception, Refused)
    assert refused.exception.code == "address_refused"
    added = run(connected, tmp_path, *wanted, connect_loopback=True)
    assert (added.exit_code, json.loads(added.stdout)["code"]) == (Exit.DONE, "other")

    listed = run(connected, tmp_path, "list", "--json")
    rows = {row["code"]: row for row in map(json.loads, listed.stdout.splitlines())}
    assert (rows["px"]["tickets"], rows["px"]["unmapped"], rows["px"]["state"]) == (1, 1, "running")  # fmt: skip
    assert run(connected, tmp_path, "pause", "px").exit_code == Exit.DONE
    assert [each.connector.state for each in service.list_all(connected.db, "px")] == ["paused"]  # fmt: skip
    assert run(connected, tmp_path, "run", "px").exit_code == Exit.DONE
    things = run(connected, tmp_path, "unmapped", "px", "--json")
    assert json.loads(things.stdout)["reason"] == "product_is_no_ticket"
    for result in (added, listed, things):
        assert SECRET not in result.output
