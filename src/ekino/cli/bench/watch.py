"""Scenario `watch`: thousands of readers of the live page on one web process."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ekino.cli.bench.audience import (
    Audience,
    audience,
    behind_first_ms,
    delays_ms,
    raise_open_files,
)
from ekino.cli.bench.batches import Batches
from ekino.cli.bench.load import Load, Run
from ekino.cli.bench.report import latencies, percentile, rounded
from ekino.cli.bench.site import Site
from ekino.cli.bench.usage import tree

# Readers who read what they are sent; the others only take it in.
SAMPLED = 100
STALLED = 3
# Enough for every second's page to differ from the one before.
SALES_PER_S = 50.0
TILLS = 8
_LAST_TICKS_S = 3.0
_MEGABYTE = 1024 * 1024

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many readers, and for how long."""

    readers: int
    seconds: float


def run(plan: Plan, site: Site, tell: Callable[[str], None]) -> Figures:
    """Measure one reader, then all of them with a few that stall, under the same sales."""
    batches = Batches(site.sources)
    load = Load(site.address, TILLS)
    try:
        load.run(list(batches.errands(100, batch=1)), seconds=10)
        site.wait_for_followers()
        rows = []
        for readers, stalled in ((1, 0), (plan.readers, STALLED)):
            tell(f"{readers} readers and {stalled} that stall")
            memory = _memory(site)
            with audience(site, count=readers, sampled=SAMPLED, stalled=stalled) as crowd:
                seen, run, spent = _watch(site, load, batches, crowd, plan.seconds)
            row = {"readers": readers, "stalled": stalled, **_row(seen, run, spent)}
            row["server MB more"] = rounded((spent["memory"] - memory) / _MEGABYTE)
            rows.append(row)
    finally:
        load.close()
    return {
        "sales_per_s": SALES_PER_S,
        "tables": [
            {
                "title": f"watch: one web process, {SALES_PER_S:.0f} sales a second",
                "rows": rows,
            }
        ],
    }


def _memory(site: Site) -> int:
    return sum(usage.rss_bytes for usage in tree(site.pids()["server"]))


def _watch(
    site: Site, load: Load, batches: Batches, crowd: Audience, seconds: float
) -> tuple[Figures, Run, dict[str, float]]:
    prepared = list(batches.errands(int(SALES_PER_S * seconds), batch=1))
    cpu_s, readers_s = site.cpu_s(), crowd.cpu_s()
    began_at = time.monotonic()
    run = load.run(prepared, seconds=seconds, pace_per_s=SALES_PER_S)
    took_s = time.monotonic() - began_at
    after_s = site.cpu_s()
    spent = {
        "server": (after_s["server"] - cpu_s["server"]) / took_s,
        "postgresql": (after_s["postgresql"] - cpu_s["postgresql"]) / took_s,
        "readers": (crowd.cpu_s() - readers_s) / took_s,
        "memory": float(_memory(site)),
    }
    site.wait_for_followers()
    time.sleep(_LAST_TICKS_S)
    return crowd.leave(), run, spent


def _row(seen: Figures, run: Run, spent: dict[str, float]) -> Figures:
    """Give how much it cost and how late the readers were; a sale nobody saw fails."""
    shown = [delays_ms(run.posts, reader)[0] for reader in seen["seen"]]
    every = latencies([delay for reader in shown for delay in reader])
    behind = [sorted(reader) for reader in behind_first_ms(seen["seen"]) if reader]
    return {
        "admitted": seen["admitted"],
        "refused (503)": seen["refused"],
        "server cores": rounded(spent["server"]),
        "PostgreSQL cores": rounded(spent["postgresql"]),
        "the readers' own": rounded(spent["readers"]),
        "sale → page p50 ms": every["p50"],
        "p99 ms": every["p99"],
        "slowest reader p99 ms": rounded(
            max(percentile(sorted(reader), 99) for reader in shown)
        ),
        "behind the first, p99 ms": rounded(
            max(percentile(reader, 99) for reader in behind)
        ),
        "longest silence s": rounded(seen["gap_max_s"]),
        "messages least – most": f"{seen['messages_least']} – {seen['messages_most']}",
        "KB/s a reader": rounded(
            seen["bytes_received"] / 1024 / max(1, seen["admitted"]) / run.seconds
        ),
    }


def prepare() -> int:
    """Make room for thousands of connections; gives how many there may be."""
    return raise_open_files()
