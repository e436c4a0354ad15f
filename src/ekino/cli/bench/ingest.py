"""Scenario `ingest`: signed batches over HTTP, durable and positioned, beside what limits them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ekino.cli.bench import limit, peer
from ekino.cli.bench.batches import Batches
from ekino.cli.bench.cell import Cell, measure
from ekino.cli.bench.limit import Limit
from ekino.cli.bench.report import NOT_DONE, median_of, rounded, spread
from ekino.cli.bench.site import Site

# The cross product has sixteen cells; these are the ones that differ in kind.
CELLS = (
    Cell(1000, 1), Cell(1000, 16), Cell(100, 16), Cell(100, 256), Cell(10, 16), Cell(10, 256),
    Cell(1, 1), Cell(1, 16), Cell(1, 256), Cell(1, 1000),
)  # fmt: skip
CELLS_QUICK = (Cell(1000, 16), Cell(1, 256))
# Where the peer is measured too: it is slow, and its ratio hardly depends on the tills.
PEER_CELLS = frozenset({Cell(1000, 16), Cell(100, 16), Cell(10, 16), Cell(1, 16)})
PEER_CELLS_QUICK = frozenset({Cell(1000, 16)})
# Where a tenth of the batches is sent twice.
RESENT_CELLS = frozenset({Cell(1000, 16), Cell(100, 16)})
RESENT_PERCENT = 10
_LIMIT_SHARE = 0.25
_FULL = 1000

Figures = dict[str, Any]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be measured, and for how long."""

    cells: Sequence[Cell]
    # How long a cell is measured in each round.
    seconds: float
    repeats: int
    # Keep this pace rather than as fast as possible.
    events_per_s: float | None = None
    peer_cells: frozenset[Cell] = PEER_CELLS
    resent_cells: frozenset[Cell] = RESENT_CELLS


def run(plan: Plan, site: Site, tell: Tell) -> Figures:
    """Measure every cell, round after round, and give the medians with their spread."""
    scenario = _Ingest(plan, site, tell)
    rounds = [scenario.round(number) for number in range(1, plan.repeats + 1)]
    return {
        "cells": [_merged(cell, [each[cell] for each in rounds]) for cell in plan.cells],
        "peer": scenario.why_no_peer or "bench/peer_django, beside the cells that name it",
        "register_size": site.store.size(),
    }


class _Ingest:
    """One register, filled round after round, and what it is compared with beside it."""

    def __init__(self, plan: Plan, site: Site, tell: Tell) -> None:
        self._plan = plan
        self._site = site
        self._tell = tell
        self._batches = Batches(site.sources)
        # Something to copy: the limit is measured with rows of the register itself.
        self._prime()
        self._rows = site.store.newest_rows(limit.ROWS_MAX)
        self.why_no_peer = peer.why_not() if plan.peer_cells & set(plan.cells) else NOT_DONE
        self._peer = None if self.why_no_peer else peer.Peer(site)

    def _prime(self) -> None:
        seconds = min(3.0, self._plan.seconds)
        self._tell(f"warming up for {seconds} s")
        measure(self._site, self._batches, Cell(_FULL, 8), seconds=seconds)

    def round(self, number: int) -> dict[Cell, Figures]:
        """Measure every cell once, each between two measurements of its limit."""
        found = {}
        for cell in self._plan.cells:
            self._tell(f"round {number} of {self._plan.repeats}: {cell}")
            found[cell] = self._measure(cell)
        return found

    def _measure(self, cell: Cell) -> Figures:
        seconds = self._plan.seconds
        before = self._limits(cell.batch)
        figures = measure(
            self._site,
            self._batches,
            cell,
            seconds=seconds,
            events_per_s=self._plan.events_per_s,
        )
        after = self._limits(cell.batch)
        for name, batch in (("copy", cell.batch), ("copy_1000", _FULL)):
            figures[name] = _beside(figures, before[batch], after[batch])
        if cell in self._plan.resent_cells:
            figures["resent"] = self._measure_resent(cell, figures)
        if self._peer is not None and cell in self._plan.peer_cells:
            theirs = self._peer.measure(cell.batch, cell.tills, seconds)
            ratio = figures["events_per_s"] / theirs["events_per_s"]
            figures["peer"] = {**theirs, "times": rounded(ratio)}
        return figures

    def _limits(self, batch: int) -> dict[int, Limit]:
        """Measure raw COPY with commits of the cell's size, and of the largest."""
        pid = self._site.pids()["postgresql"]
        return {
            size: limit.measure(
                self._site.store,
                self._rows,
                postmaster=pid,
                rows_a_commit=size,
                seconds=self._plan.seconds * _LIMIT_SHARE,
            )
            for size in {batch, _FULL}
        }

    def _measure_resent(self, cell: Cell, without: Figures) -> Figures:
        """Measure once more with a tenth of the batches sent a second time."""
        with_them = measure(
            self._site,
            self._batches,
            cell,
            seconds=self._plan.seconds,
            resent_percent=RESENT_PERCENT,
        )
        return {
            "percent": RESENT_PERCENT,
            "events_per_s": with_them["events_per_s"],
            "entered_per_s": with_them["entered_per_s"],
            "share_of_without": rounded(
                with_them["events_per_s"] / without["events_per_s"]
            ),
            "entered_share_of_without": rounded(
                with_them["entered_per_s"] / without["entered_per_s"]
            ),
        }


def _beside(figures: Figures, before: Limit, after: Limit) -> Figures:
    """Set a cell's figures beside the limit as it was right before and right after it."""
    rows_per_s = (before.rows_per_s + after.rows_per_s) / 2
    cpu_us = (before.cpu_us_per_row + after.cpu_us_per_row) / 2
    spent_us = sum(figures["cpu_us_per_event"].values())
    return {
        "rows_per_s": rounded(rows_per_s),
        "cpu_us_per_row": rounded(cpu_us),
        # Of the limit's rate, and of the rate its processor time would allow: the second
        # does not ask how busy others kept the machine.
        "share": rounded(figures["events_per_s"] / rows_per_s),
        "share_by_cpu": rounded(cpu_us / spent_us),
    }


def _merged(cell: Cell, rounds: list[Figures]) -> Figures:
    """Merge one cell's rounds; a ratio was made inside its round, so its median is too."""
    return {
        "batch": cell.batch,
        "tills": cell.tills,
        **median_of(rounds),
        "spread": {
            "events_per_s": spread([each["events_per_s"] for each in rounds]),
            "share": spread([each["copy"]["share"] for each in rounds]),
        },
    }
