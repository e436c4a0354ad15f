"""A till enrols its key by a code, rotates it, and speaks to the test register alone with a test key."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ekino.access.service import enrolment
from ekino.db.database import Database
from ekino.db.postgres import open_database, open_test_database
from ekino.kernel.moments import now
from ekino.settings import Settings
from ekino.web.app import setting_of
from ekino.workbench.service import sandbox
from serving import Country
from till_shell import CATALOG, Shell


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    folder = tmp_path_factory.mktemp("country")
    with Country(folder / "register") as running:
        (folder / "catalog.json").write_text(json.dumps(CATALOG))
        running.run("catalog", "load", "--regions", "KZ", str(folder / "catalog.json"))
        source = {
            "code": "vendor-example", "name": "Vendor", "may_announce": True,
            "halls": [{"venue": "aqtau-1"}], "keys": [],
        }  # fmt: skip
        (folder / "sources.json").write_text(json.dumps({"sources": [source]}))
        running.run("keys", "add", str(folder / "sources.json"))
        yield running


def a_code(db: Database, source: str) -> str:
    return enrolment.make_code(db, source, actor="test", at=now())


def sell(shell: Shell, ticket: str, showing: str = "S-1") -> None:
    shell.run("sell", "--showing", showing, "--price-minor", "250000", "--ticket", ticket)


def test_a_key_is_enrolled_by_a_code_and_rotated_without_an_operator(
    country: Country, tmp_path: Path
) -> None:
    shell = Shell(tmp_path)
    begun = (
        "init",
        "--register",
        country.url,
        "--key",
        "vendor.example/1",
        "--venue",
        "aqtau-1",
    )
    wrong = shell.run(*begun, "--code", "NONE", code=1)
    assert "enrolment_code_wrong" in wrong.stderr
    with open_database("", country.folder) as db:
        code = a_code(db, "vendor-example")
    told = shell.ask(*begun, "--code", code)
    assert told["is_enrolled"]
    assert told["register_says"]["halls"] == [{"venue": "aqtau-1", "hall": "1"}]
    # The answer was lost: the same command gives the same answer.
    assert shell.ask(*begun, "--code", code)["is_enrolled"]
    shell.run(
        "announce",
        "--showing",
        "S-1",
        "--hall",
        "1",
        "--film-version",
        "evening-kk",
        "--starts-at",
        now().isoformat(),
    )
    sell(shell, "T-1")
    assert shell.ask("send")["outcomes"] == {"entered": 2}

    sell(shell, "T-2")
    turned = shell.ask("rotate", "--key", "vendor.example/2", "--overlap-s", "3600")
    assert (turned["replaces"], bool(turned["overlap_until"])) == ("vendor.example/1", True)
    # What was sold under the old key is sent by the new one, and numbers go on.
    assert shell.ask("send")["outcomes"] == {"entered": 1}
    assert shell.ask("status", "--offline")["next_sequence"] == 4
    again = shell.run("rotate", "--key", "vendor.example/2", code=1)
    assert "key_name_malformed" in again.stderr
    assert "2 of 2 receipts" in shell.run("receipts", "verify").stdout


def test_a_test_key_sells_in_the_test_register_and_nowhere_else(
    country: Country, tmp_path: Path
) -> None:
    setting = setting_of(Settings())
    with (
        open_database("", country.folder) as live,
        open_test_database(live, "", country.folder) as db,
    ):
        own = sandbox.ensure(db, setting, organisation="vendor", name="Acme", at=now())
        code = a_code(db, own.source)
    shell = Shell(tmp_path)
    told = shell.ask(
        "init",
        "--register",
        country.url,
        "--key",
        "test.vendor/1",
        "--venue",
        own.venue,
        "--code",
        code,
    )
    assert told["register_says"]["environment"] == "test"
    before = country.get("/health")["register_size"]
    shell.run(
        "announce",
        "--showing",
        "S-9",
        "--hall",
        "1",
        "--film-version",
        "test-steppe-kk",
        "--starts-at",
        now().isoformat(),
    )
    sell(shell, "T-1", "S-9")

    sent = shell.ask("send")

    assert sent["outcomes"] == {"entered": 2}
    assert country.get("/health")["register_size"] == before
    assert shell.ask("receipts", "verify")["count"] == 2
