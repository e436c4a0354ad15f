"""The till: says what happened, at once; sends it when the register can be reached, in order."""

import hashlib
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from ekino_till.client import Client, NotAnswered
from ekino_till.events import Event
from ekino_till.keys import Key
from ekino_till.spool import Spool, Waiting
from ekino_till.token import Ticket, make_token, new_ticket_id, ticket_code, token_text

BATCH_EVENTS_MAX = 1_000
FIRST_PAUSE_S = 0.2
PAUSE_MAX_S = 60.0


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
    `already_entered` with the first position.
    """

    def __init__(
        self, spool: Spool, client: Client, *, batch_events: int = BATCH_EVENTS_MAX
    ) -> None:
        """Take an open spool and a client; nothing is sent before `drain`."""
        self.spool = spool
        self._client = client
        self._batch_events = batch_events

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

        Raises `NotAnswered` or `RefusedByRegister`; the batch then stays where it is.
        """
        batch = self.spool.next_batch(self._batch_events)
        if not batch:
            return False
        body = _batch_body(batch)
        began = time.perf_counter()
        answer = self._client.send(body)
        drained.acks_ms.append((time.perf_counter() - began) * 1000)
        outcomes = answer.get("outcomes")
        if (
            not isinstance(outcomes, list)
            or len(outcomes) != len(batch)
            or answer.get("batch_sha256") != hashlib.sha256(body).hexdigest()
        ):
            # An answer to something else settles nothing.
            message = "the answer is not about the batch that was sent"
            raise NotAnswered(message)
        self.spool.settle(batch, outcomes, json.dumps(answer.get("problems", [])))
        # From here the batch is settled; a crash before it sends the batch again.
        drained.outcomes.update(outcomes)
        drained.batches += 1
        return True

    def drain(
        self, *, stop: threading.Event | None = None, give_up_after_s: float | None = None
    ) -> Drained:
        """
        Send until nothing waits, pausing longer and longer while the register is away.

        Ends early when `stop` is set, or after `give_up_after_s` without an answer, with
        `NotAnswered`. Pauses are exponential with full jitter, and never shorter than what
        the register asks for.
        """
        drained = Drained()
        stop = stop or threading.Event()
        pause_s, answered_at = FIRST_PAUSE_S, time.monotonic()
        while not stop.is_set():
            try:
                if not self.send_once(drained):
                    break
            except NotAnswered as error:
                if (
                    give_up_after_s is not None
                    and time.monotonic() - answered_at > give_up_after_s
                ):
                    raise
                stop.wait(max(error.retry_after_s, random.uniform(0, pause_s)))  # noqa: S311 - jitter is no secret
                pause_s = min(pause_s * 2, PAUSE_MAX_S)
            else:
                pause_s, answered_at = FIRST_PAUSE_S, time.monotonic()
        return drained

    def close(self) -> None:
        """Hang up and close the spool; what waits, waits."""
        self._client.close()
        self.spool.close()


def _batch_body(batch: Iterable[Waiting]) -> bytes:
    """Write the batch from the events' own bytes, so that the same events are the same bytes."""
    return b'{"events":[' + b",".join(waiting.body for waiting in batch) + b"]}"
