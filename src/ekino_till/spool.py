"""
The spool: what the till has said and the register has not yet answered, on disk.

SQLite with a rollback journal and synchronous=EXTRA: a sale that `add` has returned from
survives kill -9 and a power cut, and so does its number.
"""

import hashlib
import json
import os
import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ekino_till import roll as rolls
from ekino_till.events import Event
from ekino_till.keys import sync_folder
from ekino_till.locks import FileLock
from ekino_till.receipts import SETTLED

# Numbers of a key's tokens have four bytes.
TOKENS_OF_A_KEY_MAX = 2**32 - 1
# A month of the busiest cinema; beyond it the till must be told that nobody listens.
SPOOL_EVENTS_MAX = 1_000_000
# The register takes twice as much.
BATCH_BYTES_MAX = 1024 * 1024
# Receipts are kept with their batches, packed: years of one cinema.
RECEIPTS_MAX = 100_000
# So long another process may write before it is given up as hanging.
WRITE_WAIT_S = 20.0
# Everything this spool says stands in one line of numbers.
_ONE_LINE = ""
# This number belongs to another event: the one aside was never entered and takes a new one.
_NUMBER_USED = "identity_used_for_another_event"


class SpoolFull(RuntimeError):
    """So much waits already, or the disk is so full, that no more is taken."""

    def __init__(self, words: str, *, events_max: int | None = None) -> None:
        """Say so, and which limit was met; None when it is the disk's."""
        super().__init__(words)
        self.events_max = events_max


class SpoolTaken(RuntimeError):
    """Another process has this spool open; two would send out of order."""


class SpoolBroken(RuntimeError):
    """The spool's file is no spool, or damaged: keep it, and begin a new one with a new key."""


class Waiting(NamedTuple):
    """One event that waits, with the place it holds in the line."""

    number: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReceipt:
    """A batch as it was sent, and what the register signed and answered."""

    number: int
    body: bytes
    receipt: str
    outcomes: list[str]
    positions: list[int | None]


