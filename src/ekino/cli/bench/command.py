"""The verbs of `ekino bench`."""

import json
from pathlib import Path
from typing import Any

import click

from ekino.cli.bench import ingest as ingest_scenario
from ekino.cli.bench.report import machine
from ekino.cli.bench.site import Site
from ekino.cli.bench.table import print_ingest


@click.group()
def bench() -> None:
    """Measure the register; every scenario checks its answers first."""


@bench.command()
@click.option(
    "--batch",
    "batches",
    type=click.IntRange(1, 1000),
    multiple=True,
    help="Events in one batch; may be repeated.",
)
@click.option(
    "--tills",
    type=click.IntRange(1, 4000),
    multiple=True,
    help="Tills that send at once; may be repeated.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0.2, 200),
    default=5.0,
    show_default=True,
    help="How long each cell is measured.",
)
@click.option(
    "--repeats",
    type=click.IntRange(1, 50),
    default=1,
    show_default=True,
    help="Rounds over all cells; medians are shown.",
)
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Web processes.",
)
@click.option("--worker", "has_worker", is_flag=True, help="Followers run meanwhile.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object on stdout.")
def ingest(
    *,
    batches: tuple[int, ...],
    tills: tuple[int, ...],
    seconds: float,
    repeats: int,
    processes: int,
    has_worker: bool,
    is_json: bool,
) -> None:
    """Signed batches over HTTP, beside raw COPY of the same rows."""
    cells: tuple[tuple[int, int], ...] = ingest_scenario.CELLS
    if batches or tills:
        cells = tuple(
            (batch, till) for batch in batches or (1000,) for till in tills or (16,)
        )
    plan = ingest_scenario.Plan(
        cells=cells,
        seconds=seconds,
        repeats=repeats,
        processes=processes,
        has_worker=has_worker,
    )
    with Site(processes=processes, has_worker=has_worker) as site:
        result: dict[str, Any] = {
            "scenario": "ingest",
            "machine": machine(Path(site.folder)),
            "postgresql": site.store.settings(),
            **ingest_scenario.run(plan, site, lambda words: click.echo(words, err=True)),
        }
    if is_json:
        click.echo(json.dumps(result, ensure_ascii=False))
    else:
        print_ingest(result)
