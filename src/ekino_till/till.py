"""The till: says what happened, at once; sends it when the register can be reached, in order."""

import hashlib
import json
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from ekino_till.client import BatchRefused, Client, NotAnswered
from ekino_till.events import Event
from ekino_till.keys import Key
from ekino_till.receipts import SETTLED, ReceiptWrong, RegisterKey
from ekino_till.report import Declared, Reporter
from ekino_till.retry import pause_s
from ekino_till.spool import Spool, Waiting
from ekino_till.token import Ticket, make_token, new_ticket_id, ticket_code, token_text

# As many as the register takes at once.
BATCH_EVENTS_MAX = 1_000
_OUTCOME = re.compile(r"[a-z][a-z_]{0,63}")
# Between two looks at an empty spool.
FOLLOW_S = 1.0
# Problems are kept beside the event they are about, as they were told.
_WORDS_CHARACTERS_MAX = 2_000


@dataclass(slots=True)
class Drained:
    """What became of what was sent."""

    outcomes: Counter[str] = field(default_factory=Counter)
    acks_ms: list[float] = field(default_factory=list)
    batches: int = 0


class Till:
    """
    One spool and one client: `say` returns when the event is on disk, `drain` sends.

    Sending twice is safe: the register knows each event by its identity and answers
    `already_entered` with the first position. With the register's key an event leaves the
    line only against a receipt that the register has signed.
    """

    def __init__(
        self,
        spool: Spool,
        client: Client,
        *,
        batch_events: int = BATCH_EVENTS_MAX,
        register_key: RegisterKey | None = None,
        software: Mapping[str, str] | None = None,
        days: Callable[[], Sequence[Declared]] | None = None,
    ) -> None:
        """
        Take an open spool and a client; nothing is sent before `drain`.

        With `software`, {"product": …, "version": …}, the till reports while it sends; `days`
        gives what its days came to, otherwise the spool's roll does.
        """
        self.spool = spool
        self._client = client
        self._batch_events = batch_events
        # Smaller for a while after a batch that could not be read.
        self._batch_now = batch_events
        self._register_key = register_key
        self._one_at_a_time = threading.Lock()
        # None: whoever embeds the till does not report.
        self.reporter = Reporter(spool, client, software, days=days) if software else None

    def say(self, *events: Event) -> list[int]:
        """Write events down and give their numbers; they survive whatever happens next."""
        return self.spool.add(events)

    def sell(
        self, key: Key, ticket: Ticket, *, venue: str, showing: str, **fields: Any
    ) -> bytes:
        """
        Sell a ticket without a network and give its token, to be printed.

        On return the sale is in the spool under the key's next number. `fields` are those of
        a `sold` event besides ticket, price_minor, happened_at and token; the ticket is named
        by its id unless `ticket=` names it. `key` is the till's own, of kind till. Raises
        `TicketMalformed`, `EventMalformed` or `SpoolFull`; then nothing was sold.
        """
        named = replace(ticket, ticket_id=ticket.ticket_id or new_ticket_id())
        fields.setdefault("ticket", ticket_code(named.ticket_id))
        made: list[bytes] = []

        def sale(seq: int) -> Event:
            made.append(make_token(key, named, seq))
            return Event.of(
                "sold",
                venue=venue,
                showing=showing,
                happened_at=datetime.fromtimestamp(named.issued, UTC),
                price_minor=named.price_minor,
                token=token_text(made[-1]),
                **fields,
            )

        self.spool.sell(key.key_id, sale)
        return made[-1]

    def send_once(self, drained: Drained) -> bool:
        """
        Send the first batch in the line; False when nothing waits.

        Raises `NotAnswered` or `RefusedByRegister`; the batch then stays where it is. An event
        that the register cannot read even alone is kept aside, so that it holds up nobody.
        """
        with self._one_at_a_time, self.spool.sending():
            batch = self.spool.next_batch(self._batch_now)
            if not batch:
                return False
            try:
                self._send(batch, drained)
            except BatchRefused as error:
                if len(batch) > 1:
                    self._batch_now = len(batch) // 2
                    return True
                self.spool.settle(batch, [error.code], [error.words])
                drained.outcomes[error.code] += 1
            self._batch_now = min(max(self._batch_now, 1) * 2, self._batch_events)
            return True

    def _send(self, batch: Sequence[Waiting], drained: Drained) -> None:
        body = batch_body(waiting.body for waiting in batch)
        began = time.perf_counter()
        answer = self._client.send(body)
        drained.acks_ms.append((time.perf_counter() - began) * 1000)
        outcomes, positions = self._believed(answer, body, len(batch))
        words = _words(answer, outcomes)
        note = answer.get("receipt")
        kept = (body, note, positions) if isinstance(note, str) and note else None
        self.spool.settle(batch, outcomes, words, kept)
        # From here the batch is settled; a crash before it sends the batch again.
        drained.outcomes.update(outcomes)
        drained.batches += 1

    def _believed(
        self, answer: Mapping[str, Any], body: bytes, count: int
    ) -> tuple[list[str], list[int | None]]:
        """Give outcomes and positions; `NotAnswered` for an answer that proves nothing."""
        outcomes, positions = answer.get("outcomes"), answer.get("positions")
        if (
            not isinstance(outcomes, list)
            or len(outcomes) != count
            or not all(
                isinstance(each, str) and _OUTCOME.fullmatch(each) for each in outcomes
            )
            or answer.get("batch_sha256") != hashlib.sha256(body).hexdigest()
        ):
            # An answer to something else settles nothing.
            message = "the answer is not about the batch that was sent"
            raise NotAnswered(message)
        if not isinstance(positions, list) or len(positions) != count:
            positions = [None] * count
        if self._register_key is not None:
            try:
                self._register_key.verify(
                    str(answer.get("receipt")), body, outcomes, positions
                )
            except ReceiptWrong as error:
                message = f"the answer's receipt proves nothing: {error}"
                raise NotAnswered(message, code="receipt_wrong") from error
        return outcomes, positions

    def drain(
        self, *, stop: threading.Event | None = None, give_up_after_s: float | None = None
    ) -> Drained:
        """
        Send until nothing waits, pausing longer and longer while the register is away.

        Ends early when `stop` is set, or after `give_up_after_s` without an answer, with
        `NotAnswered`. Pauses are exponential with full jitter, on top of what the register
        asks for. A till with `software` reports whenever that is due: see `follow`.
        """
        drained = Drained()
        stop = stop or threading.Event()
        tries, answered_at = 0, time.monotonic()
        while not stop.is_set():
            try:
                if not self.send_once(drained):
                    break
            except NotAnswered as error:
                tries += 1
                wait_s = pause_s(tries, error.retry_after_s, random.random())  # noqa: S311 - jitter is no secret
                if give_up_after_s is not None:
                    left_s = answered_at + give_up_after_s - time.monotonic()
                    if left_s <= 0:
                        raise
                    wait_s = min(wait_s, left_s)
                stop.wait(wait_s)
            else:
                tries, answered_at = 0, time.monotonic()
                self._report_if_due()
        if not stop.is_set():
            self._report_if_due()
        return drained

    def follow(self, stop: threading.Event, *, look_s: float = FOLLOW_S) -> Drained:
        """
        Send whatever is said until `stop` is set; report at once, in time, and at the end.

        Raises `RefusedByRegister` when a batch is refused as a whole.
        """
        drained = Drained()
        while not stop.is_set():
            done = self.drain(stop=stop)
            drained.outcomes.update(done.outcomes)
            drained.acks_ms.extend(done.acks_ms)
            drained.batches += done.batches
            stop.wait(look_s)
        self._report_if_due(is_last=True)
        return drained

    def _report_if_due(self, *, is_last: bool = False) -> None:
        if self.reporter is not None:
            with self._one_at_a_time:
                self.reporter.report_if_due(is_last=is_last)

    def close(self) -> None:
        """Hang up and close the spool; what waits, waits."""
        self._client.close()
        self.spool.close()


def batch_body(events: Iterable[bytes]) -> bytes:
    """Write the batch from the events' own bytes, so that the same events are the same bytes."""
    return b'{"events":[' + b",".join(events) + b"]}"


def _words(answer: Mapping[str, Any], outcomes: Sequence[str]) -> list[str]:
    """Give each refused event its own problem, as JSON; "" for the others."""
    problems = answer.get("problems")
    told = [""] * len(outcomes)
    for problem in problems if isinstance(problems, list) else ():
        index = problem.get("index") if isinstance(problem, dict) else None
        if type(index) is int and 0 <= index < len(told) and outcomes[index] not in SETTLED:
            told[index] = json.dumps(problem, ensure_ascii=False)[:_WORDS_CHARACTERS_MAX]
    return told
