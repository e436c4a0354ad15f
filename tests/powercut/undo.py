"""Cuts the power: takes back every write that no fsync covered, as powercut.c has noted them."""

import ctypes
import os
import random
import struct
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

# The fields of `struct note` in powercut.c.
_NOTE = struct.Struct("=8s7Q")
_WRITE, _SYNC = b"CUTwrite", b"CUTsync\n"
# What a disk writes whole or not at all.
SECTOR_BYTES = 512
_AT_FDCWD = -100

# A file by its inode and its birth: the number alone is given again to another.
Identity = tuple[int, int]


class Write(NamedTuple):
    """One write: where, how long the file was before it, and what it went over."""

    at: int
    size: int
    offset: int
    length: int
    held: bytes


class Cut(NamedTuple):
    """How many writes were noted, and how many of them the cut took back, one torn in half too."""

    noted: int
    undone: int


def read_notes(journal: bytes) -> Iterator[tuple[bytes, Identity, Write, int]]:
    """Give (kind, file, write, covers) in order; a note that a kill cut short is left out."""
    at = 0
    while 0 <= at <= len(journal) - _NOTE.size:
        kind, inode, born, size, offset, length, held, covers = _NOTE.unpack_from(
            journal, at
        )
        start, end = at + _NOTE.size, at + _NOTE.size + held
        is_whole = end == len(journal) or journal[end : end + 8] in {_WRITE, _SYNC}
        if kind not in {_WRITE, _SYNC} or not is_whole:
            later = [journal.find(each, at + 1) for each in (_WRITE, _SYNC)]
            at = min((each for each in later if each > 0), default=-1)
            continue
        yield (
            kind,
            (inode, born),
            Write(at, size, offset, length, journal[start:end]),
            covers,
        )
        at = end


def files_below(folder: Path, library: Path) -> dict[Identity, Path]:
    """Give every file below a folder by its identity."""
    identity = ctypes.CDLL(str(library)).powercut_identity
    found: dict[Identity, Path] = {}
    note = ctypes.create_string_buffer(_NOTE.size)
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            assert identity(_AT_FDCWD, os.fsencode(path), 0, note) == 0
            _, inode, born, *_ = _NOTE.unpack(note.raw)
            found[inode, born] = path
    return found


def cut_power(
    folder: Path, journal: Path, library: Path, dice: random.Random | None = None
) -> Cut:
    """
    Take back what no fsync covered; all processes of the subject are dead.

    Without dice all of it; with dice each file keeps the first few of these writes, the last
    of them torn at the edge of a sector.
    """
    writes: dict[Identity, list[Write]] = defaultdict(list)
    covered: dict[Identity, int] = defaultdict(int)
    for kind, file, write, covers in read_notes(journal.read_bytes()):
        if kind == _SYNC:
            covered[file] = max(covered[file], covers)
        else:
            writes[file].append(write)
    paths = files_below(folder, library)
    undone = 0
    for file, all_of_it in writes.items():
        open_ones = [each for each in all_of_it if each.at >= covered[file]]
        if file not in paths or not open_ones:
            continue
        kept = dice.randrange(len(open_ones) + 1) if dice else 0
        with paths[file].open("r+b") as out:
            for each in reversed(open_ones[kept:]):
                _take_back(out.fileno(), each, each.offset)
                undone += 1
            if dice and kept:
                last = open_ones[kept - 1]
                sectors = range(
                    last.offset // SECTOR_BYTES, (last.offset + last.length) // SECTOR_BYTES
                )
                edge = (dice.choice(sectors or [0]) + 1) * SECTOR_BYTES
                _take_back(out.fileno(), last, max(edge, last.offset))
    return Cut(sum(map(len, writes.values())), undone)


def _take_back(file: int, write: Write, first: int) -> None:
    """Undo a write from an offset on."""
    os.pwrite(file, write.held[first - write.offset :], first)
    size = max(write.size, first)
    if os.fstat(file).st_size > size and write.offset + write.length > write.size:
        os.truncate(file, size)
