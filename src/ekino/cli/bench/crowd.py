"""Scenario `sources`: many sources with keys of their own beside one, over as many lines."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ekino.cli.bench.batches import Batches
from ekino.cli.bench.cell import Cell, measure
from ekino.cli.bench.report import median_of, rounded, spread
from ekino.cli.bench.site import Site
from ekino.feeds import service as feeds

Figures = dict[str, Any]
Tell = Callable[[str], None]
# How often a follower's tick over what the rounds left is timed.
_BATCHES_A_TICK = 5_000
_ASKED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many sources, in batches of which sizes, for how long."""

    sources: int
    batches: tuple[int, ...]
    seconds: float
    repeats: int
    # Single sales a second whose answers are timed at a steady pace.
    pace_per_s: float


def run(plan: Plan, site: Site, tell: Tell) -> Figures:
    """
    Measure one source and all of them in turn, and give medians with the ratio inside a round.

    Both times every line is open: what differs is how many keys, nonces and feeds there are.
    """
    batches = Batches(site.sources)
    tell("warming up")
    measure(site, batches, Cell(1, plan.sources), seconds=min(1.0, plan.seconds))
    rounds: list[Figures] = []
    for number in range(1, plan.repeats + 1):
        tell(f"round {number} of {plan.repeats}")
        rounds.append(
            {
                f"batch_{batch}": _both(plan, site, batches, number, batch, None)
                for batch in plan.batches
            }
            | {"paced": _both(plan, site, batches, number, 1, plan.pace_per_s)}
        )
    cells = {
        name: {
            **median_of([each[name] for each in rounds]),
            "spread": spread([each[name]["rate_of_one"] for each in rounds]),
        }
        for name in rounds[0]
    }
    found: Figures = {
        "sources": plan.sources,
        "cells": cells,
        "feeds": _feeds(site, tell),
        "register_size": site.store.size(),
    }
    return {**found, "tables": _tables(plan, cells, found["feeds"])}


def _tables(plan: Plan, cells: Figures, feeds_took: Figures) -> list[Figures]:
    rows = [
        {
            "cell": name.replace("_", " of "),
            "sources": 1 if which == "one" else plan.sources,
            "events/s": cell[which]["events_per_s"],
            "ack p50 ms": cell[which]["ack_ms"]["p50"],
            "p99 ms": cell[which]["ack_ms"]["p99"],
            "web µs/event": cell[which]["cpu_us_per_event"]["server"],
            "× one": cell["rate_of_one"] if which == "many" else 1.0,
            "others' cores": cell[which]["cores_taken_by_others"],
        }
        for name, cell in cells.items()
        for which in ("one", "many")
    ]
    title = (
        f"{plan.sources} sources, each with a key of its own, beside one over as many lines"
    )
    return [
        {"title": title, "rows": rows},
        {"title": "what the watch over them takes", "rows": [feeds_took]},
    ]


def _both(
    plan: Plan,
    site: Site,
    batches: Batches,
    turn: int,
    batch: int,
    pace_per_s: float | None,
) -> Figures:
    found: Figures = {}
    # Each goes first in every second round: whoever comes later finds the caches warm.
    order = [("one", 1), ("many", plan.sources)]
    for name, among in order if turn % 2 else reversed(order):
        batches.among = among
        found[name] = _short(
            measure(
                site,
                batches,
                Cell(batch, plan.sources),
                seconds=plan.seconds,
                events_per_s=pace_per_s,
            )
        )
    found["rate_of_one"] = rounded(
        found["many"]["events_per_s"] / found["one"]["events_per_s"]
    )
    return found


def _short(figures: Figures) -> Figures:
    return {
        name: figures[name]
        for name in ("events_per_s", "ack_ms", "cpu_us_per_event", "cores_taken_by_others")
    }


def _feeds(site: Site, tell: Tell) -> Figures:
    """Time the fold over everything the rounds have left, batch by batch of it."""
    tell("feeds read what was sent")
    ticks = []
    began = time.monotonic()
    folded = 0
    while True:
        at = time.monotonic()
        count = feeds.follow(site.db, batches_max=_BATCHES_A_TICK)
        if not count:
            break
        folded += count
        ticks.append((time.monotonic() - at) * 1000)
    whole_s = time.monotonic() - began
    asked_ms = []
    for _ in range(_ASKED):
        at = time.monotonic()
        feeds.list_feeds(site.db)
        asked_ms.append((time.monotonic() - at) * 1000)
    return {
        "batches": folded,
        "batches_per_s": rounded(folded / whole_s) if whole_s else 0,
        "tick_ms_most": rounded(max(ticks, default=0.0)),
        "list_feeds_ms": rounded(sorted(asked_ms)[len(asked_ms) // 2]),
    }
