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


@click.group(invoke_without_command=True)
@click.option(
    "--minutes", type=click.FloatRange(0.5, 600), default=5.0, show_default=True,
    help="About how long all scenarios together may take.",
)  # fmt: skip
@_quick
@_shared
@click.pass_context
def bench(ctx: click.Context, /, *, minutes: float, is_quick: bool, **shared: Any) -> None:
    """
    Measure the register: one scenario, or all of them when none is named.

    Each is a test first: a wrong answer is no figure.
    """
    ctx.default_map = {name: {"folder": shared["folder"]} for name in bench.commands}
    if ctx.invoked_subcommand is not None:
        return
    share = minutes / 5
    lengths: dict[click.Command, dict[str, Any]] = {
        ingest: {"seconds": 3.0, "repeats": max(1, round(share))},
        fresh: {"seconds": min(250.0, 15 * share)},
        soak: {"minutes": share},
        rebuild: {"events": int(1_000_000 * share)},
        watch: {"seconds": min(250.0, 10 * share)},
        verify: {"seconds": min(250.0, 3 * share)},
        proofs: {"seconds": min(250.0, 10 * share), "events": int(100_000 * share)},
    }
    for command, length in lengths.items():
        chosen = {"is_quick": True} if is_quick else length
        ctx.invoke(command, **shared, **chosen)


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
    "--rate",
    type=click.FloatRange(1, 1_000_000),
    help="Keep to so many events a second; otherwise as many as there can be.",
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
def ingest(  # noqa: PLR0913 - one parameter an option
    *,
    batches: tuple[int, ...],
    tills: tuple[int, ...],
    seconds: float | None,
    repeats: int | None,
    millions: float | None,
    rate: float | None,
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
    seconds = seconds or (1.0 if is_quick else 5.0)
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
        events_per_s=rate,
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
    "--count", type=click.IntRange(2, 4_000), help="Sources, each with a key of its own."
)
@click.option(
    "--seconds", type=click.FloatRange(0.2, 200), help="How long a cell is measured."
)
@click.option("--repeats", type=click.IntRange(1, 50), help="Rounds; medians are kept.")
@click.option(
    "--rate", type=click.FloatRange(1, 20_000), default=500, show_default=True,
    help="Single sales a second of the steady cell.",
)  # fmt: skip
@_quick
@_shared
def sources(
    *,
    count: int | None,
    seconds: float | None,
    repeats: int | None,
    rate: float,
    is_quick: bool,
    **shared: Any,
) -> None:
    """Many sources (1,000) connected at once, beside one over as many lines."""
    from ekino.cli.bench import audience
    from ekino.cli.bench import crowd as scenario

    plan = scenario.Plan(
        sources=count or (20 if is_quick else 1_000),
        batches=(1, 100),
        seconds=seconds or (0.5 if is_quick else 5.0),
        repeats=repeats or (1 if is_quick else 3),
        pace_per_s=rate,
    )
    audience.raise_open_files()
    conduct(
        "sources",
        lambda site, tell: scenario.run(plan, site, tell),
        Keep(**shared),
        sources=plan.sources,
    )


