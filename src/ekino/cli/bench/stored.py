"""Scenario `ingest --stored`: the same load on a full register and on an empty one, in turn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ekino.cli.bench.batches import Batches
from ekino.cli.bench.cell import Cell, measure
from ekino.cli.bench.fill import days_for, fill, serials_used
from ekino.cli.bench.report import median_of, rounded, spread
from ekino.cli.bench.site import Site

Figures = dict[str, Any]
_WARM_UP = Cell(1000, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is stored already, what is measured, and for how long."""

    events: int
    cells: Sequence[Cell]
    seconds: float
    repeats: int
    processes: int
    has_worker: bool


def run(plan: Plan, empty: Site, tell: Callable[[str], None]) -> Figures:
    """Fill a second register beside the empty one, and measure both in every round."""
    with Site(
        processes=plan.processes, has_worker=plan.has_worker, days=days_for(plan.events)
    ) as full:
        stored = fill(full, plan.events, tell)
        tables, indexes = full.store.stored_bytes()
        full_batches, empty_batches = Batches(full.sources), Batches(empty.sources)
        full_batches.sales.skip(serials_used(stored, len(full.sources)))
        # Both have met their first pages before anybody looks at the clock.
        measure(full, full_batches, _WARM_UP, seconds=min(3.0, plan.seconds))
        measure(empty, empty_batches, _WARM_UP, seconds=min(3.0, plan.seconds))
        rounds: dict[Cell, list[Figures]] = {}
        for number in range(1, plan.repeats + 1):
            for cell in plan.cells:
                tell(f"round {number} of {plan.repeats}: {cell}")
                figures = {
                    "empty": measure(empty, empty_batches, cell, seconds=plan.seconds),
                    "full": measure(full, full_batches, cell, seconds=plan.seconds),
                }
                rounds.setdefault(cell, []).append(figures)
    return {
        "stored": stored,
        "stored_bytes_per_event": {
            "tables": rounded(tables / stored),
            "indexes": rounded(indexes / stored),
        },
        "cells": [
            {"batch": cell.batch, "tills": cell.tills, **median_of(each)}
            for cell, each in rounds.items()
        ],
        "tables": [
            {
                "title": f"ingest with {stored:,} events stored, beside an empty register",
                "rows": [_row(cell, each) for cell, each in rounds.items()],
            }
        ],
    }


def _row(cell: Cell, rounds: list[Figures]) -> Figures:
    ratios = [
        each["full"]["events_per_s"] / each["empty"]["events_per_s"] for each in rounds
    ]
    middle = median_of(rounds)
    return {
        "batch": cell.batch,
        "tills": cell.tills,
        "empty events/s": middle["empty"]["events_per_s"],
        "full events/s": middle["full"]["events_per_s"],
        "ratio": spread(ratios)["median"],
        "least": spread(ratios)["min"],
        "most": spread(ratios)["max"],
        "PostgreSQL µs empty": middle["empty"]["cpu_us_per_event"]["postgresql"],
        "full": middle["full"]["cpu_us_per_event"]["postgresql"],
        "WAL B empty": middle["empty"]["wal_bytes_per_event"],
        "WAL B full": middle["full"]["wal_bytes_per_event"],
    }
