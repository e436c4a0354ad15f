"""The auditor: every row of the register against the log, which no superuser can rewrite."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from ekino.db.database import Database
from ekino.kernel.errors import Broken
from ekino.proofs.checkpoint import Policy, open_checkpoint
from ekino.proofs.folder import LogFolder
from ekino.proofs.model import COLUMNS
from ekino.proofs.note import NoteMalformed, NoteUnproved
from ekino.proofs.reading import batch_entries, read_log_entries
from ekino.proofs.replica import PROBLEMS_MAX, Finding, Progress, verify_tree
from ekino.proofs.signatures import CHECKS
from ekino.proofs.tiles import TILE_WIDTH, Tile, pack_entries, split_entries, width_at
from ekino.register import service as register

# Entries that one question brings and one process compares before it is asked again.
SPAN_ENTRIES_MAX = 16_384
# Below this, starting processes takes longer than the audit.
_PROCESSES_FROM_ENTRIES = 200_000
_POSITION = COLUMNS.index("position")
_BATCH_NO = COLUMNS.index("batch_no")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an audit has found."""

    register_size: int
    # Of the checkpoint that the log proves; entries after it are checked for gaps only.
    log_size: int
    findings: tuple[Finding, ...]


def audit(db: Database, path: Path, policy: Policy, progress: Progress) -> Report:
    """
    Compare every row of the register with the log in a folder, and the log with its checkpoint.

    `policy` names the log's key. Nothing that the database says about the log is believed.
    """
    folder = LogFolder(path)
    findings: list[Finding] = []
    size = register.read_head(db).size
    try:
        register.verify_gapless(db)
    except Broken as error:
        findings.append(
            Finding(code="register_has_a_gap", position=None, detail=error.detail)
        )
    try:
        checkpoint = open_checkpoint(folder.read_checkpoint(), policy, CHECKS)
    except (NoteMalformed, NoteUnproved) as error:
        findings.append(
            Finding(code="checkpoint_unproved", position=None, detail=str(error))
        )
        return Report(register_size=size, log_size=0, findings=tuple(findings))
    if checkpoint.size > size:
        detail = f"the log proves {checkpoint.size} entries, the register has {size}"
        findings.append(Finding(code="log_is_ahead", position=size, detail=detail))
    with ThreadPoolExecutor(1) as beside:
        tree = beside.submit(verify_tree, _reader(folder), checkpoint, lambda _: None)
        for found, count in _compare_all(db, path, checkpoint.size):
            findings += found
            progress(count)
            if len(findings) >= PROBLEMS_MAX:
                break
        findings += tree.result()
    return Report(
        register_size=size,
        log_size=checkpoint.size,
        findings=tuple(findings[:PROBLEMS_MAX]),
    )


def _reader(folder: LogFolder) -> "Reader":
    return Reader(folder.path)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads a copy in a folder by the log's paths."""

    path: Path

    def __call__(self, name: str) -> bytes:
        """Give the bytes at a path; OSError when there is nothing."""
        return (self.path / name).read_bytes()


def _compare_all(
    db: Database, path: Path, size: int
) -> Iterator[tuple[list[Finding], int]]:
    spans = [
        (first, min(size, first + SPAN_ENTRIES_MAX))
        for first in range(0, size, SPAN_ENTRIES_MAX)
    ]
    if size < _PROCESSES_FROM_ENTRIES:
        for first, past_end in spans:
            yield compare_span(db, path, first, past_end, size), past_end - first
        return
    workers = max(1, os.cpu_count() or 1)
    # Spawned, not forked: this process has threads and connections of its own.
    with ProcessPoolExecutor(
        workers,
        mp_context=get_context("spawn"),
        initializer=_begin,
        initargs=(db.dsn, db.set_role),
    ) as pool:
        waiting: list[tuple[Future[list[Finding]], int]] = [
            (pool.submit(_compare_here, path, first, past_end, size), past_end - first)
            for first, past_end in spans
        ]
        for future, count in waiting:
            yield future.result(), count


# The database of a process that compares spans, opened once when it starts.
_HERE: list[Database] = []


def _begin(dsn: str, set_role: bool) -> None:  # noqa: FBT001 - handed over by position
    _HERE.append(Database(dsn, set_role=set_role))


def _compare_here(path: Path, first: int, past_end: int, size: int) -> list[Finding]:
    return compare_span(_HERE[0], path, first, past_end, size)


def compare_span(
    db: Database, path: Path, first: int, past_end: int, size: int
) -> list[Finding]:
    """
    Compare the rows at [first, past_end) with the log's bundles, byte for byte.

    `first` begins a bundle, and `size` is the tree's.
    """
    folder = LogFolder(path)
    logged: list[bytes] = []
    bundles = []
    for index in range(first // TILE_WIDTH, -(-past_end // TILE_WIDTH)):
        tile = Tile(-1, index, width_at(-1, index, size))
        try:
            bundles.append(folder.read(tile))
        except OSError as error:
            position = index * TILE_WIDTH
            return [Finding(code="bundle_unreadable", position=position, detail=str(error))]
    try:
        entries = read_log_entries(db, first=first, past_end=past_end)
    except Broken:
        entries = []
    parts = range(0, len(entries), TILE_WIDTH)
    if entries and bundles == [pack_entries(entries[at : at + TILE_WIDTH]) for at in parts]:
        return []
    for bundle in bundles:
        logged += split_entries(bundle)
    return _differing(db, first, past_end, logged)


def _differing(
    db: Database, first: int, past_end: int, logged: Sequence[bytes]
) -> list[Finding]:
    """Say which rows are not what the log has; the slow way, after the quick one found some."""
    rows, batches = register.read_span(db, first=first, past_end=past_end)
    by_position = {row[_POSITION]: row for row in rows}
    findings = []
    for position, entry in zip(range(first, past_end), logged, strict=False):
        row = by_position.get(position)
        if row is None:
            detail = f"entry {position} is in the log and not in the register"
            findings.append(Finding(code="entry_missing", position=position, detail=detail))
            continue
        received = batches.get(row[_BATCH_NO])
        try:
            found = batch_entries(received, [row])[0] if received else b""
        except Broken:
            found = b""
        if found != entry:
            detail = (
                f"entry {position} is not what was entered: row, batch or body was altered"
            )
            findings.append(Finding(code="entry_differs", position=position, detail=detail))
        if len(findings) >= PROBLEMS_MAX:
            break
    return findings
