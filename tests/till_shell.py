"""A person at a terminal with `ekino-till`, and the catalog of a register that is new."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

CATALOG = {
    "venues": [
        {"code": "aqtau-1", "name": "Aqtau 1", "kind": "cinema", "region": "KZ-47",
         "city": "Aqtau", "timezone": "Asia/Aqtau", "currency": "KZT"},
    ],
    "halls": [{"venue": "aqtau-1", "code": "1", "capacity": 120}],
    "films": [{"code": "evening", "titles": {"en": "An Evening"}, "countries": ["KZ"], "genres": ["drama"]}],
    "versions": [{"code": "evening-kk", "film": "evening", "language": "kk"}],
}  # fmt: skip


class Shell:
    """A person at a terminal, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "ekino_till", *words],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == code, (words, done.stdout, done.stderr)
        return done

    def ask(self, *words: str, code: int = 0) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.run(*words, "--json", code=code).stdout)
        return answer
