"""The log's files: written so that a power cut leaves either nothing of a file or all of it."""

import fcntl
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ekino.kernel.errors import Broken, Pushback
from ekino.proofs.merkle import HASH_BYTES
from ekino.proofs.tiles import TILE_WIDTH, Tile, pack_entries, split_entries

CHECKPOINT = "checkpoint"
# An fsync waits for the disk, not for us: several wait at once.
_FSYNCS_AT_ONCE = 8
_BESIDE = ".new"


class LogFolder:
    """The folder that mirrors the log's addresses; a file, once there, never changes."""

    def __init__(self, path: Path) -> None:
        """Take the folder; it is made when something is written."""
        self.path = path

    def read(self, tile: Tile) -> bytes:
        """Give a tile's bytes, from a wider one where that has come; FileNotFoundError."""
        try:
            return (self.path / tile.path).read_bytes()
        except FileNotFoundError:
            if tile.width == TILE_WIDTH:
                raise
            whole = (self.path / tile.whole.path).read_bytes()
            if tile.level < 0:
                return pack_entries(split_entries(whole)[: tile.width])
            return whole[: HASH_BYTES * tile.width]

    def read_checkpoint(self) -> bytes:
        """Give the published checkpoint, or b"" when there is none yet."""
        try:
            return (self.path / CHECKPOINT).read_bytes()
        except FileNotFoundError:
            return b""

    def write(self, files: Sequence[tuple[str, bytes]]) -> None:
        """
        Write files that are not there yet, all of them durable when this returns.

        Each is written beside its place, fsynced and renamed, and then the folders are
        fsynced: a crash in between leaves files that the next run writes again, the same to
        the byte. Raises `Broken` when a file is there with other bytes (the log would fork)
        and `Pushback` when the disk is full.
        """
        wanted = [(self.path / name, body) for name, body in files]
        missing = [(path, body) for path, body in wanted if not _is_there(path, body)]
        try:
            folders = self._make_folders({path.parent for path, _ in missing})
            with ThreadPoolExecutor(_FSYNCS_AT_ONCE) as pool:
                for _ in pool.map(_write_beside, missing):
                    pass
        except OSError as error:
            for path, _ in missing:
                path.with_name(path.name + _BESIDE).unlink(missing_ok=True)
            raise _disk(error) from error
        for path, _ in missing:
            path.with_name(path.name + _BESIDE).rename(path)
        for folder in sorted(folders, reverse=True):
            fsync_folder(folder)

    def replace_checkpoint(self, note: bytes) -> None:
        """
        Publish a checkpoint; whoever reads finds the old one or this, never half.

        Raises `Pushback` when the disk is full.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            write_durably(self.path / CHECKPOINT, note)
        except OSError as error:
            raise _disk(error) from error

    def drop_partials(self, tiles: Sequence[Tile]) -> None:
        """Take away the partial forms of tiles that are full now; readers fall back to those."""
        for tile in tiles:
            shutil.rmtree(self.path / f"{tile.path}.p", ignore_errors=True)

    def _make_folders(self, folders: set[Path]) -> set[Path]:
        """Make these folders and give all whose listing changes."""
        changed = set(folders)
        for folder in folders:
            missing = []
            each = folder
            while not each.exists():
                missing.append(each)
                each = each.parent
            for each in reversed(missing):
                each.mkdir(exist_ok=True)
                changed.add(each.parent)
        return changed


def _disk(error: OSError) -> Pushback:
    detail = f"the log's files cannot be written: {error.strerror}"
    return Pushback(detail, retry_after_s=5, code="log_disk")


def _is_there(path: Path, body: bytes) -> bool:
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        return False
    if found != body:
        detail = f"{path} is there with other bytes: the log would fork here"
        raise Broken(detail, code="log_would_fork")
    return True


def _write_beside(file: tuple[Path, bytes]) -> None:
    path, body = file
    with path.with_name(path.name + _BESIDE).open("wb") as beside:
        beside.write(body)
        beside.flush()
        os.fsync(beside.fileno())


def write_durably(path: Path, body: bytes, *, mode: int = 0o644) -> None:
    """Put a file in the place of another, or of none, for good: write, fsync, rename, fsync."""
    beside = path.with_name(path.name + _BESIDE)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    beside.rename(path)
    fsync_folder(path.parent)


def fsync_folder(folder: Path) -> None:
    """Make a folder's listing durable: a rename is not, until then."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Turn:
    """The right to write in a folder: one process at a time has it, and keeps it while it lives."""

    def __init__(self, path: Path) -> None:
        """Take the file whose lock is the turn."""
        self._path = path
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Take the turn without waiting; False when another process has it."""
        if self._descriptor is not None:
            return True
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def leave(self) -> None:
        """Let another process have it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
