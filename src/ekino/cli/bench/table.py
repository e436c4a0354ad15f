"""A result as a table for people."""

import sys
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.table import Table

# Below it a figure shows three digits, from it on whole numbers.
_WHOLE_FROM = 100
_WIDTH = 170

Figures = dict[str, Any]


def print_result(result: Figures) -> None:
    """Print a scenario's figures, and below them where they were measured."""
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else _WIDTH)
    for title, rows in _TABLES.get(result["scenario"], _plain)(result):
        if rows:
            console.print(_table(title, rows))
            console.print()
    machine, settings = result["machine"], result["postgresql"]
    console.print(
        f"{machine['cores']} × {machine['cpu']}, Python {machine['python'].split()[-1]}, "
        f"PostgreSQL {settings['server_version'].split()[0]}, fsync {settings['fsync']}, "
        f"synchronous_commit {settings['synchronous_commit']}, full_page_writes "
        f"{settings['full_page_writes']}, a flush takes "
        f"{machine['flush_ms']['median']:.2f} ms; commit {machine['commit']}; answers "
        f"{result['answers']}",
        highlight=False,
    )


def _table(title: str, rows: list[Figures]) -> Table:
    table = Table(title=title, box=None, pad_edge=False, title_justify="left")
    for name in rows[0]:
        table.add_column(name, justify="right", overflow="fold")
    for row in rows:
        table.add_row(*(written(row.get(name)) for name in rows[0]))
    return table


def written(value: Any) -> str:
    """Write a figure with spaces in its thousands; what was not measured is a dash."""
    if value is None:
        return "–"
    if isinstance(value, float) and abs(value) < _WHOLE_FROM:
        return f"{value:.3g}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:,.0f}".replace(",", "\u00a0")
    return str(value)


def _several(values: Figures, *names: str) -> str:
    return " / ".join(written(values[name]) for name in names or values if name in values)


def _ingest(result: Figures) -> list[tuple[str, list[Figures]]]:
    cells = result["cells"]
    spent = " / ".join(cells[0]["cpu_us_per_event"])
    rates = [
        {
            "batch": cell["batch"],
            "tills": cell["tills"],
            "events/s": cell["events_per_s"],
            "least – most": " – ".join(
                written(cell["spread"]["events_per_s"][name]) for name in ("min", "max")
            ),
            "ack ms p50 / p95 / p99": _several(cell["ack_ms"], "p50", "p95", "p99"),
            f"CPU µs {spent}": _several(cell["cpu_us_per_event"]),
            "WAL B": cell["wal_bytes_per_event"],
            "stored B": sum(cell["stored_bytes_per_event"].values()),
            "503": cell["pushbacks"],
            "others' cores": cell["cores_taken_by_others"],
        }
        for cell in cells
    ]
    ratios = [
        {
            "batch": cell["batch"],
            "tills": cell["tills"],
            "× COPY, same commits": cell["copy"]["share"],
            "least – most": " – ".join(
                written(cell["spread"]["share"][name]) for name in ("min", "max")
            ),
            "by CPU": cell["copy"]["share_by_cpu"],
            "rows/s of COPY": cell["copy"]["rows_per_s"],
            "× COPY, 1000 a commit": cell["copy_1000"]["share"],
            "× the peer": cell.get("peer", {}).get("times"),
            "peer events/s": cell.get("peer", {}).get("events_per_s"),
            "10 % sent again: × without": cell.get("resent", {}).get("share_of_without"),
        }
        for cell in cells
    ]
    return [
        ("ingest: per event, medians of the rounds", rates),
        ("beside the limit and the peer, in the same run", ratios),
        ("followers: most entries behind, and seconds until none was", _followers(cells)),
        ("", [] if cells[0].get("peer") else [{"peer": result["peer"]}]),
    ]


def _followers(cells: list[Figures]) -> list[Figures]:
    return [
        {
            "batch": cell["batch"],
            "tills": cell["tills"],
            "events/s": cell["events_per_s"],
            **{
                name: f"{written(most)} behind, {cell['followers']['caught_up_s'][name]} s"
                for name, most in cell["followers"]["lag_most"].items()
            },
        }
        for cell in cells
        if "followers" in cell
    ]


def _plain(result: Figures) -> list[tuple[str, list[Figures]]]:
    """Show every table that a scenario has made itself."""
    return [(each["title"], each["rows"]) for each in result["tables"]]


_TABLES: dict[str, Callable[[Figures], list[tuple[str, list[Figures]]]]] = {
    "ingest": _ingest,
}