@bench.command()
@click.option(
    "--count", type=click.IntRange(2, 4_000), help="Sources, each with a cinema of its own."
)
@click.option(
    "--days",
    type=click.IntRange(2, 400),
    help="Days of each that are kept, today the last.",
)
@click.option("--rounds", type=click.IntRange(3, 1_000), help="Rounds of the watch.")
@click.option("--readings", type=click.IntRange(1, 1_000), help="Readings of each page.")
@_quick
@_shared
def feeds(
    *,
    count: int | None,
    days: int | None,
    rounds: int | None,
    readings: int | None,
    is_quick: bool,
    **shared: Any,
) -> None:
    """Look over the uploads of a thousand sources, round by round, and read the pages of it."""
    from ekino.cli.bench import feeds as scenario

    plan = scenario.Plan(
        sources=count or (120 if is_quick else 1_000),
        days=days or (10 if is_quick else 40),
        rounds=rounds or (9 if is_quick else 60),
        readings=readings or (3 if is_quick else 20),
    )
    conduct(
        "feeds",
        lambda site, tell: scenario.run(plan, site, tell),
        Keep(**shared),
        sources=plan.sources,
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

    wanted = events or (150_000 if is_quick else 23_000_000)
    conduct(
        "rebuild",
        lambda site, tell: scenario.run(wanted, site, tell),
        Keep(**shared),
        days=days_for(wanted),
    )


@bench.command()
@click.option(
    "--events", type=click.IntRange(1_000, 500_000_000), help="Sales in the register."
)
@_quick
@_shared
def explore(*, events: int | None, is_quick: bool, **shared: Any) -> None:
    """Ask what analysts ask, of a national year (23 million sales), against GROUP BY."""
    from ekino.cli.bench import explore as scenario
    from ekino.cli.bench.fill import days_for

    wanted = events or (150_000 if is_quick else 23_000_000)
    conduct(
        "explore",
        lambda site, tell: scenario.run(wanted, site, tell),
        Keep(**shared),
        days=days_for(wanted),
    )


@bench.command()
@click.option(
    "--rate", type=click.FloatRange(1, 20_000), default=1_000, show_default=True,
    help="Sales a second, each in a batch of its own.",
)  # fmt: skip
@click.option("--seconds", type=click.FloatRange(1, 250), help="How long.")
@_quick
@_shared
def fresh(*, rate: float, seconds: float | None, is_quick: bool, **shared: Any) -> None:
    """From a sale to the live page of a reader, at a steady pace."""
    from ekino.cli.bench import fresh as scenario

    plan = scenario.Plan(sales_per_s=rate, seconds=seconds or (3 if is_quick else 30))
    conduct(
        "fresh",
        lambda site, tell: scenario.run(plan, site, tell),
        Keep(**shared),
        has_worker=True,
    )


@bench.command()
@click.option("--readers", type=click.IntRange(1, 20_000), help="Readers of the live page.")
@click.option("--seconds", type=click.FloatRange(1, 250), help="How long.")
@_quick
@_shared
def watch(
    *, readers: int | None, seconds: float | None, is_quick: bool, **shared: Any
) -> None:
    """Thousands of readers of the live page on one web process, some of them stalled."""
    from ekino.cli.bench import watch as scenario

    plan = scenario.Plan(
        readers=readers or (300 if is_quick else 5_000),
        seconds=seconds or (3 if is_quick else 30),
    )
    scenario.prepare()
    conduct(
        "watch",
        lambda site, tell: scenario.run(plan, site, tell),
        Keep(**shared),
        has_worker=True,
    )


@bench.command()
@click.option(
    "--rate", type=click.FloatRange(1, 100_000),
    help="Events a second; otherwise the planet's Saturday evening, 5,500.",
)  # fmt: skip
@click.option("--minutes", type=click.FloatRange(0.01, 24 * 60), help="How long.")
@_quick
@_shared
def soak(
    *, rate: float | None, minutes: float | None, is_quick: bool, **shared: Any
) -> None:
    """Keep the planet's peak for ten minutes, with refunds, doubles, late and bad events."""
    from ekino.cli.bench import soak as scenario

    length = minutes or (0.06 if is_quick else 10)
    plan = scenario.Plan(events_per_s=rate or scenario.PLANET_PER_S, seconds=length * 60)
    conduct(
        "soak",
        lambda site, tell: scenario.run(plan, site, tell),
        Keep(**shared),
        has_worker=True,
    )


@bench.command()
@click.option(
    "--rate", type=click.FloatRange(1, 100_000), default=1_500, show_default=True,
    help="Events a second, in batches of ten.",
)  # fmt: skip
@click.option("--seconds", type=click.FloatRange(1, 250), help="How long.")
@click.option(
    "--events", type=click.IntRange(1_000, 100_000_000), help="Entries that are audited."
)
@_quick
@_shared
def proofs(
    *,
    rate: float,
    seconds: float | None,
    events: int | None,
    is_quick: bool,
    **shared: Any,
) -> None:
    """From an answer to a signed checkpoint that holds it; an audit of the whole log."""
    from ekino.cli.bench import proofs as scenario

    plan = scenario.Plan(
        events_per_s=rate,
        seconds=seconds or (3 if is_quick else 30),
        audited=events or (20_000 if is_quick else 1_000_000),
    )
    conduct(
        "proofs",
        lambda site, tell: scenario.run(plan, site, tell),
        Keep(**shared),
        has_worker=True,
    )


@bench.command()
@click.option(
    "--tickets", type=click.IntRange(100, 1_000_000), help="Tickets that are sold."
)
@click.option("--seconds", type=click.FloatRange(0.2, 250), help="How long each way.")
@_quick
@_shared
def verify(
    *, tickets: int | None, seconds: float | None, is_quick: bool, **shared: Any
) -> None:
    """Ask what a ticket is, by many phones at once, for the page and for JSON."""
    from ekino.cli.bench import verify as scenario

    plan = scenario.Plan(
        tickets=tickets or (1_000 if is_quick else 20_000),
        seconds=seconds or (1 if is_quick else 10),
    )
    conduct(
        "verify",
        lambda site, tell: scenario.run(plan, site, tell),
        Keep(**shared),
        has_worker=True,
    )