class Spool:
    """
    A line of events: first in, first out, each numbered once and kept until it is answered.

    One process and any number of its threads; or, `is_shared`, any number of processes, of
    which one at a time may send (`sending`). Numbers have no gap and are never used twice,
    whatever crashes; `numbers` says whether the whole spool or each venue counts its own.
    """

    def __init__(
        self,
        path: Path,
        *,
        events_max: int = SPOOL_EVENTS_MAX,
        numbers: Literal["spool", "venue"] = "spool",
        receipts_max: int = RECEIPTS_MAX,
        roll: rolls.Roll | None = None,
        is_shared: bool = False,
    ) -> None:
        """Open the spool, or make it; `SpoolTaken` when another process has it for itself."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._events_max = events_max
        self._is_by_venue = numbers == "venue"
        self._receipts_max = receipts_max
        self._roll = roll
        self._pid = os.getpid()
        self._lock = threading.RLock()
        self._owner = FileLock(path.with_suffix(".lock"))
        self._sender = FileLock(path.with_suffix(".sending"))
        if not self._owner.take(is_shared=is_shared):
            message = f"{path} is open in another process"
            raise SpoolTaken(message)
        try:
            self._db = sqlite3.connect(
                path, timeout=WRITE_WAIT_S, isolation_level=None, check_same_thread=False
            )
            with self._named():
                self._db.execute("PRAGMA journal_mode=DELETE")
                # FULL would leave the last sale to the mercy of a power cut: the journal's
                # name must be gone from the folder before anybody prints the ticket.
                self._db.execute("PRAGMA synchronous=EXTRA")
            with self._step():
                for statement in (_SCHEMA + rolls.SCHEMA).split(";\n"):
                    self._db.execute(statement)
                self._db.execute(_COUNT_ONCE)
            sync_folder(path.parent)
        except BaseException:
            self._owner.give_back()
            raise

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Turn what SQLite says of the disk into our own errors."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if "full" in str(error):
                message = f"the disk that holds {self._path} is full"
                raise SpoolFull(message) from error
            if "locked" in str(error):
                message = f"another process writes {self._path} for over {WRITE_WAIT_S} s"
                raise SpoolTaken(message) from error
            raise SpoolBroken(f"{self._path}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise SpoolBroken(f"{self._path}: {error}") from error

    @contextmanager
    def _step(self) -> Iterator[None]:
        """Do what follows as one step: a crash, a full disk or an error leaves nothing of it."""
        self._verify_owner()
        with self._lock, self._named():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                # A full disk makes SQLite undo the step by itself.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _verify_owner(self) -> None:
        if os.getpid() != self._pid:
            message = (
                f"{self._path} was opened before this process was forked; open it anew"
            )
            raise SpoolTaken(message)

    def _rows(self, statement: str, *values: Any) -> list[Any]:
        self._verify_owner()
        with (
            self._lock,
            self._named(),
            closing(self._db.execute(statement, values)) as rows,
        ):
            return rows.fetchall()

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Be the one who sends; `SpoolTaken` when another process does."""
        self._verify_owner()
        with self._lock:
            if not self._sender.take():
                message = f"another process is sending {self._path}"
                raise SpoolTaken(message)
        try:
            yield
        finally:
            self._sender.give_back()

    def add(self, events: Iterable[Event]) -> list[int]:
        """
        Write events down, all or none, and give their numbers; they are safe on return.

        Raises `SpoolFull` when there is no room for all of them.
        """
        wanted = list(events)
        with self._step():
            self._take_room(len(wanted))
            numbers = [self._add_one(event) for event in wanted]
        # From here the sale has happened: a crash now loses nothing and repeats nothing.
        return numbers  # noqa: RET504 - only once the step is whole

    def sell(self, key_id: str, make: Callable[[int], Event]) -> int:
        """
        Give a sale the key's next number, write it down, and give the event's own number.

        `make` turns the key's number into the sale with its token. Number and sale are one
        step: a crash leaves both or neither, so the key's numbers have no gap and none is
        used twice. Raises `SpoolFull`.
        """
        with self._step():
            self._take_room(1)
            (seq,) = self._db.execute(_NEXT_OF_KEY, (key_id,)).fetchone()
            if seq > TOKENS_OF_A_KEY_MAX:
                message = f"key {key_id} has used up its numbers; register a new one"
                raise SpoolFull(message, events_max=TOKENS_OF_A_KEY_MAX)
            sequence = self._add_one(make(seq))
        # From here the ticket may be printed: its number is used and its sale is in the line.
        return sequence  # noqa: RET504 - only once the step is whole

    def _take_room(self, events: int) -> None:
        (waiting,) = self._db.execute(_COUNT, (events,)).fetchone()
        if waiting > self._events_max:
            message = f"{self._events_max} events wait; reach the register first"
            raise SpoolFull(message, events_max=self._events_max)

    def last_token(self, key_id: str) -> int:
        """Say which number the key's last token has; 0 when it has made none."""
        rows = self._rows(_LAST_OF_KEY, key_id)
        return int(rows[0][0]) if rows else 0

    def _add_one(self, event: Event) -> int:
        sequence = self._next_number(event.venue)
        self._db.execute(_ADD, (event.to_bytes(sequence),))
        if self._roll is not None:
            self._roll.fold(self._db, event)
        return sequence

    def _next_number(self, venue: str) -> int:
        line = venue if self._is_by_venue else _ONE_LINE
        statement = _NEXT_NUMBER if self._is_by_venue else _NEXT_OF_ALL
        (sequence,) = self._db.execute(statement, (line,)).fetchone()
        return int(sequence)

    def next_batch(
        self, events_max: int, *, bytes_max: int = BATCH_BYTES_MAX
    ) -> list[Waiting]:
        """Give the first events in the line; they stay in it until they are settled."""
        batch: list[Waiting] = []
        size = 0
        for row in self._rows(_FIRST, events_max):
            size += len(row[1]) + 1
            if batch and size > bytes_max:
                break
            batch.append(Waiting(*row))
        return batch

    def settle(
        self,
        batch: Sequence[Waiting],
        outcomes: Sequence[str],
        words: Sequence[str] = (),
        receipt: tuple[bytes, str, Sequence[int | None]] | None = None,
    ) -> None:
        """
        Take answered events out of the line; refused ones are kept aside with their answer.

        `outcomes`, and `words` when there are any, have one element an event, in the order of
        the batch; `receipt` is the batch as sent, what the register signed, and the positions.
        """
        told = list(words) or [""] * len(batch)
        with self._step():
            taken = 0
            for waiting, outcome, why in zip(batch, outcomes, told, strict=True):
                if outcome not in SETTLED:
                    self._db.execute(_REFUSE, (outcome, why, waiting.number))
                taken += self._db.execute(_TAKE_OUT, (waiting.number,)).rowcount
            self._db.execute(_COUNT, (-taken,))
            if receipt is not None and self._receipts_max:
                body, note, positions = receipt
                answer = json.dumps([list(outcomes), list(positions)])
                row = (
                    hashlib.sha256(body).hexdigest(),
                    zlib.compress(body, 1),
                    note,
                    answer,
                )
                self._db.execute(_KEEP, row)
                self._db.execute(_KEEP_LAST, (self._receipts_max,))

    def waiting(self) -> int:
        """Say how many events have no answer yet."""
        return int(self._rows(_WAITING)[0][0])

    def oldest_waiting(self) -> bytes | None:
        """Give the event that waits longest, or None."""
        rows = self._rows(_FIRST, 1)
        return bytes(rows[0][1]) if rows else None

    def last_number(self, venue: str = _ONE_LINE) -> int:
        """Say which number the last event has, of a venue or of the spool; 0 before the first."""
        rows = self._rows(_LAST_NUMBER, venue if self._is_by_venue else _ONE_LINE)
        return int(rows[0][0]) if rows else 0

    def refused(self) -> list[tuple[bytes, str, str]]:
        """Give what the register refused: (event, outcome, the register's words)."""
        return [tuple(row) for row in self._rows(_REFUSED)]

    def try_again(self, outcomes: Iterable[str] = ()) -> int:
        """
        Put refused events back at the end of the line and say how many; all, or these outcomes.

        They keep their numbers, unless the refusal was that the number is another event's.
        """
        wanted = set(outcomes)
        with self._step():
            rows = self._db.execute(_REFUSED_ROWS).fetchall()
            chosen = [row for row in rows if not wanted or row[2] in wanted]
            self._take_room(len(chosen))
            for rowid, body, outcome in chosen:
                again = self._renumbered(body) if outcome == _NUMBER_USED else body
                self._db.execute(_ADD, (again,))
                self._db.execute(_FORGIVE, (rowid,))
        return len(chosen)

    def _renumbered(self, body: bytes) -> bytes:
        whole = json.loads(body)
        kind, venue = whole.pop("kind"), whole["venue"]
        del whole["sequence"]
        return Event(kind, venue, whole).to_bytes(self._next_number(venue))

    def receipts(self) -> Iterator[KeptReceipt]:
        """Give the batches that were answered, oldest first, one at a time."""
        for (number,) in self._rows("SELECT number FROM receipt ORDER BY number"):
            for packed, note, answer in self._rows(_RECEIPT, number):
                outcomes, positions = json.loads(answer)
                yield KeptReceipt(
                    number=number,
                    body=zlib.decompress(packed),
                    receipt=note,
                    outcomes=outcomes,
                    positions=positions,
                )

    def note(self, name: str, text: str) -> None:
        """Keep a word for later, such as how far the clock is off; the last one counts."""
        with self._step():
            self._db.execute(_NOTE, (name, text))

    def noted(self, name: str) -> str:
        """Give a word that was kept; "" when there is none."""
        rows = self._rows("SELECT text FROM note WHERE name = ?", name)
        return str(rows[0][0]) if rows else ""

    def sale(self, ticket: str) -> rolls.Sale | None:
        """Give a ticket of the roll, or None."""
        self._verify_owner()
        with self._lock, self._named():
            return rolls.find_sale(self._db, ticket)

    def days(self, days_max: int) -> Sequence[rolls.Day]:
        """Give the newest days of the roll, oldest first."""
        self._verify_owner()
        with self._lock, self._named():
            return rolls.read_days(self._db, days_max)

    def business_date(self, at: datetime) -> str:
        """Give the business date of an instant by the roll's zone; "" without a roll."""
        return self._roll.business_date(at.isoformat()) if self._roll is not None else ""

    def close(self) -> None:
        """Close the spool; what waits, waits."""
        with self._lock:
            self._db.close()
            self._owner.give_back()


