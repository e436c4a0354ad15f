"""Scenario `fresh`: from a sale to the live page of a reader, at a thousand sales a second."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ekino.cli.bench.audience import audience, delays_ms
from ekino.cli.bench.batches import Batches
from ekino.cli.bench.cell import verify, watched
from ekino.cli.bench.load import Load
from ekino.cli.bench.rebuild import verify_totals
from ekino.cli.bench.report import latencies, rounded
from ekino.cli.bench.site import Site

READERS = 3
TILLS = 64
# After the last sale the page must have had time to tell of it.
_LAST_TICKS_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many sales a second, each in a batch of its own, and for how long."""

    sales_per_s: float
    seconds: float


def run(plan: Plan, site: Site, tell: Callable[[str], None]) -> dict[str, Any]:
    """Sell at a steady pace while readers of three languages watch, and check what they saw."""
    batches = Batches(site.sources)
    first = site.store.size()
    load = Load(site.address, TILLS)
    try:
        # Something to begin with, so that the page's first message holds a position.
        warm = load.run(list(batches.errands(200, batch=1)), seconds=10)
        site.wait_for_followers()
        with audience(site, count=READERS, sampled=READERS) as readers:
            tell(f"{plan.sales_per_s:.0f} sales a second for {plan.seconds:.0f} s")
            wanted = int(plan.sales_per_s * plan.seconds)
            prepared = list(batches.errands(wanted, batch=1))
            figures, sold = watched(
                site, load, prepared, plan.seconds + 1, pace_per_s=plan.sales_per_s
            )
            site.wait_for_followers()
            time.sleep(_LAST_TICKS_S)
            seen = readers.leave()
    finally:
        load.close()
    verify(site, [*warm.posts, *sold.posts], first=first)
    verify_totals(site, site.store.size())
    since_sent: list[float] = []
    since_answered: list[float] = []
    for reader in seen["seen"]:
        sent, answered = delays_ms(sold.posts, reader)
        since_sent += sent
        since_answered += answered
    rows = [
        {
            "from → to": name,
            **{f"{key} ms": value for key, value in latencies(each).items()},
        }
        for name, each in (
            ("sale sent → answer", [each.took_ns / 1e6 for each in sold.posts]),
            ("answer → live page", since_answered),
            ("sale sent → live page", since_sent),
        )
    ]
    return {
        "sales_per_s": rounded(len(sold.posts) / sold.seconds),
        "sales_per_s_wanted": plan.sales_per_s,
        "ingest": figures,
        "tables": [
            {
                "title": f"fresh: {len(sold.posts)} single sales at {plan.sales_per_s:.0f}/s"
                f" (reached {len(sold.posts) / sold.seconds:.0f}/s)",
                "rows": rows,
            }
        ],
    }
