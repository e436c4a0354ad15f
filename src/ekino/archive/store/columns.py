"""DuckDB in one process: Parquet files beside what changed since, in memory."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, Any

from ekino.archive.store.filing import Names
from ekino.db.queries import load_queries
from ekino.kernel.errors import Broken

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_QUERIES = load_queries("ekino.archive")

# A question over a national year mostly needs a tenth of it; beyond it DuckDB goes to the disk,
# and the process beside it keeps its memory.
MEMORY_MB_MAX = 512
THREADS = 2
# What files there are of a month.
KINDS = ("showings", "cells")


class Columns:
    """
    One DuckDB in memory; no file of its own, so that any number of processes may have one.

    Each use takes a cursor of its own. Readers see one state: `reading` is one transaction.
    """

    def __init__(self) -> None:
        """Start it: some 30 MB, and nothing of it before somebody asks a question."""
        import duckdb  # noqa: PLC0415 - 60 MB that only a question needs

        self._connection = duckdb.connect(
            ":memory:",
            config={
                "threads": THREADS,
                "memory_limit": f"{MEMORY_MB_MAX}MB",
                # What does not fit goes there and never into the folder we were started in;
                # DuckDB makes it when it must and takes it away when it closes.
                "temp_directory": f"{gettempdir()}/ekino-columns-{os.getpid()}",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
            },
        )
        self._connection.execute(_QUERIES.remember_footers)
        self._connection.execute(_QUERIES.prepare)

    def close(self) -> None:
        """Leave; whoever still reads is interrupted."""
        self._connection.close()

    @contextmanager
    def changing(self) -> Iterator["DuckDBPyConnection"]:
        """Change what is held in memory, all of it at once."""
        cursor = self._connection.cursor()
        cursor.execute("BEGIN")
        try:
            yield cursor
            cursor.execute("COMMIT")
        finally:
            # Closing takes back what was not committed.
            cursor.close()

    def begin_reading(self) -> "DuckDBPyConnection":
        """Give a cursor that sees what is held now, whatever changes; its owner closes it."""
        cursor = self._connection.cursor()
        cursor.execute("BEGIN")
        # A transaction sees the state of its first statement.
        cursor.execute(_QUERIES.begin_reading).fetchone()
        return cursor

    def write_month(self, rows: Path, kind: str, target: Path) -> int:
        """Write rows of a kind that PostgreSQL gave as a file, and give how many there are."""
        cursor = self._connection.cursor()
        take_rows = _QUERIES.take_rows.replace("$path", f"'{_plain(rows)}'")
        text = _QUERIES.write_month.format(
            take_rows=take_rows, kind=getattr(_QUERIES, f"kind_{kind}"), path=_plain(target)
        )
        cursor.execute(text)
        row = cursor.execute(_QUERIES.count_month, {"path": str(target)}).fetchone()
        return int(row[0]) if row else 0

    def find_months(self, paths: Sequence[str], showing_ids: Sequence[int]) -> set[date]:
        """Say in which months' files these showings stand."""
        values = {"paths": list(paths), "showing_ids": list(showing_ids)}
        rows = self._connection.cursor().execute(_QUERIES.find_months, values).fetchall()
        return {month for (month,) in rows}


def _plain(path: Path) -> str:
    """Give a path that can stand in a statement: COPY takes no parameter for it."""
    text = str(path)
    if "'" in text:
        detail = f"an archive cannot be kept under {text!r}: its path has a quotation mark"
        raise Broken(detail)
    return text


def forget_live(cursor: "DuckDBPyConnection") -> None:
    """Hold nothing but what the files hold."""
    cursor.execute(_QUERIES.forget_live)


def put_changed(cursor: "DuckDBPyConnection", rows: Path) -> None:
    """Hold newer rows of some showings in the place of those before."""
    for query in (_QUERIES.forget_changed, _QUERIES.put_changed):
        cursor.execute(query.format(take_rows=_QUERIES.take_rows), {"path": str(rows)})


def put_names(cursor: "DuckDBPyConnection", names: Names) -> None:
    """Hold the catalog as it is now."""
    cursor.execute(_QUERIES.forget_films)
    cursor.execute(_QUERIES.put_films, _columns(names.films, _FILM))
    cursor.execute(_QUERIES.forget_venues)
    cursor.execute(_QUERIES.put_venues, _columns(names.venues, _VENUE))


# Column in DuckDB → field of the catalog's row.
_FILM = {
    "film_id": "film_id",
    "genre": "genre",
    "country": "country",
    "original_language": "original_language",
    "origin": "origin",
    "distributor_id": "distributor_id",
}
_VENUE = {"venue_id": "venue_id", "region": "region_code", "chain_id": "organisation_id"}


def _columns(
    rows: Mapping[int, Mapping[str, Any]], fields: Mapping[str, str]
) -> dict[str, list[Any]]:
    return {name: [row[field] for row in rows.values()] for name, field in fields.items()}
