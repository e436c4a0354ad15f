"""What is written down of a run: the machine, the settings, the figures and how they spread."""

import math
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ekino.db.machine import memory_megabytes

NOT_DONE = "not done"
_FLUSHES = 50


def percentile(values: Sequence[float], percent: float) -> float:
    """Give the smallest of sorted values that `percent` of them do not exceed."""
    return values[max(0, math.ceil(len(values) * percent / 100) - 1)]


def latencies(values_ms: Sequence[float]) -> dict[str, float]:
    """Give the percentiles that people ask for, in milliseconds."""
    ordered = sorted(values_ms)
    return {
        "p50": rounded(percentile(ordered, 50)),
        "p95": rounded(percentile(ordered, 95)),
        "p99": rounded(percentile(ordered, 99)),
        "max": rounded(ordered[-1]),
    }


def median_of(rounds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """
    Give the median of each figure over several rounds.

    Dictionaries are gone through; what is no number is taken from the first round.
    """
    first = rounds[0]
    merged: dict[str, Any] = {}
    for name, value in first.items():
        values = [each[name] for each in rounds if name in each]
        if isinstance(value, dict):
            merged[name] = median_of(values)
        elif isinstance(value, bool) or not isinstance(value, int | float):
            merged[name] = value
        else:
            merged[name] = rounded(statistics.median(values))
    return merged


def spread(values: Sequence[float]) -> dict[str, float]:
    """Give the least, the median and the greatest of several rounds' figures."""
    return {
        "min": rounded(min(values)),
        "median": rounded(statistics.median(values)),
        "max": rounded(max(values)),
    }


def rounded(value: float) -> float:
    """Give a figure without the digits that nobody measured."""
    if value == 0 or isinstance(value, int):
        return value
    return float(f"{value:.4g}")


def machine(folder: Path) -> dict[str, Any]:
    """Describe where this ran, and how long its disk takes to promise something."""
    load = os.getloadavg()
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "ekino": version("ekino"),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "kernel": platform.release(),
        "cpu": _cpu_name(),
        "cores": os.cpu_count(),
        "memory_megabytes": memory_megabytes(),
        "load_before": [round(each, 2) for each in load],
        "flush_ms": spread(_flushes_ms(folder)),
    }


def _flushes_ms(folder: Path) -> list[float]:
    took: list[float] = []
    path = folder / "flush"
    with path.open("wb", buffering=0) as file:
        for _ in range(_FLUSHES):
            file.write(bytes(8192))
            began_at = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - began_at) * 1000)
    path.unlink()
    return took


def _cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _commit() -> str:
    """Give the commit of the checkout this runs from, with + when it was changed since."""
    here = str(Path(__file__).parent)
    words = ["git", "-C", here]
    try:
        commit = _output([*words, "rev-parse", "--short=12", "HEAD"])
        changed = _output([*words, "status", "--porcelain", "--untracked-files=no"])
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return commit + ("+" if changed else "")


def _output(command: list[str]) -> str:
    return subprocess.run(  # noqa: S603 - git, and nothing that anybody typed
        command, check=True, capture_output=True, text=True
    ).stdout.strip()
