"""Scenario `proofs`: from an answer to a signed checkpoint, and an audit of the whole log."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from ekino.cli.bench.audience import delays_ms
from ekino.cli.bench.batches import Batches
from ekino.cli.bench.cell import verify, watched
from ekino.cli.bench.load import Load, Run
from ekino.cli.bench.report import NOT_DONE, latencies, rounded
from ekino.cli.bench.site import Site
from ekino.kernel.errors import Broken

Figures = dict[str, Any]
Tell = Callable[[str], None]

BATCH = 10
TILLS = 32
_FULL = 1_000
# The checkpoint's file is looked at so often, and waited for so long after the last sale.
_LOOK_EVERY_S = 0.005
_CHECKPOINT_WAIT_S = 60.0

# What others publish, to stand beside; never measured here.
# Source: the projects' own documents, September 2026 (docs/explanation/performance.md).
PUBLISHED = (
    ("Tessera, POSIX, NVMe, 7 cores", "10,000 writes/s", "integration 2.3 – 3.6 s"),
    ("Tessera, POSIX, smallest cloud VM", "1,500 writes/s", "integration 1.2 s average"),
    ("Rekor v2, public instance", "–", "answers when a checkpoint holds it; wait 20 s"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many events a second and for how long; how many entries are audited."""

    events_per_s: float
    seconds: float
    audited: int


class _Checkpoints:
    """Notes (moment, tree size) whenever the published checkpoint is another."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self.seen: list[tuple[float, int]] = []

    def start(self) -> None:
        self._thread.start()

    def stop_at(self, size: int) -> None:
        """Wait for a checkpoint of at least so many entries, then look no more."""
        deadline = time.monotonic() + _CHECKPOINT_WAIT_S
        while not self.seen or self.seen[-1][1] < size:
            if time.monotonic() > deadline:
                detail = f"no checkpoint of {size} entries in {_CHECKPOINT_WAIT_S} s"
                raise Broken(detail)
            time.sleep(_LOOK_EVERY_S)
        self._is_over.set()
        self._thread.join()

    def _look_on(self) -> None:
        # A signed note of C2SP: the origin, the size, the root.
        while not self._is_over.wait(_LOOK_EVERY_S):
            try:
                size = int(self._path.read_text("utf-8").split("\n", 2)[1])
            except (OSError, ValueError, IndexError):
                continue
            if not self.seen or size > self.seen[-1][1]:
                self.seen.append((time.monotonic(), size))


def run(plan: Plan, site: Site, tell: Tell) -> Figures:
    """Measure the way to a checkpoint at a steady pace, then fill the log and audit it."""
    batches, first = Batches(site.sources), site.store.size()
    checkpoints = _Checkpoints(site.folder / "log" / "checkpoint")
    checkpoints.start()
    load = Load(site.address, TILLS)
    try:
        tell(f"{plan.events_per_s:.0f} events a second for {plan.seconds:.0f} s")
        pace_per_s = plan.events_per_s / BATCH
        prepared = list(batches.errands(int(pace_per_s * plan.seconds), batch=BATCH))
        figures, sold = watched(
            site, load, prepared, plan.seconds + 1, pace_per_s=pace_per_s
        )
        checkpoints.stop_at(site.store.size())
        filled = _fill(plan, site, load, batches, tell)
    finally:
        load.close()
    verify(site, [*sold.posts, *filled.posts], first=first)
    integrated = site.wait_for_followers()
    since_sent, since_answered = delays_ms(sold.posts, checkpoints.seen)
    rows = [
        {
            "from → to": name,
            **{f"{key} ms": value for key, value in latencies(each).items()},
        }
        for name, each in (
            ("sent → answer", [each.took_ns / 1e6 for each in sold.posts]),
            ("answer → signed checkpoint", since_answered),
            ("sent → signed checkpoint", since_sent),
        )
    ]
    return {
        "ingest": figures,
        "witnesses": NOT_DONE,
        "tables": [
            {
                "title": f"proofs: {figures['events_per_s']:.0f} events a second",
                "rows": rows,
            },
            {
                "title": "cosignatures of witnesses",
                "rows": [{"cosigned": f"{NOT_DONE}: no witness runs beside the benchmark"}],
            },
            {"title": "the whole log", "rows": [_audit(site, integrated, tell)]},
            {
                "title": "published by others, not measured here",
                "rows": [
                    {"log": log, "writes": writes, "proof": proof}
                    for log, writes, proof in PUBLISHED
                ],
            },
        ],
    }


def _fill(plan: Plan, site: Site, load: Load, batches: Batches, tell: Tell) -> Run:
    wanted = max(0, plan.audited - site.store.size()) // _FULL + 1
    tell(f"{wanted} batches of {_FULL} more, to audit")
    return load.run(list(batches.errands(wanted, batch=_FULL)), seconds=600)


def _audit(site: Site, integrated_s: dict[str, float], tell: Tell) -> Figures:
    tell("auditing")
    began_at = time.monotonic()
    words = site.run("proofs", "audit", "--json")
    took_s = time.monotonic() - began_at
    report = msgspec.json.decode(words[words.index("{") : words.rindex("}") + 1])
    size = site.store.size()
    return {
        "entries": size,
        "log": report.get("log_size"),
        "log caught up s": integrated_s.get("log"),
        "audit s": rounded(took_s),
        "entries/s": rounded(size / took_s),
        "differences": 0,
    }
