"""The verbs of `ekino bench`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ekino.cli.bench.conduct import Keep, conduct

_Command = Callable[..., None]


def _shared(command: _Command) -> _Command:
    """Add the options that every scenario has."""
    options = (
        click.option(
            "--processes",
            type=click.IntRange(1, 64),
            default=1,
            show_default=True,
            help="Web processes that serve.",
        ),
        click.option(
            "--to",
            "folder",
            type=click.Path(file_okay=False, path_type=Path),
            help="Keep the result here.",
        ),
        click.option("--json", "is_json", is_flag=True, help="One JSON object on stdout."),
    )
    for option in reversed(options):
        command = option(command)
    return command


_quick = click.option(
    "--quick", "is_quick", is_flag=True, help="Seconds instead of minutes."
)


@click.group()
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep every result here, as JSON under the scenario's name.",
)
@click.pass_context
def bench(ctx: click.Context, folder: Path | None) -> None:
    """Measure the register. Each scenario is a test first: a wrong answer is no figure."""
    ctx.default_map = dict.fromkeys(bench.commands, {"folder": folder})


@bench.command()
@click.option(
    "--batch", "batches", type=click.IntRange(1, 1000), multiple=True,
    help="Events in a batch; may be given more than once.",
)  # fmt: skip
@click.option(
    "--tills", "tills", type=click.IntRange(1, 4000), multiple=True,
    help="Tills that send at once; may be given more than once.",
)  # fmt: skip
@click.option(
    "--seconds", type=click.FloatRange(0.2, 200), help="How long a cell is measured."
)
@click.option(
    "--repeats", type=click.IntRange(1, 50), help="Rounds over all cells; medians are kept."
)
@click.option("--worker", "has_worker", is_flag=True, help="Followers run meanwhile.")
@click.option("--no-peer", "is_without_peer", is_flag=True, help="Leave the peer out.")
@_quick
@_shared
def ingest(
    *,
    batches: tuple[int, ...],
    tills: tuple[int, ...],
    seconds: float | None,
    repeats: int | None,
    has_worker: bool,
    is_without_peer: bool,
    is_quick: bool,
    **shared: Any,
) -> None:
    """Signed batches over HTTP, beside raw COPY of the same rows and a Django service."""
    from ekino.cli.bench import ingest as scenario
    from ekino.cli.bench.cell import Cell

    cells: tuple[Cell, ...] = scenario.CELLS_QUICK if is_quick else scenario.CELLS
    if batches or tills:
        cells = tuple(
            Cell(batch, count) for batch in batches or (1000,) for count in tills or (16,)
        )
    peer_cells = scenario.PEER_CELLS_QUICK if is_quick else scenario.PEER_CELLS
    plan = scenario.Plan(
        cells=cells,
        seconds=seconds or (1.5 if is_quick else 5.0),
        repeats=repeats or (1 if is_quick else 3),
        peer_cells=frozenset() if is_without_peer else peer_cells,
        resent_cells=frozenset() if is_quick else scenario.RESENT_CELLS,
    )
    conduct(
        "ingest",
        lambda site, tell: scenario.run(plan, site, tell),
        Keep(**shared),
        has_worker=has_worker,
    )
