"""Real processes for journeys: `ekino serve`, `ekino worker` and the signer, killed and started again."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

START_WAIT_S = 90.0
# A whole day of a country, sent twice, takes minutes where other work shares the machine: this
# ends what hangs and says nothing about speed, which is the benchmark's to say.
COMMAND_WAIT_S = 1_500.0


class Country:
    """A data folder with a web and a worker process that can be killed at any moment."""

    def __init__(self, folder: Path, port: int = 0, **settings: str) -> None:
        self.folder = folder
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("EKINO_")},
            "EKINO_DATA_DIR": str(folder),
            **settings,
        }
        self.port = port
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "ekino.cli.main", *words]

    def start(self, name: str, *more: str) -> None:
        words = {
            "serve": ("serve", "--port", str(self.port)),
            "worker": ("worker",),
            "signer": ("proofs", "signer"),
        }[name]
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                self.command(*words, *more), env=self.environment, stdout=log, stderr=log
            )

    def __enter__(self) -> "Country":
        self.start("serve")
        self.start("worker")
        self.start("signer")
        self.url = self.wait()
        self.port = int(self.url.rsplit(":", 1)[1])
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(60)

    def log(self) -> str:
        return "\n".join(path.read_text() for path in self.folder.glob("*.log"))

    def wait(self) -> str:
        deadline = time.monotonic() + START_WAIT_S
        while time.monotonic() < deadline:
            try:
                found = json.loads((self.folder / "run" / "web.json").read_text())
                if found["pid"] == self.processes["serve"].pid:
                    self.url = str(found["url"])
                    self.get("/health")
                    return self.url
            except (OSError, ValueError):
                pass
            time.sleep(0.05)
        raise TimeoutError(self.log())

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return json.loads(answer.read())

    def run(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words),
            env=self.environment,
            check=check,
            capture_output=True,
            text=True,
            timeout=COMMAND_WAIT_S,
        )

    def kill(self, name: str) -> None:
        """Kill -9 and start again; `database` is PostgreSQL with all its processes."""
        if name == "database":
            lines = (self.folder / "postgresql" / "postmaster.pid").read_text().split("\n")
            children = subprocess.run(
                ["ps", "-o", "pid=", "--ppid", lines[0]],
                capture_output=True,
                text=True,
                check=False,
            ).stdout.split()
            for pid in (lines[0], *children):
                try:
                    os.kill(int(pid), signal.SIGKILL)
                except ProcessLookupError:
                    continue
            return
        self.processes[name].kill()
        self.processes[name].wait()
        self.start(name)
