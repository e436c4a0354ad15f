"""`ekino-till` against a real register: a shell script is a ticketing system."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving import Country
from till_shell import CATALOG, Shell

KEY = "vendor.example/1"


@pytest.fixture
def country(tmp_path: Path) -> Iterator[Country]:
    with Country(tmp_path / "register") as running:
        (tmp_path / "catalog.json").write_text(json.dumps(CATALOG))
        running.run("catalog", "load", "--regions", "KZ", str(tmp_path / "catalog.json"))
        yield running


def register_source(country: Country, folder: Path, public_key: str) -> None:
    source = {
        "code": "vendor-example", "name": "Vendor", "may_announce": True,
        "halls": [{"venue": "aqtau-1"}],
        "keys": [{"key_id": KEY, "public_key": public_key}],
    }  # fmt: skip
    (folder / "sources.json").write_text(json.dumps({"sources": [source]}))
    country.run("keys", "add", str(folder / "sources.json"))


SHOWING = ("--showing", "S-1")


def test_a_shell_sells_refunds_sends_and_proves(country: Country, tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    begun = ("init", "--register", country.url, "--key", KEY, "--venue", "aqtau-1")
    made = shell.ask(*begun)
    assert (made["timezone"], made["is_enrolled"]) == ("Asia/Aqtau", False)
    register_source(country, tmp_path, made["public_key"])
    # The same again is the same till: key, register and all.
    assert shell.ask(*begun)["public_key"] == made["public_key"]

    # Offline: nobody serves, and everything is said all the same.
    country.processes["serve"].terminate()
    country.processes["serve"].wait(60)
    starts = time.strftime("%Y-%m-%dT23:30")
    shell.run(
        "announce",
        *SHOWING,
        "--hall",
        "1",
        "--film-version",
        "evening-kk",
        "--starts-at",
        starts,
        "--price",
        "adult=250000",
    )
    sale = ("sell", *SHOWING, "--price-minor", "250000")
    assert shell.ask(*sale, "--ticket", "T-1", "--row", "5", "--seat", "7")["is_new"]
    assert not shell.ask(*sale, "--ticket", "T-1", "--row", "5", "--seat", "7")["is_new"]
    other = shell.run(*sale, "--ticket", "T-1", "--row", "6", "--seat", "7", code=1)
    assert "another row" in other.stderr
    shell.run(*sale, "--ticket", "T-2")
    shell.run("refund", "--ticket", "T-2", "--reason", "by_viewer")
    assert not shell.ask("refund", "--ticket", "T-2")["is_new"]
    away = shell.run("send", "--give-up-after-s", "0.5", code=75)
    assert "4 events wait" in away.stderr
    assert "next: nothing is lost" in away.stderr
    state = shell.ask("status", "--offline", code=3)
    assert (state["waiting_events"], state["next_sequence"]) == (4, 5)

    country.port = int(country.url.rsplit(":", 1)[1])
    country.start("serve")
    country.wait()
    sent = shell.ask("send")
    assert sent["outcomes"] == {"entered": 4}
    assert shell.ask("send")["batches"] == 0

    country.processes["serve"].terminate()
    country.processes["serve"].wait(60)
    proved = shell.ask("receipts", "verify")
    assert (proved["is_proved"], proved["count"]) == (True, 4)
    kept = shell.ask("receipts", "list", "--ticket", "T-2")
    assert '"ticket":"T-2"' in kept["body"]
    assert shell.run("receipts", "list", "--ticket", "T-9").stdout == ""
    other_key = "ekino.example/receipts+00000000+AQ=="
    shell.run("receipts", "verify", "--receipts-key", other_key, code=1)


def test_while_one_process_follows_others_sell(country: Country, tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    made = shell.ask("init", "--register", country.url, "--key", KEY, "--venue", "aqtau-1")
    register_source(country, tmp_path, made["public_key"])
    follower = subprocess.Popen(
        [sys.executable, "-m", "ekino_till", "send", "--follow", "--json"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    )
    shell.run(
        "announce",
        *SHOWING,
        "--hall",
        "1",
        "--film-version",
        "evening-kk",
        "--starts-at",
        time.strftime("%Y-%m-%dT23:30"),
    )
    for number in range(5):
        shell.run("sell", *SHOWING, "--price-minor", "100", "--ticket", f"T-{number}")
    deadline = time.monotonic() + 60
    while _waits(shell):
        assert time.monotonic() < deadline
    os.kill(follower.pid, signal.SIGTERM)
    out, _ = follower.communicate(timeout=60)

    assert follower.returncode == 0
    assert json.loads(out)["outcomes"] == {"entered": 6}


def _waits(shell: Shell) -> bool:
    done = subprocess.run(
        [sys.executable, "-m", "ekino_till", "status", "--offline", "--json"],
        cwd=shell.folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return bool(json.loads(done.stdout)["waiting_events"])


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ((), 2, "required"),
        (("sel",), 2, "did you mean 'sell'?"),
        (("sell", "--show", "S"), 2, "--showing"),
        (("sell", "--showing", "S", "--price-minor", "x"), 2, "invalid int value"),
        (("sell", "--showing", "S", "--price-minor", "1"), 1, "there is no till in ekino-till"),
        (("send",), 1, "next: ekino-till init --register URL"),
        (("init", "--register", "ftp://x", "--key", "a/1", "--venue", "v"), 2, "no address such as"),
        (("init", "--register", "http://127.0.0.1:1", "--key", "a 1", "--venue", "v"), 2, "printable ASCII"),
        (("init", "--register", "http://127.0.0.1:1", "--key", "a/1", "--venue", "v"), 75, "does not answer"),
    ],
)  # fmt: skip
def test_an_error_says_what_why_and_the_next_command(
    words: tuple[str, ...], code: int, says: str, tmp_path: Path
) -> None:
    done = Shell(tmp_path).run(*words, code=code)

    assert says in done.stderr
    assert "next: " in done.stderr
    assert done.stdout == ""
