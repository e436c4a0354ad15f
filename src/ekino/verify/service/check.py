"""The check: from the characters of a code to what whoever holds the ticket is told."""

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import Connection

from ekino.db.database import Database, Role
from ekino.kernel.errors import Pushback
from ekino.kernel.moments import Clock, now
from ekino.verify import token as tokens
from ekino.verify.model.verdict import Judgement, Reach, Sale, TillKey, Verdict, judge
from ekino.verify.store import check as store
from ekino.verify.store.check import Looked, PlaceOfId
from ekino.verify.token import Token, Unreadable

# How old the names of a showing may be when they are shown.
LABELS_FRESH_S = 30.0
# Showings whose names are remembered: about a week of a country.
LABELS_MAX = 20_000
# Checks are counted in the database at most so often; a crash loses this much of the count.
COUNT_EVERY_S = 1.0
# Codes counted in between; more are counted at once.
COUNTED_MAX = 10_000
# Looked up instead of what is no id, so that nonsense takes as long as a stranger.
_NOBODY = bytes(tokens.TICKET_ID_BYTES)
_NO_SOURCE = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where and what: the words a visitor recognises."""

    # By language, "original" where the language is unknown; empty when only the hall is known.
    titles: Mapping[str, str]
    original_language: str | None
    venue: str
    city: str
    hall: str
    starts_at: datetime
    timezone: str
    currency: str

    def title(self, language: str) -> tuple[str, str | None]:
        """Give the film's title for a reader, and its language where it is not the reader's."""
        if language in self.titles:
            return self.titles[language], None
        for each in (
            self.original_language or "original",
            "original",
            *sorted(self.titles),
        ):
            if each in self.titles:
                return self.titles[each], None if each == "original" else each
        return "", None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The answer to one check, with everything it rests on."""

    judgement: Judgement
    at: datetime
    reach: Reach
    token: Token | None = None
    key: TillKey | None = None
    sale: Sale | None = None
    place: Place | None = None
    # How often this code was checked, this time included; 0 for what is no code of ours.
    checks: int = 0
    first_hour: datetime | None = None
    first_stated_at: datetime | None = None
    # The log's tree head at that moment; 0 where there is none yet.
    log_size: int = 0
    log_root: bytes = b""

    @property
    def verdict(self) -> Verdict:
        """What the ticket is."""
        return self.judgement.verdict


class Checker:
    """
    Checks tickets for many at once: safe to share between threads.

    Remembers tills' keys as long as nobody changed any, and the names of showings for
    LABELS_FRESH_S. A check costs one signature and one question.
    """

    def __init__(self, db: Database, *, clock: Clock = now) -> None:
        """Remember nothing yet."""
        self._db = db
        self._clock = clock
        self._tills: tuple[int, dict[bytes, TillKey]] = (-1, {})
        self._lines = _Lines(db)
        self._labels = _Labels()
        self._tally = _Tally(db)

    def check(self, text: str, *, is_counted: bool = True) -> Checked:
        """
        Say what the ticket with this code is.

        `text` is the code's token, in either case. With `is_counted` the check is counted
        under the token's hash. Raises `Pushback` when the database is away.
        """
        at = self._clock()
        try:
            token = tokens.read_text(text)
        except Unreadable:
            return Checked(
                judgement=Judgement(verdict=Verdict.NOT_OURS), at=at, reach=_nothing()
            )
        with self._lines.lend() as tx:
            key, is_signed, looked = self._look(tx, token)
            sale = looked.sale if is_signed else None
            judgement = judge(
                token,
                key,
                sale,
                is_signed=is_signed,
                reach=looked.reach,
                at=at,
                first_stated_at=looked.first_stated_at,
            )
            is_known = is_signed and judgement.verdict is not Verdict.NOT_GENUINE
            place = self._place(tx, token, sale) if is_known else None
        checks = looked.checks
        if is_known and is_counted:
            checks += self._tally.note(token.sha256, at)
        return Checked(
            judgement=judgement,
            at=at,
            reach=looked.reach,
            token=token,
            key=key,
            sale=sale,
            place=place,
            checks=checks if is_known else 0,
            first_hour=looked.first_hour,
            first_stated_at=looked.first_stated_at,
            log_size=looked.log_size,
            log_root=looked.log_root,
        )

    def _look(
        self, tx: Connection[Any], token: Token
    ) -> tuple[TillKey | None, bool, Looked]:
        """Give the key, whether it signed, and what is there; keys are those of this moment."""
        while True:
            revision, tills = self._tills
            key = tills.get(token.key_id)
            is_signed = key is not None and tokens.is_signed_by(token, key.public_key)
            looked = store.find_sale(
                tx,
                ticket_id=token.ticket_id if is_signed else _NOBODY,
                source_id=key.source_id if key is not None and is_signed else _NO_SOURCE,
                token_sha256=token.sha256,
            )
            if looked.revision == revision:
                return key, is_signed, looked
            self._tills = store.read_tills(tx)

    def _place(self, tx: Connection[Any], token: Token, sale: Sale | None) -> Place | None:
        if sale is not None:
            return self._labels.showing(tx, sale.showing_id)
        return self._labels.hall(tx, token)

    def find_by_id(self, text: str) -> tuple[PlaceOfId | None, Place | None]:
        """
        Say whether a ticket with this printed id is registered, and its place.

        What is no id is looked up all the same, so that it takes as long as a stranger's.
        """
        ticket_id = tokens.read_short_id(text)
        with self._lines.lend() as tx:
            found = store.find_by_id(tx, ticket_id or _NOBODY)
            if ticket_id is None or found is None:
                return None, None
            return found, self._labels.showing(tx, found.showing_id)

    def place_of(self, token: Token) -> Place | None:
        """Give the hall and the start that a token names, in a visitor's words."""
        with self._lines.lend() as tx:
            return self._labels.hall(tx, token)

    def close(self) -> None:
        """Count what is not counted yet, and hang up."""
        self._tally.flush()
        self._lines.close()


