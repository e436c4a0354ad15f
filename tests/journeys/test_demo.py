"""`ekino demo` from the outside: exact opening, equal books, and nothing left behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

NOBODY = 65_534
EKINO = [sys.executable, "-m", "ekino.cli.main"]


def _environment(folder: Path) -> dict[str, str]:
    kept = {
        name: text for name, text in os.environ.items() if not name.startswith("EKINO_")
    }
    return kept | {"TMPDIR": str(folder), "HOME": str(folder)}


def _processes_naming(text: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if text in words:
            found.append(words)
    return found


def _demo(folder: Path, *words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*EKINO, "demo", "--json", "--port", "0", "--weeks", "0", *words],
        env=_environment(folder),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        **options,
    )


def _verify(outcome: subprocess.CompletedProcess[str], folder: Path) -> dict[str, Any]:
    assert outcome.returncode == 0, outcome.stderr
    summary: dict[str, Any] = json.loads(outcome.stdout)
    opening = summary["opening"]
    assert (opening["tickets"], opening["gross_minor"]) == (20_310, 3_040_000_000)
    assert (opening["venues_known"], opening["venues_connected"]) == (103, 68)
    assert (opening["halls"], opening["currency"]) == (404, "KZT")
    assert summary["equal"] is True
    assert summary["live"]["refused"] == {}
    assert summary["live"]["entered"] > 0
    assert _processes_naming(str(folder)) == []
    return summary


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks at /proc")
def test_a_demonstration_opens_exactly_sells_and_leaves_nothing_behind(
    tmp_path: Path,
) -> None:
    _verify(_demo(tmp_path, "--seconds", "8"), tmp_path)
    assert list(tmp_path.glob("ekino-demo-*")) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_can_show_it_too(tmp_path: Path) -> None:
    parents = [Path(sys.prefix), *Path(sys.prefix).parents, *Path(sys.base_prefix).parents]
    if any(not each.stat().st_mode & 0o005 for each in parents):
        pytest.skip("an ordinary user cannot pass the folders above this interpreter")
    shutil.chown(tmp_path, NOBODY, NOBODY)
    for folder in tmp_path.parents:
        if folder.owner() == "root" and "pytest" in folder.name:
            folder.chmod(0o755)
    _verify(
        _demo(tmp_path, "--seconds", "4", user=NOBODY, group=NOBODY, extra_groups=[]),
        tmp_path,
    )


def test_earlier_weeks_are_uploaded_while_the_country_sells_and_again_after_a_stop(
    tmp_path: Path,
) -> None:
    kept = tmp_path / "country"
    words = ("--data-dir", str(kept), "--weeks", "1")
    first = _verify(_demo(tmp_path, "--seconds", "4", *words), tmp_path)
    again = json.loads(_demo(tmp_path, "--seconds", "4", *words).stdout)

    assert first["totals"]["tickets"] > 20_310 + 5_000
    assert again["totals"]["tickets"] > first["totals"]["tickets"]
    assert (first["equal"], again["equal"]) == (True, True)


def test_a_country_that_is_kept_goes_on_where_it_stood(tmp_path: Path) -> None:
    kept = tmp_path / "country"
    first = _verify(_demo(tmp_path, "--seconds", "3", "--data-dir", str(kept)), tmp_path)
    outcome = _demo(tmp_path, "--seconds", "3", "--data-dir", str(kept))
    again = json.loads(outcome.stdout)
    assert outcome.returncode == 0
    assert again["opening"]["tickets"] == first["totals"]["tickets"]
    assert again["opening"]["resumed"] is True
    assert again["equal"] is True
    assert _processes_naming(str(tmp_path)) == []


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"]
)
def test_a_signal_ends_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    show = subprocess.Popen(
        [*EKINO, "demo", "--json", "--port", "0", "--weeks", "0"],
        env=_environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert show.stderr is not None
    for line in show.stderr:
        if "stop with Ctrl-C" in line:
            break
    show.send_signal(number)
    output, _ = show.communicate(timeout=60)
    assert (show.returncode, json.loads(output)["equal"]) == (0, True)
    assert _processes_naming(str(tmp_path)) == []
    assert list(tmp_path.glob("ekino-demo-*")) == []


def test_books_are_equal_after_the_web_was_killed_under_load(tmp_path: Path) -> None:
    kept = tmp_path / "country"
    show = subprocess.Popen(
        [*EKINO, "demo", "--json", "--port", "0", "--pace", "60", "--data-dir", str(kept)],
        env=_environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert show.stderr is not None
    for line in show.stderr:
        if "stop with Ctrl-C" in line:
            break
    web = json.loads((kept / "run" / "web.json").read_text())["pid"]
    os.kill(web, signal.SIGKILL)
    time.sleep(6)
    show.send_signal(signal.SIGINT)
    output, words = show.communicate(timeout=90)
    assert (show.returncode, json.loads(output)["equal"]) == (0, True)
    assert "web ended (-9); starting it again" in words
    assert _processes_naming(str(tmp_path)) == []
