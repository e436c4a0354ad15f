"""The journal: every event of the country, written down before any till sends it."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from ekino_demo.events import DECODER, ENCODER, Event


class Journal:
    """
    A file of events, one on a line, that survives kill -9 at any byte.

    An event is here before it is in any spool. Whoever starts again folds the journal into
    books and offers the spools what they lack. A torn last line was never sent by anybody and
    is cut off.
    """

    def __init__(self, path: Path) -> None:
        """Open the journal, or begin it."""
        self._path = path
        self._file: BinaryIO = path.open("ab")

    def read(self) -> Iterator[Event]:
        """Give every event in the order in which it was written, and cut a torn end off."""
        whole = 0
        with self._path.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                try:
                    event = DECODER.decode(line)
                except msgspec.MsgspecError:
                    # A power cut may leave a block of zeros where lines should be.
                    break
                whole += len(line)
                yield event
        if whole < self._path.stat().st_size:
            os.truncate(self._path, whole)

    def write(self, events: Iterable[Event]) -> None:
        """Write events down for good."""
        self._file.write(b"".join(ENCODER.encode(event) + b"\n" for event in events))
        self._file.flush()
        # From here the events are the country's: a crash finds them on the next start.
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def write_whole(path: Path, body: bytes) -> None:
    """Write a file at once: after a crash it is there whole or not at all."""
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