# SQLite's own statements: the kit stands alone and has no query files.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS waiting (number INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS refused (body BLOB NOT NULL, outcome TEXT NOT NULL, words TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS feed (venue TEXT PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS token (key_id TEXT PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS tally (one INTEGER PRIMARY KEY, waiting INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS receipt (number INTEGER PRIMARY KEY AUTOINCREMENT,
    batch_sha256 TEXT NOT NULL, body BLOB NOT NULL, note TEXT NOT NULL, answer TEXT NOT NULL);
"""
# Counted once: counting a long line at every sale would slow the tills down just when the
# register is away.
_COUNT_ONCE = """
INSERT INTO tally (one, waiting) SELECT 1, count(*) FROM waiting WHERE true
    ON CONFLICT (one) DO NOTHING
"""
_COUNT = "UPDATE tally SET waiting = waiting + ? RETURNING waiting"
_WAITING = "SELECT waiting FROM tally"
_NEXT_OF_KEY = """
INSERT INTO token (key_id, last) VALUES (?, 1)
    ON CONFLICT (key_id) DO UPDATE SET last = last + 1 RETURNING last
"""
_LAST_OF_KEY = "SELECT last FROM token WHERE key_id = ?"
_NEXT_NUMBER = """
INSERT INTO feed (venue, last) VALUES (?, 1)
    ON CONFLICT (venue) DO UPDATE SET last = last + 1 RETURNING last
"""
# A spool that once numbered each venue goes on above all of them.
_NEXT_OF_ALL = """
INSERT INTO feed (venue, last) SELECT ?, coalesce(max(last), 0) + 1 FROM feed WHERE true
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
_REFUSED_ROWS = "SELECT rowid, body, outcome FROM refused ORDER BY rowid"
_FORGIVE = "DELETE FROM refused WHERE rowid = ?"
_KEEP = "INSERT INTO receipt (batch_sha256, body, note, answer) VALUES (?, ?, ?, ?)"
_KEEP_LAST = """
DELETE FROM receipt WHERE number <= (SELECT max(number) FROM receipt) - ?
"""
_RECEIPT = "SELECT body, note, answer FROM receipt WHERE number = ?"
_NOTE = """
INSERT INTO note (name, text) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET text = excluded.text
"""
