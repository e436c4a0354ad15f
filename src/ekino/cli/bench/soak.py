"""Scenario `soak`: the planet's peak for minutes on end, with everything that goes wrong in it."""

import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ekino.cli.bench.diary import Diary
from ekino.cli.bench.load import Load
from ekino.cli.bench.mixture import EVENTS_SENT_AN_ERRAND, Mixture
from ekino.cli.bench.rebuild import verify_totals
from ekino.cli.bench.report import latencies, rounded
from ekino.cli.bench.site import Site
from ekino.cli.bench.usage import tree

# The world sells some seven billion tickets a year: so many a second on a Saturday evening.
PLANET_PER_S = 5_500
TILLS = 256
_MEGABYTE = 1024 * 1024
# Memory is looked at so often, and judged from the second half of the run.
_LOOKS = 200

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many events a second, and for how long."""

    events_per_s: float
    seconds: float


class _Watch(threading.Thread):
    """Looks at every part's memory and the followers' lag while the load runs."""

    def __init__(self, site: Site, seconds: float) -> None:
        super().__init__(daemon=True)
        self._site = site
        self._every_s = max(0.25, seconds / _LOOKS)
        self._is_over = threading.Event()
        # (seconds since the beginning, megabytes) of each part; entries behind the register.
        self.memory: dict[str, list[tuple[float, float]]] = {}
        self.lag: list[int] = []

    def run(self) -> None:
        began_at = time.monotonic()
        pids = self._site.pids()
        while not self._is_over.wait(self._every_s):
            at = time.monotonic() - began_at
            for name, pid in pids.items():
                # PostgreSQL's processes share their memory: its own is that of the largest.
                sizes = [usage.rss_bytes for usage in tree(pid)] or [0]
                size = max(sizes) if name == "postgresql" else sum(sizes)
                self.memory.setdefault(name, []).append((at, size / _MEGABYTE))
            counted, size = self._site.store.lag()
            self.lag.append(size - counted)

    def stop(self) -> None:
        self._is_over.set()
        self.join()


def run(plan: Plan, site: Site, tell: Callable[[str], None]) -> Figures:
    """Keep the pace, watch memory and lag, and recount everything at the end."""
    mixture, diary = Mixture(site.sources), Diary(site.folder / "diary")
    errands_per_s = plan.events_per_s / EVENTS_SENT_AN_ERRAND
    wanted = int(errands_per_s * plan.seconds)
    load, watch = Load(site.address, TILLS), _Watch(site, plan.seconds)
    tell(f"{plan.events_per_s:.0f} events a second for {plan.seconds:.0f} s")
    watch.start()
    cpu_s = site.cpu_s()
    try:
        ran = load.run(
            mixture.errands(wanted),
            seconds=plan.seconds + 1,
            pace_per_s=errands_per_s,
            on_answer=diary.note,
        )
    finally:
        watch.stop()
        load.close()
    after_s = site.cpu_s()
    caught_up_s = site.wait_for_totals()
    tell("checking every answer and every entry")
    met = diary.verify(site.store, first=0)
    verify_totals(site, site.store.size())
    events = sum(met.values())
    spent = {name: (after_s[name] - cpu_s[name]) / ran.seconds for name in after_s}
    figures = {
        "events": events,
        "seconds": rounded(ran.seconds),
        "events/s": rounded(events / ran.seconds),
        "asked for": plan.events_per_s,
        **{f"ack {name} ms": value for name, value in latencies(diary.took_ms).items()},
        "503": diary.pushbacks,
        "lag most": max(watch.lag, default=0),
        "caught up s": rounded(caught_up_s),
        "lost": 0,
        "doubled": 0,
    }
    parts = [
        {"part": name, "cores": rounded(spent[name]), **_memory(looks)}
        for name, looks in watch.memory.items()
    ]
    outcomes = [{"outcome": name, "events": count} for name, count in sorted(met.items())]
    return {
        "memory_megabytes": watch.memory,
        "tables": [
            {"title": "soak: the planet's peak", "rows": [figures]},
            {"title": "memory, megabytes", "rows": parts},
            {"title": "what became of the events", "rows": outcomes},
        ],
    }


def _memory(looks: list[tuple[float, float]]) -> Figures:
    """Give a part's memory, and by how much it grows an hour in the second half of the run."""
    late = looks[len(looks) // 2 :]
    slope = 0.0
    if len({at for at, _ in late}) > 1:
        slope = statistics.linear_regression(*zip(*late, strict=True)).slope
    return {
        "at first": rounded(looks[0][1]),
        "at last": rounded(looks[-1][1]),
        "most": rounded(max(size for _, size in looks)),
        "MB an hour, second half": rounded(slope * 3600),
    }
