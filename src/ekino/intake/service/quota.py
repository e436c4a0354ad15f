"""How much may be handed in for a source within a day, and how much is judged at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from ekino.intake.store import uploads as store
from ekino.kernel.errors import Pushback, Quota, TooOften

# Files of one source within a day: one a minute, and a backlog beside it.
FILES_A_DAY_MAX = 2_000
# Their bytes, kept or not: eight of the largest files, which is a chain's whole year.
FILE_BYTES_A_DAY_MAX = 512 * 1024 * 1024
_DAY = timedelta(days=1)
QUOTA = Quota("files", FILES_A_DAY_MAX, int(_DAY.total_seconds()))
# Files above this many bytes, and packed ones, are judged a few at once: as values of ours a file
# takes up to twenty times its bytes.
JUDGED_FREELY_BYTES_MAX = 256 * 1024
JUDGED_AT_ONCE_MAX = 3
# Seconds that one waits for a turn, and after which to come again: whoever waits holds a thread.
JUDGED_WAIT_S = 5
_TURNS = threading.BoundedSemaphore(JUDGED_AT_ONCE_MAX)
# As many may wait as are judged: the threads of all other pages are not theirs to hold.
_WAITING = threading.BoundedSemaphore(JUDGED_AT_ONCE_MAX)
_PACKED = (b"\x1f\x8b", b"PK")


@contextmanager
def turn(content: bytes) -> Iterator[None]:
    """Wait for a turn to judge a file; `Pushback` when too many are being judged."""
    if len(content) <= JUDGED_FREELY_BYTES_MAX and not content.startswith(_PACKED):
        yield
        return
    if not _has_turn():
        raise Pushback("too many files are being judged", retry_after_s=JUDGED_WAIT_S)
    try:
        yield
    finally:
        _TURNS.release()


def _has_turn() -> bool:
    if _TURNS.acquire(blocking=False):
        return True
    if not _WAITING.acquire(blocking=False):
        return False
    try:
        return _TURNS.acquire(timeout=JUDGED_WAIT_S)
    finally:
        _WAITING.release()


def verify(tx: Connection[Any], source_id: int, file_bytes: int, *, at: datetime) -> None:
    """
    Raise `TooOften` (`file_quota_used`) when one file more is over what a day may bring.

    A day is the 24 hours before `at`. Asked under the lock of the source's numbers it holds for
    two files at once.
    """
    files, bytes_, first_at = store.sum_handed(tx, source_id, since=at - _DAY)
    if files < FILES_A_DAY_MAX and bytes_ + file_bytes <= FILE_BYTES_A_DAY_MAX:
        return
    left = (first_at or at) + _DAY - at
    detail = (
        f"{files} files of {bytes_} bytes were handed in within 24 hours, and this one has "
        f"{file_bytes}; at most {FILES_A_DAY_MAX} files of {FILE_BYTES_A_DAY_MAX} bytes are taken"
    )
    raise TooOften(
        detail,
        retry_after_s=max(1, int(left.total_seconds())),
        quota=QUOTA,
        code="file_quota_used",
    )
