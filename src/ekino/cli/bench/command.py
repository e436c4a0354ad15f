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
    ctx.default_map = {name: {"folder": folder} for name in bench.commands}


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
@click.option(
    "--stored",
    "millions",
    type=click.FloatRange(0.01, 500),
    help="Also with so many million events stored already, beside an empty register.",
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
    millions: float | None,
    has_worker: bool,
    is_without_peer: bool,
    is_quick: bool,
    **shared: Any,
) -> None:
    """Signed batches over HTTP, beside raw COPY of the same rows and a Django service."""
    from ekino.cli.bench import ingest as scenario
    from ekino.cli.bench import stored
    from ekino.cli.bench.cell import Cell

    cells: tuple[Cell, ...] = scenario.CELLS_QUICK if is_quick else scenario.CELLS
    if batches or tills:
        cells = tuple(
            Cell(batch, count) for batch in batches or (1000,) for count in tills or (16,)
        )
    peer_cells = scenario.PEER_CELLS_QUICK if is_quick else scenario.PEER_CELLS
    keep = Keep(**shared)
    seconds = seconds or (1.5 if is_quick else 5.0)
    repeats = repeats or (1 if is_quick else 3)
    if millions:
        full = stored.Plan(
            events=int(millions * 1e6),
            cells=cells if batches or tills else scenario.CELLS_QUICK,
            seconds=seconds,
            repeats=repeats,
            processes=keep.processes,
            has_worker=has_worker,
        )
        conduct(
            "ingest-stored",
            lambda site, tell: stored.run(full, site, tell),
            keep,
            has_worker=has_worker,
        )
        return
    plan = scenario.Plan(
        cells=cells,
        seconds=seconds,
        repeats=repeats,
        peer_cells=frozenset() if is_without_peer else peer_cells,
        resent_cells=frozenset() if is_quick else scenario.RESENT_CELLS,
    )
    conduct(
        "ingest",
        lambda site, tell: scenario.run(plan, site, tell),
        keep,
        has_worker=has_worker,
    )


@bench.command()
@click.option(
    "--events", type=click.IntRange(1_000, 500_000_000), help="Sales in the register."
)
@_quick
@_shared
def rebuild(*, events: int | None, is_quick: bool, **shared: Any) -> None:
    """Totals of a national year (23 million sales) from position 0, against GROUP BY."""
    from ekino.cli.bench import rebuild as scenario
    from ekino.cli.bench.fill import days_for

    wanted = events or (200_000 if is_quick else 23_000_000)
    conduct(
        "rebuild",
        lambda site, tell: scenario.run(wanted, site, tell),
        Keep(**shared),
        days=days_for(wanted),
    )
