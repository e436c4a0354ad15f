"""Scenario `ingest`: signed batches over HTTP, durable and positioned, beside what limits them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ekino.cli.bench import answers, limit
from ekino.cli.bench.load import Load, Run
from ekino.cli.bench.post import Post, post
from ekino.cli.bench.report import median_of, percentile, rounded, spread
from ekino.cli.bench.sales import Sales
from ekino.cli.bench.site import Site

# The cross product has sixteen cells; these are the ones that differ in kind.
CELLS = (
    (1000, 1), (1000, 16), (100, 16), (100, 256), (10, 16), (10, 256),
    (1, 1), (1, 16), (1, 256), (1, 1000),
)  # fmt: skip
CELLS_QUICK = ((1000, 16), (100, 16), (10, 256), (1, 256))
# Prepared requests are held in memory, so that the load costs little while the clock runs.
PREPARED_BYTES_MAX = 1_500_000_000
_WARM_UP_S = 0.5
# What nothing here is expected to exceed, in events a second, to prepare enough to warm up.
_RATE_GUESSED = {1: 30_000, 10: 90_000, 100: 200_000, 1000: 300_000}
_EVENT_BYTES = 300
_MS = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be measured, and for how long."""

    cells: Sequence[tuple[int, int]]
    seconds: float
    repeats: int
    processes: int = 1
    has_worker: bool = False
    has_limit: bool = True
    # Of a hundred batches, how many are sent a second time.
    resent_percent: int = 0


def run(plan: Plan, site: Site, tell: Any) -> dict[str, Any]:
    """Measure every cell, round after round, and give the medians beside the limit."""
    sales = Sales(site.sources, now=site.now)
    rounds: dict[tuple[int, int], list[dict[str, Any]]] = {}
    limits: dict[int, list[float]] = {}
    for number in range(plan.repeats):
        for batch, tills in plan.cells:
            tell(f"round {number + 1} of {plan.repeats}: {tills} tills, batches of {batch}")
            figures = _cell(plan, site, sales, batch, tills)
            rounds.setdefault((batch, tills), []).append(figures)
        for batch in {batch for batch, _ in plan.cells} | {1000}:
            if plan.has_limit:
                tell(f"round {number + 1} of {plan.repeats}: raw COPY, {batch} a commit")
                rate = limit.rows_per_s(
                    site.store, rows_a_commit=batch, seconds=min(2.0, plan.seconds)
                )
                limits.setdefault(batch, []).append(rate)
    return {
        "cells": [_summary(cell, rounds[cell], limits) for cell in rounds],
        "limit_rows_per_s": {str(batch): spread(each) for batch, each in limits.items()},
        "events_checked": site.store.size(),
    }


def _summary(
    cell: tuple[int, int],
    rounds: list[dict[str, Any]],
    limits: dict[int, list[float]],
) -> dict[str, Any]:
    """Merge one cell's rounds; each ratio is made inside its round, then the median taken."""
    batch, tills = cell
    for name, of in (("share_of_limit", batch), ("share_of_limit_1000", 1000)):
        for figures, rate in zip(rounds, limits.get(of, ()), strict=False):
            figures[name] = rounded(figures["events_per_s"] / rate)
    return {
        "batch": batch,
        "tills": tills,
        **median_of(rounds),
        "events_per_s_spread": spread([each["events_per_s"] for each in rounds]),
    }


def _cell(plan: Plan, site: Site, sales: Sales, batch: int, tills: int) -> dict[str, Any]:
    """Warm up, measure, and check what both have left in the register."""
    first = site.store.size()
    load = Load(site.address, tills)
    try:
        guessed = min(
            _RATE_GUESSED[max(size for size in _RATE_GUESSED if size <= batch)],
            30_000 * tills,
        )
        warm = load.run(
            list(_errands(plan, sales, batch, int(guessed * _WARM_UP_S), tills)),
            seconds=_WARM_UP_S,
        )
        wanted = int(warm.events / warm.seconds * plan.seconds * 1.3)
        prepared = list(
            _errands(
                plan, sales, batch, min(wanted, PREPARED_BYTES_MAX // _EVENT_BYTES), tills
            )
        )
        figures, measured = _measure(site, load, prepared, plan.seconds)
    finally:
        load.close()
    past_end = site.store.size()
    posts = [*warm.posts, *measured.posts]
    told = answers.verify_answers(posts)
    answers.verify_register(site.store, told, first=first, past_end=past_end)
    answers.verify_equal(
        "the register's sums against what was sold",
        site.store.recount(first, past_end),
        answers.sums_of(posts, site.store.showings()),
    )
    return figures


def _errands(
    plan: Plan, sales: Sales, batch: int, events: int, tills: int
) -> Iterator[tuple[Post, ...]]:
    """Prepare batches of every source in turn, some of them to be sent twice."""
    sales.tell_time(datetime.now(UTC))
    for number in range(max(events // batch, 2 * tills)):
        source = sales.sources[number % len(sales.sources)]
        once = post(source, sales.batch(source, batch), batch)
        if number * plan.resent_percent % 100 < plan.resent_percent:
            yield once, post(source, once.body, batch, first=once)
        else:
            yield (once,)


def _measure(
    site: Site, load: Load, errands: list[tuple[Post, ...]], seconds: float
) -> tuple[dict[str, Any], Run]:
    """Run the load once and give its figures with its answers."""
    store = site.store
    store.checkpoint()
    stored, wal_bytes, cpu_s = store.stored_bytes(), store.wal_bytes(), site.cpu_s()
    run = load.run(errands, seconds=seconds)
    cpu_after_s = site.cpu_s()
    wal_after_bytes, stored_after = store.wal_bytes(), store.stored_bytes()
    events = run.events
    entered = sum(each.events for each in run.posts if each.first is None)
    took_ms = sorted(each.took_ns / _MS for each in run.posts)
    spent_us = {
        name: rounded((cpu_after_s[name] - cpu_s[name]) * 1e6 / events)
        for name in cpu_after_s
    }
    return {
        "seconds": rounded(run.seconds),
        "requests": len(run.posts),
        "events": events,
        "events_per_s": rounded(events / run.seconds),
        "entered_per_s": rounded(entered / run.seconds),
        "ack_ms": {
            name: rounded(percentile(took_ms, share))
            for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))
        },
        "cpu_us_per_event": {
            "client": rounded(run.client_cpu_s * 1e6 / events),
            **spent_us,
        },
        "wal_bytes_per_event": rounded((wal_after_bytes - wal_bytes) / entered),
        "stored_bytes_per_event": {
            "tables": rounded((stored_after[0] - stored[0]) / entered),
            "indexes": rounded((stored_after[1] - stored[1]) / entered),
        },
        "pushbacks": sum(each.pushbacks for each in run.posts),
    }, run
