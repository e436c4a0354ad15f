"""The tills' way to the register: the kit's spools and clients, one sender for each source."""

import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx2
import msgspec

import ekino_till
from ekino_demo.books import BooksError
from ekino_demo.country import calendar
from ekino_demo.events import Event
from ekino_demo.reporting import RESTS_FOR, DaysOf, Declaring
from ekino_till import (
    Client,
    Drained,
    Key,
    NotAnswered,
    RefusedByRegister,
    Reporter,
    Spool,
    Ticket,
    make_token,
    token_text,
)
from ekino_till.signature import sign

_ANSWER_WAIT_S = 30.0
_AGAIN_AFTER_S = 0.4
_AGAIN_AFTER_MAX_S = 5.0
# How long an operator's question waits for a register that is being started again.
_AWAY_MAX_S = 60.0
_LATENCIES_MAX = 100_000
_OWN_FIELDS = ("kind", "sequence", "venue", "showing", "happened_at")


class LineError(Exception):
    """The register refused a request as a whole, and would refuse it again."""


class Office:
    """The operator's desk: signed documents to the register, and questions anybody may ask."""

    def __init__(self, url: str, key: Key) -> None:
        """Name the register, and who signs."""
        self._url = url
        self._key = key
        self._signing = Client(url, key)
        self._asking = httpx2.Client(timeout=_ANSWER_WAIT_S, trust_env=False)

    def is_answered(self) -> bool:
        """Whether the register answers just now."""
        try:
            return self._asking.get(self._url + "/health").is_success
        except httpx2.TransportError:
            return False

    def ask(self, path: str, *, is_signed: bool = False) -> dict[str, Any]:
        """Read an answer, the public's or the operator's, waiting for a register that is away."""

        def get() -> dict[str, Any]:
            uri = self._url + path
            headers = self._signed(uri) if is_signed else {}
            try:
                answer = self._asking.get(uri, headers=headers)
            except httpx2.TransportError as error:
                raise NotAnswered(str(error)) from error
            if answer.is_server_error:
                raise NotAnswered(f"answer {answer.status_code}")
            if not answer.is_success:
                raise LineError(f"{path}: {answer.status_code} {answer.text[:300]}")
            return dict(msgspec.json.decode(answer.content))

        return _patiently(get)

    def _signed(self, uri: str) -> dict[str, str]:
        return sign(
            self._key,
            method="GET",
            uri=uri,
            body=b"",
            created=int(self._signing.now_s()),
            nonce=secrets.token_urlsafe(12),
        )

    def tell(self, path: str, document: Mapping[str, object]) -> dict[str, Any]:
        """Send an operator's document, waiting for a register that is away; give the answer."""
        body = msgspec.json.encode(document)
        try:
            return _patiently(lambda: self._signing.post(path, body))
        except RefusedByRegister as error:
            raise LineError(f"{path}: {error}") from error

    def count(self, kind: str) -> int:
        """Count what the register's catalog has of a kind."""
        return len(self.ask(f"/v1/catalog/{kind}?limit=5000")["rows"])

    def settled_totals(self, wait_s: float) -> dict[str, Any]:
        """Give the register's totals once they have seen every entry, or after so long."""
        deadline = time.monotonic() + wait_s
        while True:
            size = self.ask("/health")["register_size"]
            answer = self.ask("/v1/totals")
            if answer["as_of"] >= size or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        rows = answer["rows"] or [
            {"tickets": 0, "gross_minor": 0, "fees_minor": 0, "currency": "KZT"}
        ]
        return {"as_of": answer["as_of"], "at": answer["at"], **rows[0]}

    def close(self) -> None:
        """Hang up."""
        self._signing.close()
        self._asking.close()


