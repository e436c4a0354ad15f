"""A run as a table for people."""

import sys
from typing import Any

from rich.console import Console
from rich.table import Table

# Below it a figure shows three digits, from it on whole numbers.
_WHOLE_FROM = 100


def console() -> Console:
    """Give a console that does not cut a table which goes into a file."""
    return Console(file=sys.stdout, width=None if sys.stdout.isatty() else 160)


def grouped(value: Any) -> str:
    """Write a figure with spaces in its thousands."""
    if isinstance(value, float) and abs(value) < _WHOLE_FROM:
        return f"{value:.3g}"
    if isinstance(value, int | float):
        return f"{value:,.0f}".replace(",", "\u00a0")
    return "" if value is None else str(value)


def print_rows(title: str, rows: list[dict[str, Any]]) -> None:
    """Print rows of the same columns under a title."""
    table = Table(title=title, box=None, pad_edge=False, title_justify="left")
    for name in rows[0]:
        table.add_column(name, justify="right", overflow="fold")
    for row in rows:
        table.add_row(*(grouped(value) for value in row.values()))
    console().print(table)


def print_ingest(result: dict[str, Any]) -> None:
    """Print what `ingest` has measured."""
    rows = [
        {
            "batch": cell["batch"],
            "tills": cell["tills"],
            "events/s": cell["events_per_s"],
            "min–max": "–".join(
                grouped(cell["events_per_s_spread"][name]) for name in ("min", "max")
            ),
            "ack ms p50/p95/p99": " / ".join(
                grouped(cell["ack_ms"][name]) for name in ("p50", "p95", "p99")
            ),
            "CPU µs " + "/".join(cell["cpu_us_per_event"]): " / ".join(
                grouped(each) for each in cell["cpu_us_per_event"].values()
            ),
            "WAL B": cell["wal_bytes_per_event"],
            "stored B": sum(cell["stored_bytes_per_event"].values()),
            "× COPY": cell.get("share_of_limit"),
            "× COPY 1000": cell.get("share_of_limit_1000"),
            "503": cell["pushbacks"],
        }
        for cell in result["cells"]
    ]
    print_rows("ingest: an event's cost, medians", rows)
