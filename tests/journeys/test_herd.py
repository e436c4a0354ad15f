"""Several web processes on one address: one may die, and all end together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# `work` leaves its pid in the folder and waits to be ended.
PROGRAM = """
import os, pathlib, signal, sys
from ekino.cli.herd import herd

def work():
    pathlib.Path(sys.argv[1], str(os.getpid())).touch()
    signal.pause()

herd(work, 3)
"""
PATIENCE_S = 30.0


def wait_for(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class Herd:
    """A herd of three in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.parent = subprocess.Popen([sys.executable, "-c", PROGRAM, str(folder)])

    def seen(self) -> set[int]:
        return {int(path.name) for path in self.folder.iterdir()}

    def alive(self) -> set[int]:
        return {pid for pid in self.seen() if is_alive(pid)}


@pytest.fixture
def herd(tmp_path: Path) -> Iterator[Herd]:
    herd = Herd(tmp_path)
    wait_for(lambda: len(herd.seen()) == 3)
    yield herd
    herd.parent.kill()
    herd.parent.wait()


def test_one_that_dies_is_started_again(herd: Herd) -> None:
    os.kill(min(herd.seen()), signal.SIGKILL)

    wait_for(lambda: len(herd.seen()) == 4)
    wait_for(lambda: len(herd.alive()) == 3)


def test_told_to_stop_they_all_end(herd: Herd) -> None:
    herd.parent.send_signal(signal.SIGTERM)

    assert herd.parent.wait(PATIENCE_S) == 0
    wait_for(lambda: not herd.alive())


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells them only on Linux")
def test_they_do_not_outlive_a_parent_that_is_killed(herd: Herd) -> None:
    herd.parent.kill()
    herd.parent.wait()

    wait_for(lambda: not herd.alive())