def _nothing() -> Reach:
    return Reach(size=0, read_until=datetime.fromtimestamp(0, UTC))


class _Lines:
    """
    Connections that ask single questions, without a transaction around each.

    A pool's own check and BEGIN and COMMIT would be three round trips more for one question.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._free: list[Connection[Any]] = []
        self._lock = threading.Lock()

    def lend(self) -> "_Lent":
        return _Lent(self)

    def take(self) -> Connection[Any]:
        with self._lock:
            if self._free:
                return self._free.pop()
        connection = self._db.connect(Role.READER)
        connection.autocommit = True
        return connection

    def give_back(self, connection: Connection[Any]) -> None:
        with self._lock:
            self._free.append(connection)

    def ensure_running(self) -> None:
        self._db.ensure_running()

    def close(self) -> None:
        with self._lock:
            for connection in self._free:
                connection.close()
            self._free.clear()


class _Lent:
    """One connection for the length of a check; thrown away when it broke."""

    def __init__(self, lines: _Lines) -> None:
        self._lines = lines
        self._connection: Connection[Any] | None = None

    def __enter__(self) -> Connection[Any]:
        try:
            self._connection = self._lines.take()
        except psycopg.OperationalError as error:
            self._lines.ensure_running()
            detail = "the database cannot be reached just now"
            raise Pushback(detail, retry_after_s=2, code="database_away") from error
        return self._connection

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if self._connection is None:
            return
        if error is None:
            self._lines.give_back(self._connection)
            return
        self._connection.close()
        if isinstance(error, psycopg.OperationalError):
            self._lines.ensure_running()
            detail = "the database cannot be reached just now"
            raise Pushback(detail, retry_after_s=2, code="database_away") from error


class _Labels:
    """The names of showings and halls, each remembered for LABELS_FRESH_S."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, int], tuple[float, dict[str, Any] | None]]
        self._known = OrderedDict()

    def showing(self, tx: Connection[Any], showing_id: int) -> Place | None:
        names = self._find("showing", showing_id)
        if names is _UNKNOWN:
            names = store.read_showing(tx, showing_id)
            self._keep("showing", showing_id, names)
        return None if names is None else Place(**names)

    def hall(self, tx: Connection[Any], token: Token) -> Place | None:
        names = self._find("hall", token.hall_id)
        if names is _UNKNOWN:
            names = store.read_hall(tx, token.hall_id)
            self._keep("hall", token.hall_id, names)
        if names is None:
            return None
        starts_at = datetime.fromtimestamp(token.start_s, UTC)
        return Place(titles={}, original_language=None, starts_at=starts_at, **names)

    def _find(self, kind: str, number: int) -> dict[str, Any] | None:
        with self._lock:
            found = self._known.get((kind, number))
        if found is None or time.monotonic() - found[0] >= LABELS_FRESH_S:
            return _UNKNOWN
        return found[1]

    def _keep(self, kind: str, number: int, names: dict[str, Any] | None) -> None:
        with self._lock:
            self._known[kind, number] = (time.monotonic(), names)
            self._known.move_to_end((kind, number))
            if len(self._known) > LABELS_MAX:
                self._known.popitem(last=False)


_UNKNOWN: dict[str, Any] = {}


class _Tally:
    """
    Counts checks by the token's hash and the hour, and nothing of who asked.

    On a quiet day each check is counted at once; under load once in COUNT_EVERY_S.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._counts: dict[bytes, int] = {}
        self._hour: datetime | None = None
        self._flushed_at = 0.0

    def note(self, token_sha256: bytes, at: datetime) -> int:
        """Count a check; gives how many of this code the database did not know of before."""
        with self._lock:
            self._counts[token_sha256] = uncounted = self._counts.get(token_sha256, 0) + 1
            self._hour = at.replace(minute=0, second=0, microsecond=0)
            is_due = (
                time.monotonic() - self._flushed_at >= COUNT_EVERY_S
                or len(self._counts) >= COUNTED_MAX
            )
        if is_due:
            self.flush()
        return uncounted

    def flush(self) -> None:
        """Write the counts down; what cannot be written is counted later."""
        with self._lock:
            counts, hour, self._counts = self._counts, self._hour, {}
            self._flushed_at = time.monotonic()
        if not counts or hour is None:
            return
        try:
            with self._db.transaction(Role.INGEST) as tx:
                store.add_checks(tx, counts, hour)
        except Pushback:
            with self._lock:
                for name, count in counts.items():
                    self._counts[name] = self._counts.get(name, 0) + count
