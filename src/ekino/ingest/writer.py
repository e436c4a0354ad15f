"""The writer: one thread a process that enters what waits, a group at a time."""

import contextlib
import logging
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import Connection

from ekino.access.service import verify_alive
from ekino.access.signature import SignedRequest
from ekino.db.database import Database, Role
from ekino.ingest.judging import Bench, Judged, Sender, subject_of
from ekino.ingest.model import GROUP_EVENTS_MAX, RETRY_AFTER_S, Answer, Outcome
from ekino.ingest.schedule import RememberedSchedule, RememberedSenders
from ekino.ingest.wire import (
    Event,
    MalformedEvent,
    Sold,
    decode_event,
    raw_events,
)
from ekino.kernel.errors import Broken, EkinoError, NotAuthenticated, Pushback
from ekino.kernel.moments import Clock, to_text
from ekino.register import service as register

_LOG = logging.getLogger("ekino.ingest")

# Answers that are remembered by the batch's digest, so that a till that did not hear us is
# answered without asking the database. Forgotten at a restart: then the long way answers.
ANSWERS_REMEMBERED_MAX = 4_096


@dataclass(slots=True, kw_only=True)
class Waiting:
    """A batch that waits to be entered."""

    request: SignedRequest
    body: bytes
    events: Sequence[Event | MalformedEvent]
    # Called once, from the writer's thread, with the answer or with what went wrong.
    answer: Callable[[Answer | EkinoError], None]

    @property
    def digest(self) -> tuple[str, bytes]:
        """Key and body: the same again is the same batch."""
        return self.request.key_id, self.request.body_sha256


