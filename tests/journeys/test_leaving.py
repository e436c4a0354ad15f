"""Told to stop, the web leaves everything in order: its run file and the database."""

import signal
import time
from pathlib import Path

import pytest

from serving import Country


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("processes", ["1", "2"])
def test_the_last_one_out_stops_the_database(
    tmp_path: Path, number: signal.Signals, processes: str
) -> None:
    country = Country(tmp_path / "country")
    country.start("serve", "--processes", processes)
    country.wait()
    database = country.folder / "postgresql" / "postmaster.pid"
    assert database.exists()

    country.processes["serve"].send_signal(number)

    country.processes["serve"].wait(60)
    deadline = time.monotonic() + 30
    while database.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not database.exists(), country.log()
    assert not (country.folder / "run" / "web.json").exists()
