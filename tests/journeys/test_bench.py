"""Each scenario of `ekino bench` runs and checks its answers; no test asserts a time."""

import json
import os
import subprocess
import sys
from typing import Any


def bench(*words: str) -> dict[str, Any]:
    """Run a scenario with tiny numbers and give its JSON."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("EKINO_")}
    outcome = subprocess.run(
        [sys.executable, "-m", "ekino.cli.main", "bench", *words, "--json"],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert outcome.returncode == 0, outcome.stderr
    result: dict[str, Any] = json.loads(outcome.stdout)
    return result


def test_ingest_checks_every_answer_and_reports() -> None:
    result = bench(
        "ingest",
        "--batch",
        "20",
        "--tills",
        "3",
        "--seconds",
        "0.3",
        "--worker",
        "--no-peer",
    )

    (cell,) = result["cells"]
    assert (cell["batch"], cell["tills"]) == (20, 3)
    assert cell["events"] > 0
    assert result["register_size"] >= cell["events"]
    assert cell["copy"]["share"] > 0
    assert set(cell["cpu_us_per_event"]) == {"client", "server", "worker", "postgresql"}
    assert result["postgresql"]["fsync"] == "on"
    assert result["postgresql"]["synchronous_commit"] == "on"
