"""`ekino demo` from the outside: exact opening, equal books, and nothing left behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ekino.db.database import Database
from ekino.db.postgres import open_database
from ekino.feeds import service as feeds
from ekino.feeds.model.picture import VenueDay
from ekino.feeds.model.states import Kind
from ekino.kernel.moments import now
from ekino_demo.country.calendar import business_date
from ekino_demo.country.places import cinemas, lost, sources
from ekino_demo.past import SOURCE as EARLIER_WEEKS

NOBODY = 65_534
STOPS_MAX = 5
SILENT = {each.code for each in sources() if each.is_silent}
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
    # A slow machine needs more seconds for the upload of the first day, and gets more stops.
    for _ in range(STOPS_MAX):
        again = json.loads(_demo(tmp_path, "--seconds", "8", *words).stdout)
        if _is_a_day_declared(kept):
            break

    assert first["totals"]["tickets"] > 20_310 + 5_000
    assert again["totals"]["tickets"] > first["totals"]["tickets"]
    assert (first["equal"], again["equal"]) == (True, True)
    _verify_watch(kept)


def _is_a_day_declared(folder: Path) -> bool:
    with open_database("", folder) as db:
        return len(_declared(db)) >= sum(each.is_connected for each in cinemas())


def _declared(db: Database) -> list[VenueDay]:
    """Watch whatever came, and give the days of which some system told its sums."""
    while feeds.follow(db):
        continue
    feeds.Rounds(clock=lambda: now() + timedelta(minutes=1)).follow(db)
    today = now().date()
    days = feeds.list_days(
        db, first=today - timedelta(days=30), past_end=today + timedelta(days=2)
    )
    return [each for each in days if each.declared_tickets is not None]


def _verify_watch(folder: Path) -> None:
    """The watch knows every system by its software, and what they declare is what is registered."""
    with open_database("", folder) as db:
        declared = _declared(db)
        lines = feeds.list_feeds(db)
        alarms = feeds.list_alarms(db)
    software = {each.source: (each.product, each.version) for each in lines}
    silent = {each.source_id for each in lines if each.source in SILENT}
    # What the upload of one day left out is the only difference.
    ((cinema, days_ago), tickets) = next(iter(lost().items()))
    lossy = {(each.source_id, each.venue_id) for each in lines if each.venue == cinema}
    short = [each for each in declared if each.declared_tickets != each.registered_tickets]

    assert {
        each.code: tuple(each.software.values()) for each in sources()
    }.items() <= software.items()
    assert software[EARLIER_WEEKS] == ("Tasqyn Kassa", "7.4.1")
    # A cinema's day is there when its upload is whole: one of every connected cinema at least.
    assert len(declared) >= sum(each.is_connected for each in cinemas())
    assert [
        ((each.source_id, each.venue_id) in lossy, each.state, each.business_date)
        for each in short
    ] == [(True, "incomplete", business_date(now()) - timedelta(days=days_ago))]
    assert (short[0].declared_tickets or 0) - short[0].registered_tickets == tickets
    whole = [each for each in declared if each not in short]
    assert {
        (each.declared_gross_minor == each.registered_gross_minor, each.completeness_ppm)
        for each in whole
    } == {(True, 1_000_000)}
    assert [
        (each.venue_id in {where for _, where in lossy}, each.kind)
        for each in alarms
        if each.source_id not in silent
    ] == [(True, Kind.DAY_INCOMPLETE)]


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
