"""A country under the knife: every process with powercut.c in it, killed at once, then cut."""

import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from powercut import undo
from serving import Country

SOURCE = Path(__file__).with_name("powercut.c")
DEAD_WAIT_S = 30.0


def build(folder: Path) -> Path:
    """Compile the library; everybody may load it."""
    library = folder / "powercut.so"
    words = ["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run([*words, "-o", str(library), str(SOURCE), "-ldl"], check=True)
    library.chmod(0o755)
    return library


class Knife:
    """The library and its journal, in a folder that PostgreSQL's user can pass."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.library = build(folder)
        self._number = 0
        self.renew()

    def renew(self) -> None:
        """Begin an empty journal."""
        self._number += 1
        self.journal = self._folder / f"journal.{self._number}"
        self.journal.touch()
        self.journal.chmod(0o666)

    def environment(self, watched: Path, *, lies: bool) -> dict[str, str]:
        """Give what every process of the subject gets."""
        return {
            "LD_PRELOAD": str(self.library),
            "POWERCUT_FOLDER": str(watched.resolve()),
            "POWERCUT_JOURNAL": str(self.journal),
            **({"POWERCUT_LIES": "1"} if lies else {}),
        }

    def victims(self) -> list[int]:
        """Give the processes that have our copy of the library, and no others."""
        found = []
        for maps in Path("/proc").glob("[0-9]*/maps"):
            try:
                is_ours = str(self.library) in maps.read_text()
            except OSError:
                continue
            if is_ours and int(maps.parent.name) != os.getpid():
                found.append(int(maps.parent.name))
        return found

    def cut(self, country: Country, dice: random.Random | None) -> undo.Cut:
        """Kill -9 everything at once and take back what was not durable."""
        deadline = time.monotonic() + DEAD_WAIT_S
        while victims := self.victims():
            assert time.monotonic() < deadline, victims
            for pid in victims:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            for process in country.processes.values():
                process.poll()
            time.sleep(0.02)
        for process in country.processes.values():
            process.wait(DEAD_WAIT_S)
        return undo.cut_power(country.folder, self.journal, self.library, dice)


@contextmanager
def a_knife() -> Iterator[Knife]:
    """Lend a knife in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="ekino-cut-"))
    folder.chmod(0o755)
    try:
        yield Knife(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
