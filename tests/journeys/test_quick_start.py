"""The quick start is what it says: every command of the page, in its order, on a new register."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from machine import node, npm
from source_tree import ROOT

PAGES = {
    language: (ROOT / f"docs/tutorials/connect-in-ten-minutes.{language}.md").read_text(
        "utf-8"
    )
    for language in ("kk", "ru", "en")
}
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# A page that takes so long has hung; how long it takes is noted and not judged.
WAIT_MAX_S = 500


def blocks(language: str) -> list[tuple[str, str]]:
    return [(kind, text) for kind, text in BLOCK.findall(PAGES[language])]


def test_the_three_languages_have_the_same_commands() -> None:
    assert blocks("kk") == blocks("ru") == blocks("en")
    assert len({page.splitlines()[0] for page in PAGES.values()}) == 3


@pytest.mark.needs_node
def test_every_command_of_the_page_does_what_the_page_says(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = node()
    assert found is not None
    # Where Node is PyPI's, npm is no program on the PATH.
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    (bin_folder / "npm").write_text("#!/bin/sh\nexec " + " ".join(npm()) + ' "$@"\n')
    (bin_folder / "npm").chmod(0o755)
    kept = {
        name: text for name, text in os.environ.items() if not name.startswith("EKINO_")
    }
    path = [
        str(bin_folder),
        str(Path(sys.executable).parent),
        str(found.parent),
        kept["PATH"],
    ]
    parts = [
        f"{text}printf '\\n--- end of block %s\\n' {number}\n" if kind == "sh" else ""
        for number, (kind, text) in enumerate(blocks("en"))
    ]
    script = "".join(parts).replace("127.0.0.1:8000", f"127.0.0.1:{port}")
    script = script.replace("--port 8000", f"--port {port}")
    began = time.monotonic()
    shell = subprocess.Popen(
        ["bash", "-eu", "-m", "-c", script],
        cwd=ROOT,
        env=kept | {"PATH": os.pathsep.join(path), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, err = shell.communicate(timeout=WAIT_MAX_S)
    finally:
        _end(shell, tmp_path)

    took_s = time.monotonic() - began
    record_property("quick_start_s", round(took_s, 1))
    sys.stderr.write(f"the quick start took {took_s:.0f} s, typing and reading apart\n")
    assert shell.returncode == 0, err + out
    said = re.split(r"\n--- end of block (\d+)\n", out)
    spoken = dict(zip(map(int, said[1::2]), said[0::2], strict=False))
    wanted = [
        (number - 1, line.replace(":8000", f":{port}"))
        for number, (kind, text) in enumerate(blocks("en"))
        if kind == "output"
        for line in text.splitlines()
    ]
    assert [(number, line) for number, line in wanted if line not in spoken[number]] == []
    assert len(wanted) == 12


def _end(shell: subprocess.Popen[str], folder: Path) -> None:
    """End what the page started, should it not have come to its own end."""
    shell.kill()
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"TMPDIR={folder}\0".encode() in path.read_bytes():
                os.kill(int(path.parent.name), signal.SIGTERM)
        except OSError:
            continue
