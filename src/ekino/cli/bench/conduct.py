"""Conducting a scenario: a site for it, the envelope around its figures, and where they go."""

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ekino.cli.bench.site import Site

Figures = dict[str, Any]
Scenario = Callable[["Site", Callable[[str], None]], Figures]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """How many processes serve, and what becomes of the result."""

    processes: int
    # A folder for the JSON file; None keeps none.
    folder: Path | None
    is_json: bool


def conduct(
    name: str,
    scenario: Scenario,
    keep: Keep,
    *,
    has_worker: bool = False,
    days: int = 1,
    sources: int = 50,
) -> None:
    """Run one scenario on a site of its own; show the result, and keep it where asked to."""
    from ekino.cli.bench.report import machine
    from ekino.cli.bench.site import Site
    from ekino.cli.bench.table import print_result

    began_at = time.monotonic()
    with ExitStack() as exits:
        tell("starting PostgreSQL and the register")
        site = exits.enter_context(
            Site(
                processes=keep.processes, has_worker=has_worker, days=days, sources=sources
            )
        )
        described = {
            "scenario": name,
            "machine": machine(site.folder),
            "postgresql": site.store.settings(),
            "web_processes": keep.processes,
            "has_worker": has_worker,
        }
        figures = scenario(site, tell)
    result = {
        **described,
        "took_s": round(time.monotonic() - began_at),
        "answers": "checked, all of them right",
        **figures,
    }
    if keep.folder is not None:
        tell(f"kept in {_write(result, keep.folder)}")
    if keep.is_json:
        click.echo(json.dumps(result, ensure_ascii=False))
    else:
        print_result(result)


def tell(words: str) -> None:
    """Say on stderr what is going on."""
    click.echo(words, err=True)


def _write(result: Figures, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    day = result["machine"]["at"][:10]
    commit = result["machine"]["commit"].replace("+", "-changed")
    path = folder / f"{result['scenario']}-{day}-{commit}.json"
    path.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return path