def _patiently(ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Ask until there is an answer, for at most _AWAY_MAX_S; then `LineError`."""
    deadline = time.monotonic() + _AWAY_MAX_S
    while True:
        try:
            return ask()
        except NotAnswered as error:
            if time.monotonic() > deadline:
                raise LineError(f"the register does not answer: {error}") from error
        time.sleep(_AGAIN_AFTER_S)


class Answers:
    """What the register has answered to all tills together; safe between threads."""

    def __init__(self) -> None:
        """Count from nothing."""
        self._lock = threading.Lock()
        self.outcomes: Counter[str] = Counter()
        self.latencies_ms: deque[float] = deque(maxlen=_LATENCIES_MAX)

    def note(self, drained: Drained) -> None:
        """Count what became of a batch."""
        with self._lock:
            self.outcomes.update(drained.outcomes)
            self.latencies_ms.extend(drained.acks_ms)

    def forget(self) -> None:
        """Count from nothing again."""
        with self._lock:
            self.outcomes.clear()
            self.latencies_ms.clear()

    def percentile_ms(self, percent: int) -> float | None:
        """Give the latency that so many percent of batches stayed within."""
        with self._lock:
            ordered = sorted(self.latencies_ms)
        if not ordered:
            return None
        return round(ordered[min(len(ordered) - 1, len(ordered) * percent // 100)], 1)


class Sender(threading.Thread):
    """
    One source's till and the thread that empties its spool.

    The spool is the kit's: what `say` has taken survives kill -9, and goes out in order.
    """

    def __init__(self, source: str, folder: Path, url: str, answers: Answers) -> None:
        """Open the source's spool and key, on line, with nothing sent."""
        super().__init__(name=f"till {source}", daemon=True)
        self.source = source
        self.key = Key.open(folder / "keys" / f"{source}.pem", f"{source}/1")
        # What its tills sign tickets with; it signs no batch.
        self.till_key = Key.open(folder / "keys" / f"{source}-till.pem", f"{source}/till-1")
        self._spool = Spool(
            folder / "spools" / f"{source}.spool", numbers="venue", receipts_max=0
        )
        self._client = Client(url, self.key)
        self._till = ekino_till.Till(self._spool, self._client)
        self._answers = answers
        # None: it does not report, not yet or no more.
        self._reporter: Reporter | None = None
        self._declaring: Declaring | None = None
        self._is_last_report = False
        self._changed = threading.Condition()
        self._is_leaving = False
        self._is_on_line = True
        self.failure: LineError | None = None

    def catch_up(self, events: Iterable[Event]) -> None:
        """Take from the journal what a crash kept from this spool; what it has is passed over."""
        last: dict[str, int] = {}
        missing = []
        for event in events:
            if event.venue not in last:
                last[event.venue] = self._spool.last_number(event.venue)
            if event.sequence > last[event.venue]:
                missing.append(event)
        self.say(missing)

    def say(self, events: list[Event]) -> None:
        """
        Hand events to the spool; they are safe on return.

        Raises `BooksError` when the spool numbers them otherwise than the cinema's books.
        """
        numbers = self._till.say(*(_for_kit(event) for event in events))
        if numbers != [event.sequence for event in events]:
            raise BooksError(f"{self.source}: the spool and the books number differently")
        with self._changed:
            self._changed.notify_all()

    def sell(self, event: Event, ticket: Ticket) -> bytes:
        """Hand a sale to the spool with its token, which may be printed on return."""
        made: list[bytes] = []

        def sale(seq: int) -> ekino_till.Event:
            made.append(make_token(self.till_key, ticket, seq))
            return _for_kit(event, token=token_text(made[-1]))

        number = self._spool.sell(self.till_key.key_id, sale)
        if number != event.sequence:
            raise BooksError(f"{self.source}: the spool and the books number differently")
        with self._changed:
            self._changed.notify_all()
        return made[-1]

    def begin_reports(
        self,
        software: Mapping[str, str],
        venues: Iterable[str],
        days_of: DaysOf,
        *,
        is_silent: bool,
    ) -> None:
        """
        Report from now on: at once, every few minutes, and when it leaves, that it rests.

        One that `is_silent` reports once and is not heard of again.
        """
        with self._changed:
            self._declaring = Declaring(
                venues, days_of, waiting=self._spool.waiting, today=_today
            )
            self._reporter = Reporter(
                self._spool, self._client, software, days=self._declaring
            )
            self._is_last_report = is_silent
            self._changed.notify_all()

    def set_line(self, *, is_on: bool) -> None:
        """Pull the network cable, or plug it in."""
        with self._changed:
            self._is_on_line = is_on
            self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """How many events have no answer yet."""
        return self._spool.waiting()

    def leave(self) -> None:
        """Stop after the batch under way; what waits stays in the spool."""
        with self._changed:
            self._is_leaving = True
            self._changed.notify_all()

    def close(self) -> None:
        """Leave, and close the spool."""
        self.leave()
        if self.is_alive():
            self.join()
        self._till.close()

    def run(self) -> None:
        """Send whatever waits, and report in time, until told to leave."""
        pause_s = _AGAIN_AFTER_S
        while self._wait_for_work():
            drained = Drained()
            try:
                self._till.send_once(drained)
            except NotAnswered as error:
                with self._changed:
                    self._changed.wait_for(
                        lambda: self._is_leaving, timeout=max(error.retry_after_s, pause_s)
                    )
                pause_s = min(pause_s * 2, _AGAIN_AFTER_MAX_S)
                continue
            except RefusedByRegister as error:
                self.failure = LineError(f"{self.source}: {error}")
                return
            pause_s = _AGAIN_AFTER_S
            self._answers.note(drained)
            self._report_if_due()
        self._rest()

    def _wait_for_work(self) -> bool:
        """Wait until something can be sent or reported; False when it is time to leave."""
        with self._changed:
            while not self._is_leaving:
                due_in_s = None
                if self._is_on_line:
                    if self._spool.waiting() > 0:
                        return True
                    due_in_s = self._reporter.due_in_s() if self._reporter else None
                    if due_in_s == 0:
                        return True
                self._changed.wait(timeout=due_in_s)
        return False

    def _report_if_due(self) -> None:
        reporter, declaring = self._reporter, self._declaring
        # A report that fails is made again in a minute; sales do not wait for it.
        if reporter is None or declaring is None or not reporter.report_if_due():
            return
        declaring.answered()
        if self._is_last_report:
            self._reporter = None

    def _rest(self) -> None:
        """Say that nothing more is to be expected for a while, as whoever switches off does."""
        if self._reporter is None or not self._is_on_line:
            return
        until = datetime.fromtimestamp(self._client.now_s(), UTC) + RESTS_FOR
        with suppress(NotAnswered, RefusedByRegister):
            self._reporter.report(resting_until=until.replace(microsecond=0))


def _today() -> date:
    return calendar.business_date(calendar.now())


def _for_kit(event: Event, **more: str) -> ekino_till.Event:
    """Turn an event into the kit's own, which numbers it."""
    fields = {
        name: getattr(event, name) for name in event.to_wire() if name not in _OWN_FIELDS
    }
    return ekino_till.Event.of(
        event.kind,
        venue=event.venue,
        showing=event.showing,
        happened_at=event.happened_at,
        **fields,
        **more,
    )
