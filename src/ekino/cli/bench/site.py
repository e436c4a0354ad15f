"""The product under measurement: PostgreSQL, web and worker, as people run them."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from ekino.cli.bench.country import SOURCES, Source, load_country
from ekino.cli.bench.post import PUBLIC_URL
from ekino.cli.bench.store import Store
from ekino.cli.bench.usage import cpu_s, everybody
from ekino.db.postgres import open_database
from ekino.kernel.errors import Broken

# How long a process may take until it answers, and until it has left.
START_WAIT_S = 60.0
LEAVE_WAIT_S = 30.0
# How long followers may take to catch up with a register that stands still.
CATCH_UP_WAIT_S = 600.0


class Site:
    """
    A register of its own in a folder that goes at the end, with a country to sell in.

    PostgreSQL is started by the product itself, with the product's settings; the benchmark
    holds a connection beside it and measures. `days` of showings, today the last of them.
    """

    def __init__(
        self,
        *,
        processes: int = 1,
        has_worker: bool = False,
        days: int = 1,
        sources: int = SOURCES,
    ) -> None:
        """Say how many web processes serve, and whether followers run."""
        self._count = sources
        self._processes = processes
        self.has_worker = has_worker
        self._days = days
        self._exits = ExitStack()
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self.sources: list[Source] = []

    def __enter__(self) -> Self:
        """Start everything; whatever was started is stopped when that fails."""
        with ExitStack() as exits:
            self.folder = Path(tempfile.mkdtemp(prefix="ekino-bench-"))
            exits.callback(shutil.rmtree, self.folder, ignore_errors=True)
            self.db = exits.enter_context(open_database("", self.folder))
            self.store = Store(self.db.dsn)
            exits.callback(self.store.close)
            self.now = datetime.now(UTC)
            self.sources = load_country(
                self.db, now=self.now, days=self._days, count=self._count
            )
            exits.callback(self._stop)
            self.start_server()
            if self.has_worker:
                self.start_worker()
            self._exits = exits.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop everything and remove the folder."""
        self._exits.__exit__(kind, error, traceback)

    # ---- processes ------------------------------------------------------------------------

    def start_server(self) -> None:
        """Start the web and wait until it answers."""
        words = ["serve", "--port", "0"]
        if self._processes > 1:
            words += ["--processes", str(self._processes)]
        self._start("server", words)
        run_file = self.folder / "run" / "web.json"
        deadline = time.monotonic() + START_WAIT_S
        while time.monotonic() < deadline and self._is_alive("server"):
            try:
                self.url = str(json.loads(run_file.read_text())["url"])
                with urllib.request.urlopen(f"{self.url}/health", timeout=5) as answer:  # noqa: S310 - our own server
                    answer.read()
            except (OSError, ValueError):
                time.sleep(0.05)
            else:
                host, _, port = self.url.removeprefix("http://").rpartition(":")
                self.address = (host, int(port))
                return
        detail = f"ekino serve does not answer:\n{self.last_words('server')}"
        raise Broken(detail)

    def start_worker(self) -> None:
        """Start the log's signer, and the followers."""
        self._start("signer", ["proofs", "signer"])
        self._start("worker", ["worker"])

    def _start(self, name: str, words: list[str]) -> None:
        self.start_program(name, _command(words), self._environment())

    def run(self, *words: str) -> str:
        """Run another command of ours to its end and give all that it said."""
        outcome = subprocess.run(  # noqa: S603 - our own program
            _command(words),
            env=self._environment(),
            check=False,
            capture_output=True,
            text=True,
        )
        if outcome.returncode:
            detail = f"ekino {' '.join(words)} failed: {outcome.stderr[-500:]}"
            raise Broken(detail)
        return outcome.stdout + outcome.stderr

    def _environment(self) -> dict[str, str]:
        others = {
            key: text for key, text in os.environ.items() if not key.startswith("EKINO_")
        }
        ours = {"EKINO_DATA_DIR": str(self.folder), "EKINO_PUBLIC_URL": PUBLIC_URL}
        return {**others, **ours}

    def start_program(
        self, name: str, command: list[str], environment: dict[str, str]
    ) -> None:
        """Start any program beside the others; it is stopped with them."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self._children[name] = subprocess.Popen(  # noqa: S603 - our own programs
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )

    def stop_program(self, name: str) -> None:
        """Ask one program to leave, and make it after LEAVE_WAIT_S."""
        child = self._children.pop(name)
        child.terminate()
        try:
            child.wait(LEAVE_WAIT_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def _stop(self) -> None:
        for name in list(self._children):
            self.stop_program(name)

    def _is_alive(self, name: str) -> bool:
        return self._children[name].poll() is None

    def last_words(self, name: str) -> str:
        """Give the end of a program's log."""
        path = self.folder / f"{name}.log"
        return "\n".join(path.read_text("utf-8", "replace").splitlines()[-12:])

    # ---- looking --------------------------------------------------------------------------

    def pids(self) -> dict[str, int]:
        """Give the first process of each part: server, worker, postgresql and any others."""
        lines = (self.folder / "postgresql" / "postmaster.pid").read_text().split("\n")
        children = {name: child.pid for name, child in self._children.items()}
        return {**children, "postgresql": int(lines[0])}

    def cpu_s(self) -> dict[str, float]:
        """Give the processor time each part has used, with all its processes."""
        among = everybody()
        return {name: cpu_s(pid, among) for name, pid in self.pids().items()}

    def wait_for_followers(self) -> dict[str, float]:
        """Wait until every follower has seen every entry; gives the seconds each took."""
        began_at = time.monotonic()
        caught_up_s: dict[str, float] = {}
        while (took_s := time.monotonic() - began_at) < CATCH_UP_WAIT_S:
            lag = self.store.lag()
            for name, behind in lag.items():
                if behind == 0:
                    caught_up_s.setdefault(name, round(took_s, 2))
            if not any(lag.values()):
                return caught_up_s
            time.sleep(0.05)
        detail = f"followers do not catch up; the worker says:\n{self.last_words('worker')}"
        raise Broken(detail)


def _command(words: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "ekino.cli.main", *words]
