"""The command passes the certification at every level, and its days are laid beside the register's."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ekino.access.service import enrolment
from ekino.db.postgres import open_database, open_test_database
from ekino.kernel.moments import now
from ekino.settings import Settings
from ekino.web.app import setting_of
from ekino.workbench.service import sandbox
from serving import Country
from till_shell import CATALOG, Shell


def test_ekino_till_is_certified_for_everything(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    begin = ("certify", "--product", "ekino-till", "--version", "2026.11")
    with Country(tmp_path / "register") as country:
        with (
            open_database("", country.folder) as live,
            open_test_database(live, "", country.folder) as db,
        ):
            own = sandbox.ensure(
                db, setting_of(Settings()), organisation="vendor", name="Acme", at=now()
            )
            code = enrolment.make_code(db, own.source, actor="test", at=now())
        key = ("--key", "test.vendor/1", "--venue", own.venue, "--code", code)
        shell.run("init", "--register", country.url, *key)

        run = shell.ask(*begin, "--preset", "full")

        states = {step["test"]: step["state"] for step in run["steps"]}
        assert {name for name, state in states.items() if state != "pass"} == set()
        assert len(states) > 20
        assert run["certificate"]
        assert set(run["earned"]) == set(run["levels"])
        shell.run(*begin, "--level", "no_such_level", code=1)


def test_status_declares_the_tills_days_and_shows_what_the_register_makes_of_them(
    tmp_path: Path,
) -> None:
    shell = Shell(tmp_path)
    today = now().astimezone(ZoneInfo("Asia/Aqtau"))
    with Country(tmp_path / "register") as country:
        (tmp_path / "catalog.json").write_text(json.dumps(CATALOG))
        country.run("catalog", "load", "--regions", "KZ", str(tmp_path / "catalog.json"))
        told = shell.ask(
            "init",
            "--register",
            country.url,
            "--key",
            "vendor.example/1",
            "--venue",
            "aqtau-1",
        )
        named = {"key_id": "vendor.example/1", "public_key": told["public_key"]}
        source = {
            "code": "vendor-example", "name": "Vendor", "may_announce": True,
            "halls": [{"venue": "aqtau-1"}], "keys": [named],
        }  # fmt: skip
        (tmp_path / "sources.json").write_text(json.dumps({"sources": [source]}))
        country.run("keys", "add", str(tmp_path / "sources.json"))
        showing = ("--showing", "S-1")
        about = ("--hall", "1", "--film-version", "evening-kk", "--starts-at")
        shell.run("announce", *showing, *about, today.strftime("%Y-%m-%dT12:30"))
        for number in range(3):
            shell.run("sell", *showing, "--price-minor", "100", "--ticket", f"T-{number}")
        shell.run("refund", "--ticket", "T-1")

        waiting = shell.ask("status", code=3)
        assert waiting["register_says"]["days"][0]["declared"] == {
            "tickets": 2,
            "gross_minor": 200,
        }
        assert waiting["register_says"]["days"][0]["state"] == "not_final"
        assert shell.ask("send")["outcomes"] == {"entered": 5}
        deadline = time.monotonic() + 90
        final = ("status", "--final", today.date().isoformat())
        while (day := _day(shell, final))["state"] != "equal":
            assert time.monotonic() < deadline, day

    assert day["business_date"] == today.date().isoformat()
    assert (day["registered"]["tickets"], day["registered"]["gross_minor"]) == (2, 200)


def _day(shell: Shell, words: tuple[str, ...]) -> dict[str, Any]:
    """Give the register's one day; until its totals are there, the two figures differ."""
    done = subprocess.run(
        [sys.executable, "-m", "ekino_till", *words, "--json"],
        cwd=shell.folder, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode in (0, 3), done.stderr
    (day,) = json.loads(done.stdout)["register_says"]["days"]
    return dict(day)
