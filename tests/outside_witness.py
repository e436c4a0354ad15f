"""A witness that nobody here wrote: aics-witness, as a process of its own."""

import socket
import subprocess
import time
from pathlib import Path

import httpx2

from log_making import ORIGIN
from machine import outside_programs


def answer_of(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in words],
        check=False,
        capture_output=True,
        text=True,
        timeout=500,
    )


class Serving:
    """The witness of aics-witness, on a port of its own, stopped and started at will."""

    def __init__(self, folder: Path, log_vkey: str) -> None:
        programs = outside_programs() or Path()
        self._program, self._config = programs / "aics-witness", folder / "witness.json"
        self.port = free_port()
        init = self.run(
            "init", "--name", "witness.example/w1", "--listen", f"127.0.0.1:{self.port}"
        )
        self.vkey = next(
            word for word in init.split() if word.startswith("witness.example/w1+")
        )
        self.run("add-log", "--origin", ORIGIN, "--vkey", log_vkey)

    def run(self, verb: str, *words: str) -> str:
        done = answer_of(self._program, verb, "--config", self._config, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    def __enter__(self) -> "Serving":
        words = [str(self._program), "serve", "--config", str(self._config)]
        self._process = subprocess.Popen(
            words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                httpx2.get(self.url, timeout=1)
            except httpx2.HTTPError:
                time.sleep(0.05)
                continue
            return self
        raise TimeoutError(self.url)

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