class Writer:
    """
    Takes everything that waits as one group, enters it and answers after the commit.

    Whatever arrives while one group commits makes up the next, so groups grow with the load
    and on a quiet night nobody waits for a timer.
    """

    def __init__(self, db: Database, *, clock: Clock) -> None:
        """Take the database; `start` begins."""
        self._db = db
        self._clock = clock
        self._queue: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._connection: Connection[Any] | None = None
        self._schedule = RememberedSchedule()
        self._senders = RememberedSenders()
        self._answers: OrderedDict[tuple[str, bytes], Answer] = OrderedDict()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to take batches."""
        self._thread = threading.Thread(target=self._run, name="ingest-writer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Enter what waits, then end."""
        self._queue.put(None)
        if self._thread is not None:
            self._thread.join(timeout=30)

    def put(self, waiting: Waiting) -> None:
        """Hand over a batch; its `answer` is called when it is entered or cannot be."""
        self._queue.put(waiting)

    # ---- the loop -------------------------------------------------------------------------

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            group = [first]
            events = len(first.events)
            is_over = False
            while events < GROUP_EVENTS_MAX:
                try:
                    more = self._queue.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    is_over = True
                    break
                group.append(more)
                events += len(more.events)
            self._answer(group)
            if is_over:
                break
        if self._connection is not None:
            self._connection.close()

    def _answer(self, group: list[Waiting]) -> None:
        """Enter a group; if it cannot be, enter its batches one by one."""
        try:
            answers = self._enter(group)
        except psycopg.OperationalError as error:
            _LOG.warning("the database is away: %s", error)
            self._drop_connection()
            away = Pushback(
                "the database cannot be reached just now",
                retry_after_s=RETRY_AFTER_S,
                code="database_away",
            )
            answers = [away] * len(group)
        except Exception as error:  # one source's trouble stays its own
            self._schedule.forget()
            self._drop_connection()
            if len(group) > 1:
                for waiting in group:
                    self._answer([waiting])
                return
            _LOG.exception("a batch of key %s cannot be entered", group[0].request.key_id)
            answers = [
                error
                if isinstance(error, EkinoError)
                else Broken("the batch could not be entered; nothing of it was kept")
            ]
        for waiting, answer in zip(group, answers, strict=True):
            waiting.answer(answer)

    def _drop_connection(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
                self._connection.close()
            self._connection = None
        with contextlib.suppress(EkinoError, OSError):
            self._db.ensure_running()

    # ---- one group ------------------------------------------------------------------------

    def _enter(self, group: list[Waiting]) -> Sequence[Answer | EkinoError]:
        """Enter a group, the short way if all sales are new, else the long way."""
        if self._connection is None or self._connection.closed:
            self._connection = self._db.connect(Role.INGEST)
        try:
            return self._enter_within(self._connection, group, is_long_way=False)
        except register.IdentityKnown:
            # Something was sent twice. The group rolled back; now every ticket is looked up.
            self._schedule.forget()
            return self._enter_within(self._connection, group, is_long_way=True)

    def _enter_within(
        self, connection: Connection[Any], group: list[Waiting], *, is_long_way: bool
    ) -> Sequence[Answer | EkinoError]:
        with connection.transaction():
            # Lock first, then look: all that follows sees every entry before ours.
            head = register.lock_head(connection)
            now = self._clock()
            self._schedule.begin(connection)
            self._senders.begin(connection)
            senders = [self._sender(connection, waiting, now) for waiting in group]
            trusted = [
                (waiting, sender)
                for waiting, sender in zip(group, senders, strict=True)
                if isinstance(sender, Sender)
                and (is_long_way or waiting.digest not in self._answers)
            ]
            bench = self._bench(
                connection, trusted, head.size, now, is_long_way=is_long_way
            )
            judged = {
                id(waiting): bench.judge(sender, waiting.events, head.batches + number)
                for number, (waiting, sender) in enumerate(trusted)
            }
            size = self._append(connection, trusted, judged, head, now)
        # From here the group is entered: a crash now loses the answers, not the events; each
        # source asks again and is told `already_entered`.
        return [
            sender
            if isinstance(sender, EkinoError)
            else self._answer_of(waiting, judged.get(id(waiting)), size, now)
            for waiting, sender in zip(group, senders, strict=True)
        ]

    def _sender(
        self, connection: Connection[Any], waiting: Waiting, now: datetime
    ) -> Sender | EkinoError:
        """Say what a batch's key may do now: it may have been revoked while it waited."""
        found = self._senders.find(connection, waiting.request.key_id)
        if found is None:
            detail = "this key speaks for no source"
            return NotAuthenticated(detail, code="source_key_needed")
        try:
            verify_alive(found[0], now)
        except NotAuthenticated as error:
            return error
        return found[1]

    def _bench(
        self,
        connection: Connection[Any],
        trusted: list[tuple[Waiting, Sender]],
        first_position: int,
        now: datetime,
        *,
        is_long_way: bool,
    ) -> Bench:
        keys: set[tuple[str, str]] = set()
        subjects: set[tuple[int, str]] = set()
        for waiting, sender in trusted:
            for event in waiting.events:
                if isinstance(event, MalformedEvent):
                    continue
                keys.add((event.venue, event.showing))
                if is_long_way or not isinstance(event, Sold):
                    subjects.add((sender.source_id, subject_of(event)))
        self._schedule.prepare(keys)
        known = register.find_entries_of_subjects(connection, subjects)
        return Bench(
            schedule=self._schedule,
            known=known,
            read_event=_EventReader(connection),
            now=now,
            first_position=first_position,
        )

    def _append(
        self,
        connection: Connection[Any],
        trusted: list[tuple[Waiting, Sender]],
        judged: dict[int, Judged],
        head: register.Head,
        now: datetime,
    ) -> int:
        position = head.size
        rows: list[bytes] = []
        batches: list[dict[str, Any]] = []
        refusals: list[tuple[int, int, str, dict[str, object]]] = []
        for number, (waiting, sender) in enumerate(trusted):
            verdicts = judged[id(waiting)]
            batch_no = head.batches + number
            encoding, body = register.compress(waiting.body)
            batches.append(
                {
                    "batch_no": batch_no,
                    "source_id": sender.source_id,
                    "key_id": sender.key_id,
                    "recorded_at": now,
                    "events": len(waiting.events),
                    "entered": len(verdicts.rows),
                    "first_position": position,
                    "body_sha256": waiting.request.body_sha256,
                    "body_encoding": encoding,
                    "body": body,
                    "signed_uri": waiting.request.target_uri,
                    "signed_at": datetime.fromtimestamp(
                        waiting.request.created, tz=now.tzinfo
                    ),
                    "nonce": waiting.request.nonce,
                    "signature": waiting.request.signature,
                    "salt": register.new_salt(),
                }
            )
            rows.extend(verdicts.rows)
            refusals.extend(
                (
                    batch_no,
                    refusal.index,
                    refusal.outcome.value,
                    {"field": refusal.field, "detail": refusal.detail.replace("\0", "")},
                )
                for refusal in verdicts.problems
            )
            position += len(verdicts.rows)
        return register.append(connection, rows=rows, batches=batches, refusals=refusals)

    def _answer_of(
        self, waiting: Waiting, judged: Judged | None, size: int, now: datetime
    ) -> Answer:
        if judged is None:
            first = self._answers[waiting.digest]
            return Answer(
                batch_sha256=first.batch_sha256,
                received_at=to_text(now),
                register_size=size,
                outcomes=[Outcome.ALREADY_ENTERED] * len(first.outcomes),
                positions=first.positions,
            )
        answer = Answer(
            batch_sha256=waiting.request.body_sha256.hex(),
            received_at=to_text(now),
            register_size=size,
            outcomes=judged.outcomes,
            positions=judged.positions,
            late=judged.late,
            problems=judged.problems,
        )
        if answer.is_wholly_entered:
            self._answers[waiting.digest] = answer
            if len(self._answers) > ANSWERS_REMEMBERED_MAX:
                self._answers.popitem(last=False)
        return answer


class _EventReader:
    """Gives the event behind an entry, from the bytes it came in; one body read at most once."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection
        self._events: dict[int, list[bytes]] = {}

    def __call__(self, batch_no: int, ordinal: int) -> Event:
        if batch_no not in self._events:
            body = register.read_bodies(self._connection, [batch_no]).get(batch_no)
            if body is None:
                detail = f"batch {batch_no} is not in the register"
                raise Broken(detail)
            self._events[batch_no] = raw_events(body)
        event = decode_event(self._events[batch_no][ordinal])
        if isinstance(event, MalformedEvent):
            detail = f"event {ordinal} of batch {batch_no} can no longer be read"
            raise Broken(detail)
        return event
