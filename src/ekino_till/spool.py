"""
The spool: what the till has said and the register has not yet answered, on disk.

SQLite with a rollback journal and synchronous=FULL: a sale that `add` has returned from survives
kill -9 and a power cut, and so does its number.
"""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from ekino_till.events import Event

# Numbers of a key's tokens have four bytes.
TOKENS_OF_A_KEY_MAX = 2**32 - 1
# A month of the busiest cinema; beyond it the till must be told that nobody listens.
SPOOL_EVENTS_MAX = 1_000_000
_SETTLED = ("entered", "already_entered")


class SpoolFull(RuntimeError):
    """So much waits already that no more is taken: the register has not been reached for long."""


class SpoolTaken(RuntimeError):
    """Another process has this spool open; two would send out of order."""


class Waiting(NamedTuple):
    """One event that waits, with the place it holds in the line."""

    number: int
    body: bytes


class Spool:
    """
    A line of events: first in, first out, each numbered once and kept until it is answered.

    One process at a time, any number of its threads. Numbers are gapless for each venue and
    never used twice, whatever crashes.
    """

    def __init__(self, path: Path, *, events_max: int = SPOOL_EVENTS_MAX) -> None:
        """Open the spool, or make it; `SpoolTaken` when another process has it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._events_max = events_max
        self._lock_file = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock_file)
            message = f"{path} is open in another process"
            raise SpoolTaken(message) from error
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=DELETE")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_SCHEMA)
        # Counted once: counting a long line at every sale would slow the tills down just
        # when the register is away.
        (self._waiting,) = self._db.execute(_WAITING).fetchone()

    def add(self, events: Iterable[Event]) -> list[int]:
        """
        Write events down, all or none, and give their numbers; they are safe on return.

        Raises `SpoolFull` when there is no room for all of them.
        """
        wanted = list(events)
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                if self._waiting + len(wanted) > self._events_max:
                    message = f"{self._events_max} events wait; reach the register first"
                    raise SpoolFull(message)
                numbers = [self._add_one(event) for event in wanted]
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._waiting += len(numbers)
        # From here the sale has happened: a crash now loses nothing and repeats nothing.
        return numbers

    def sell(self, key_id: str, make: Callable[[int], Event]) -> int:
        """
        Give a sale the key's next number, write it down, and give the event's own number.

        `make` turns the key's number into the sale with its token. Number and sale are one
        step: a crash leaves both or neither, so the key's numbers have no gap and none is
        used twice. Raises `SpoolFull`.
        """
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                if self._waiting >= self._events_max:
                    message = f"{self._events_max} events wait; reach the register first"
                    raise SpoolFull(message)
                (seq,) = self._db.execute(_NEXT_OF_KEY, (key_id,)).fetchone()
                if seq > TOKENS_OF_A_KEY_MAX:
                    message = f"key {key_id} has used up its numbers; register a new one"
                    raise SpoolFull(message)
                sequence = self._add_one(make(seq))
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._waiting += 1
        # From here the ticket may be printed: its number is used and its sale is in the line.
        return sequence

    def last_token(self, key_id: str) -> int:
        """Say which number the key's last token has; 0 when it has made none."""
        with self._lock:
            row = self._db.execute(_LAST_OF_KEY, (key_id,)).fetchone()
        return int(row[0]) if row else 0

    def _add_one(self, event: Event) -> int:
        (sequence,) = self._db.execute(_NEXT_NUMBER, (event.venue,)).fetchone()
        self._db.execute(_ADD, (event.to_bytes(sequence),))
        return int(sequence)

    def next_batch(self, events_max: int) -> list[Waiting]:
        """Give the first events in the line; they stay in it until they are settled."""
        with self._lock:
            rows = self._db.execute(_FIRST, (events_max,)).fetchall()
        return [Waiting(*row) for row in rows]

    def settle(
        self, batch: Sequence[Waiting], outcomes: Sequence[str], words: str = ""
    ) -> None:
        """
        Take answered events out of the line; refused ones are kept aside with their answer.

        `outcomes` has one element an event, in the order of the batch.
        """
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            taken = 0
            try:
                for waiting, outcome in zip(batch, outcomes, strict=True):
                    if outcome not in _SETTLED:
                        self._db.execute(_REFUSE, (outcome, words, waiting.number))
                    taken += self._db.execute(_TAKE_OUT, (waiting.number,)).rowcount
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._waiting -= taken

    def waiting(self) -> int:
        """Say how many events have no answer yet."""
        with self._lock:
            return int(self._waiting)

    def last_number(self, venue: str) -> int:
        """Say which number the venue's last event has; 0 when it has said nothing."""
        with self._lock:
            row = self._db.execute(_LAST_NUMBER, (venue,)).fetchone()
        return int(row[0]) if row else 0

    def refused(self) -> list[tuple[bytes, str, str]]:
        """Give what the register refused: (event, outcome, the register's words)."""
        with self._lock:
            return self._db.execute(_REFUSED).fetchall()

    def close(self) -> None:
        """Close the spool; what waits, waits."""
        with self._lock:
            self._db.close()
            os.close(self._lock_file)


# SQLite's own statements: the kit stands alone and has no query files.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS waiting (number INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS refused (body BLOB NOT NULL, outcome TEXT NOT NULL, words TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS feed (venue TEXT PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS token (key_id TEXT PRIMARY KEY, last INTEGER NOT NULL);
"""
_NEXT_OF_KEY = """
INSERT INTO token (key_id, last) VALUES (?, 1)
    ON CONFLICT (key_id) DO UPDATE SET last = last + 1 RETURNING last
"""
_LAST_OF_KEY = "SELECT last FROM token WHERE key_id = ?"
_NEXT_NUMBER = """
INSERT INTO feed (venue, last) VALUES (?, 1)
    ON CONFLICT (venue) DO UPDATE SET last = last + 1 RETURNING last
"""
_LAST_NUMBER = "SELECT last FROM feed WHERE venue = ?"
_ADD = "INSERT INTO waiting (body) VALUES (?)"
_FIRST = "SELECT number, body FROM waiting ORDER BY number LIMIT ?"
_REFUSE = """
INSERT INTO refused (body, outcome, words) SELECT body, ?, ? FROM waiting WHERE number = ?
"""
_TAKE_OUT = "DELETE FROM waiting WHERE number = ?"
_REFUSED = "SELECT body, outcome, words FROM refused ORDER BY rowid"
_WAITING = "SELECT count(*) FROM waiting"
