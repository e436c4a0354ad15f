"""Files of history: a month's showings in columns, written anew when any of them changed."""

import hashlib
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from psycopg import Connection

from ekino.archive.service.follow import FOLD_ENTRIES_MAX, fold_next
from ekino.archive.store import filing as store
from ekino.archive.store.columns import KINDS, Columns
from ekino.archive.store.filing import Filed, Standing
from ekino.db.database import Database, Role

# How often months that changed are written anew: seconds of work each time, and until then
# readers hold what changed in memory.
FILE_EVERY_S = 600.0
# A file that is no longer part of the archive may still be read by whoever began before.
KEEP_REPLACED_S = 3_600.0
_SUFFIX = ".parquet"


class Archivist:
    """The follower: folds what is new into cells, and now and then files what changed."""

    def __init__(self, folder: Path, *, file_every_s: float = FILE_EVERY_S) -> None:
        """Keep files in `folder`, which is made when first needed."""
        self._folder = folder
        self._file_every_s = file_every_s
        self._next_filing_at = time.monotonic()

    def follow(self, db: Database, *, entries_max: int = FOLD_ENTRIES_MAX) -> int:
        """Fold the next entries, file when it is time; give how many entries there were."""
        folded = fold_next(db, entries_max=entries_max)
        if folded < entries_max and time.monotonic() >= self._next_filing_at:
            file_changed(db, self._folder)
            self._next_filing_at = time.monotonic() + self._file_every_s
        return folded


def file_changed(db: Database, folder: Path) -> list[Filed]:
    """
    Write every month anew that holds a changed showing, and give the files that were written.

    Files are beside their place until they are whole, and part of the archive from the commit
    on; a crash before it leaves files that nobody reads and the next run removes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Filed] = []
    with db.transaction(Role.FOLLOWER) as tx:
        store.take_snapshot(tx)
        store.lock_head(tx)
        standing = store.read_standing(tx)
        files = store.list_files(tx)
        changed = store.list_changed(tx, standing)
        # A file that is gone is made again: the cells have all of it.
        months = set(changed.values()) | _lost(files, folder)
        if not months and standing.filed_position == standing.as_of:
            return []
        columns = Columns()
        try:
            paths = [
                str(folder / file.name)
                for file in files
                if file.kind == KINDS[0] and file.month not in months
            ]
            if paths and changed:
                # Where they stood before: a showing that moved leaves its old month.
                months |= columns.find_months(paths, list(changed))
            for month in sorted(months):
                written += _file_month(tx, columns, month, standing, folder)
        finally:
            columns.close()
        _keep_a_while(folder / file.name for file in files if file.month in months)
        _sync(folder)
        store.move_head(tx, standing)
        # From here the files are the archive; a crash before it leaves the one before.
    _remove_replaced(db, folder)
    return written


def _lost(files: Iterable[Filed], folder: Path) -> set[date]:
    return {file.month for file in files if not (folder / file.name).is_file()}


def _file_month(
    tx: Connection[Any], columns: Columns, month: date, standing: Standing, folder: Path
) -> list[Filed]:
    """Write a month's files; a month without showings has none."""
    rows = folder / f".{month:%Y-%m}-{os.getpid()}.csv"
    store.forget_month(tx, month)
    try:
        store.copy_month(tx, month, _next_month(month), rows)
        if not rows.stat().st_size:
            return []
        written = [_write(columns, rows, kind, month, standing) for kind in KINDS]
    finally:
        rows.unlink(missing_ok=True)
    for filed, digest in written:
        store.put_file(tx, filed, digest)
    return [filed for filed, _ in written]


def _write(
    columns: Columns, rows: Path, kind: str, month: date, standing: Standing
) -> tuple[Filed, bytes]:
    name = f"{month:%Y-%m}-{kind}-{standing.as_of}-{standing.revision}{_SUFFIX}"
    beside = rows.with_name(f".{name}")
    count = columns.write_month(rows, kind, beside)
    content = beside.read_bytes()
    _sync(beside)
    beside.rename(rows.with_name(name))
    return Filed(month, kind, name, count, len(content)), hashlib.sha256(content).digest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _next_month(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def _keep_a_while(paths: Iterable[Path]) -> None:
    """Note on files that are being replaced since when they are, however old they are."""
    for path in paths:
        with suppress(FileNotFoundError):
            os.utime(path)


def _remove_replaced(db: Database, folder: Path) -> None:
    """Remove files that were replaced so long ago that nobody reads them any more."""
    with db.transaction(Role.FOLLOWER) as tx:
        current = {file.name for file in store.list_files(tx)}
    oldest = datetime.now(UTC).timestamp() - KEEP_REPLACED_S
    for path in _ours(folder):
        if path.name not in current and path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)


def _ours(folder: Path) -> Iterable[Path]:
    return [path for path in folder.iterdir() if path.suffix in {_SUFFIX, ".csv"}]
