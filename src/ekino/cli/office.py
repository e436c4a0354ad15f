"""What every command starts from: settings, the database, exit codes, and how it prints."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import click

from ekino.kernel.errors import EkinoError, Malformed, Pushback
from ekino.settings import Settings

if TYPE_CHECKING:
    from ekino.db.database import Database


# Wider than any row: rich would cut what does not fit.
_TABLE_COLUMNS_MAX = 10_000


class Exit(IntEnum):
    """The one table of exit codes (docs/reference/cli.md)."""

    DONE = 0
    FAILED = 1
    WRONG_USAGE = 2
    PROBLEMS_FOUND = 3
    NOT_CERTIFIED = 4
    TRY_AGAIN_LATER = 75


class Office:
    """Settings, read once, and the database they name, opened when a command needs it."""

    def __init__(self) -> None:
        """Read the environment; `Refused` for a setting that is unknown or unreadable."""
        self.settings = Settings.from_environment()

    @contextmanager
    def database(self) -> Iterator["Database"]:
        """Lend the database, migrated and durable."""
        from ekino.access.service import ensure_operator_key
        from ekino.db.postgres import open_database

        with open_database(self.settings.database_url, self.settings.data_dir) as db:
            ensure_operator_key(db, self.settings.data_dir / "keys" / "operator.key")
            yield db

    @contextmanager
    def test_database(self, live: "Database") -> Iterator["Database"]:
        """Lend the test register's database, beside the live one; `Refused` where there is none."""
        from ekino.db.postgres import open_test_database

        settings = self.settings
        with open_test_database(
            live, settings.sandbox_database_url, settings.data_dir
        ) as db:
            yield db


def explain(error: EkinoError) -> int:
    """Say on stderr what went wrong and how to mend it, and give the exit code."""
    # What is wrong with a file has a name that other people look for.
    is_named = isinstance(error, Malformed) and error.code != Malformed.code
    name = f"{error.code}: " if is_named else ""
    click.echo(f"ekino: {name}{error.detail}", err=True)
    for problem in error.problems[:20]:
        where = f"{problem.pointer}: " if problem.pointer else ""
        # The sentence above is often the first problem's own: it is not said twice.
        is_said = error.detail.startswith((problem.detail, f"{where}{problem.detail}"))
        words = "" if is_said else f"{sentence(problem.detail)} "
        click.echo(f"  {where}{words}{problem.fix}", err=True)
    if isinstance(error, Pushback):
        return Exit.TRY_AGAIN_LATER
    return Exit.FAILED


def sentence(text: str) -> str:
    """End a sentence, so that another may follow."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def print_json(value: object) -> None:
    """Print one JSON value on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, default=_plain))


def _plain(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def print_table(rows: Sequence[dict[str, Any]], *, caption: str) -> None:
    """Print rows as a table for people; the caption goes to stderr with the talk."""
    from rich.console import Console
    from rich.table import Table

    click.echo(caption, err=True)
    if not rows:
        click.echo("nothing", err=True)
        return
    table = Table(box=None, pad_edge=False)
    for name in rows[0]:
        is_number = isinstance(rows[0][name], int)
        table.add_column(name, justify="right" if is_number else "left")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    # A file or another program gets every cell whole, however wide that is.
    width = None if sys.stdout.isatty() else _TABLE_COLUMNS_MAX
    Console(file=sys.stdout, width=width).print(table)


def _cell(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}".replace(",", "\u00a0")
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)
