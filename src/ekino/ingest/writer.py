"""The writer: one thread judges what waits, a group at a time; another enters what is judged."""

import contextlib
import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import Connection

from ekino.db.database import Database, Role
from ekino.ingest import group as groups
from ekino.ingest.group import Digest, Judgement, Memory, Waiting
from ekino.ingest.model import (
    GROUP_EVENTS_MAX,
    GROUP_PACE_S,
    RETRY_AFTER_S,
    Answer,
    Outcome,
)
from ekino.ingest.store import ask_revisions
from ekino.kernel.errors import Broken, EkinoError, Pushback
from ekino.kernel.moments import Clock, to_text
from ekino.register import service as register

_LOG = logging.getLogger("ekino.ingest")

# Answers that are remembered by the batch's digest, so that a till that did not hear us is
# answered without asking the database. Forgotten at a restart: then the long way answers.
ANSWERS_REMEMBERED_MAX = 4_096
_STOP_WAIT_S = 30

_Group = list[Waiting]


@contextlib.contextmanager
def _committed(connection: Connection[Any]) -> Iterator[None]:
    """
    Commit what is done inside, or nothing of it.

    psycopg's own `transaction` begins on a trip of its own; left to itself the connection
    begins with the first statement.
    """
    try:
        yield
    except BaseException:
        with contextlib.suppress(psycopg.Error):
            connection.rollback()
        raise
    connection.commit()


class Writer:
    """
    Takes everything that waits as one group, enters it and answers after the commit.

    Whatever arrives while one group commits makes up the next, so groups grow with the load.
    Under load no group begins sooner than GROUP_PACE_S after the last; on a quiet night nobody
    waits for a timer.

    While PostgreSQL enters one full group, the next is judged already, for the place in the
    register where it will stand if nobody comes between. Whoever then holds the head looks
    whether it does stand there and whether catalog and rights are still what was remembered;
    if not, the group is judged anew, under the head. So judging ahead saves time and never
    decides anything.
    """

    def __init__(self, db: Database, *, clock: Clock) -> None:
        """Take the database; `start` begins."""
        self._db = db
        self._clock = clock
        self._connection: Connection[Any] | None = None
        self._memory = Memory()
        # Held by whoever judges: the memory is read and changed as one.
        self._judging = threading.Lock()
        # Digest → first position and count of a batch of which all was entered.
        self._answers: OrderedDict[Digest, tuple[int, int]] = OrderedDict()
        # Guards all that follows, and tells either thread that some of it has changed.
        self._change = threading.Condition()
        self._queue: deque[Waiting] = deque()
        self._queued_events = 0
        # Handed over and not yet taken; and whether anything handed over is not yet answered.
        self._handed: tuple[_Group, Judgement | None] | None = None
        self._is_entering = False
        # Where the register will stand when all that was handed over is entered; None after a
        # surprise, until nothing is on its way.
        self._head: register.Head | None = None
        # Nothing will be put any more; and all that was put is handed over.
        self._is_over = False
        self._is_drained = False
        # When the last group was made, by the monotonic clock.
        self._began_at = 0.0
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to take batches."""
        self._threads = [
            threading.Thread(target=work, name=f"ingest-{name}", daemon=True)
            for name, work in (("judge", self._judge_all), ("writer", self._enter_all))
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Enter what waits, then end."""
        with self._change:
            self._is_over = True
            self._change.notify_all()
        for thread in self._threads:
            thread.join(timeout=_STOP_WAIT_S)

    def put(self, waiting: Waiting) -> None:
        """Hand over a batch; its `answer` is called when it is entered or cannot be."""
        with self._change:
            self._queue.append(waiting)
            self._queued_events += waiting.contents.count
            # Waking a thread that would go back to sleep costs more than a sale.
            if len(self._queue) == 1 or self._queued_events >= GROUP_EVENTS_MAX:
                self._change.notify_all()

    # ---- judging --------------------------------------------------------------------------

    def _judge_all(self) -> None:
        while group := self._take():
            judgement = self._judge_ahead(group)
            with self._change:
                self._handed = group, judgement
                self._is_entering = True
                self._head = judgement.past_end if judgement else None
                self._change.notify_all()

    def _may_take(self) -> bool:
        """Whether a group should be made now: at rest at once, else ahead and when it is full."""
        if not self._queue:
            return False
        return not self._is_entering or (
            self._queued_events >= GROUP_EVENTS_MAX
            and self._handed is None
            and self._head is not None
        )

    def _rest_s(self) -> float:
        """How long to wait for company: not at all on a quiet night, nor when a group is full."""
        if self._queued_events >= GROUP_EVENTS_MAX or self._is_over:
            return 0.0
        return self._began_at + GROUP_PACE_S - time.monotonic()

    def _take(self) -> _Group:
        """Wait for a group; empty when it is over and nothing waits any more."""
        with self._change:
            while not (self._is_over and not self._queue):
                rest_s = self._rest_s() if self._may_take() else None
                if rest_s is not None and rest_s <= 0:
                    break
                self._change.wait(rest_s)
            self._began_at = time.monotonic()
            group: _Group = []
            events = 0
            while self._queue and events < GROUP_EVENTS_MAX:
                waiting = self._queue.popleft()
                group.append(waiting)
                events += waiting.contents.count
            self._queued_events -= events
            if not group:
                self._is_drained = True
                self._change.notify_all()
            return group

    def _judge_ahead(self, group: _Group) -> Judgement | None:
        first = self._head
        if first is None:
            return None
        try:
            with self._judging:
                return groups.judge_ahead(
                    group,
                    self._memory,
                    first=first,
                    now=self._clock(),
                    answered=self._answers,
                )
        except (
            Exception
        ):  # whatever it is, it is met again under the head and answered there
            _LOG.exception("a group could not be judged ahead")
            return None

    # ---- entering -------------------------------------------------------------------------

    def _enter_all(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._handed is not None or self._is_drained)
                if self._handed is None:
                    break
                group, judgement = self._handed
                self._handed = None
                if self._may_take():
                    self._change.notify_all()
            past_end = self._answer(group, judgement)
            with self._change:
                if judgement is None or past_end != judgement.past_end:
                    self._head = None
                if self._handed is None:
                    self._is_entering = False
                    if self._head is None:
                        self._head = past_end
                self._change.notify_all()
        if self._connection is not None:
            self._connection.close()

    def _answer(self, group: _Group, judgement: Judgement | None) -> register.Head | None:
        """
        Enter a group; if it cannot be, enter its batches one by one. Then answer.

        Gives where the register stands afterwards, None when nobody knows.
        """
        past_end: register.Head | None = None
        answers: list[Answer | EkinoError]
        try:
            judgement, size = self._enter(group, judgement)
        except psycopg.OperationalError as error:
            _LOG.warning("the database is away: %s", error)
            self._drop_connection()
            # Each its own: an error that is raised holds on to whoever raised it.
            answers = [_away() for _ in group]
        except Exception as error:  # one source's trouble stays its own
            self._drop_connection()
            if len(group) > 1:
                for waiting in group:
                    past_end = self._answer([waiting], None)
                return past_end
            _LOG.exception("a batch of key %s cannot be entered", group[0].request.key_id)
            answers = [
                error
                if isinstance(error, EkinoError)
                else Broken("the batch could not be entered; nothing of it was kept")
            ]
        else:
            past_end = judgement.past_end
            answers = [
                self._answer_of(waiting, judgement, place, size)
                for place, waiting in enumerate(group)
            ]
        for waiting, answer in zip(group, answers, strict=True):
            # Whoever waited may be gone with their loop; the rest are answered all the same.
            with contextlib.suppress(RuntimeError):
                waiting.answer(answer)
        return past_end

    def _drop_connection(self) -> None:
        """Trust nothing that is remembered: the next database may be an older one."""
        self._answers.clear()
        with self._judging:
            self._memory.schedule.forget()
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
                self._connection.close()
            self._connection = None
        with contextlib.suppress(EkinoError, OSError):
            self._db.ensure_running()

    def _enter(self, group: _Group, judgement: Judgement | None) -> tuple[Judgement, int]:
        """Enter a group, the short way if all sales are new, else the long way."""
        if self._connection is None or self._connection.closed:
            self._connection = self._db.connect(Role.INGEST)
        try:
            return self._enter_within(self._connection, group, judgement, is_long_way=False)
        except register.IdentityKnown:
            # Something was sent twice. The group rolled back; now every ticket is looked up.
            with self._judging:
                self._memory.schedule.forget()
            return self._enter_within(self._connection, group, None, is_long_way=True)

    def _enter_within(
        self,
        connection: Connection[Any],
        group: _Group,
        judgement: Judgement | None,
        *,
        is_long_way: bool,
    ) -> tuple[Judgement, int]:
        with _committed(connection):
            # Lock first, then look: all that follows sees every entry before ours. Both go on
            # one trip with the beginning, as statements of their own.
            with connection.pipeline():
                answer_head = register.ask_head(connection)
                answer_revisions = ask_revisions(connection)
            head, revisions = answer_head(), answer_revisions()
            if judgement is None or (judgement.first, judgement.revisions) != (
                head,
                revisions,
            ):
                with self._judging:
                    self._memory.begin(connection, revisions)
                    judgement = groups.judge_within(
                        connection,
                        group,
                        self._memory,
                        first=head,
                        now=self._clock(),
                        answered=self._answers,
                        is_long_way=is_long_way,
                    )
            size = groups.append(connection, group, judgement)
        # From here the group is entered: a crash now loses the answers, not the events; each
        # source asks again and is told `already_entered`.
        return judgement, size

    def _answer_of(
        self, waiting: Waiting, judgement: Judgement, place: int, size: int
    ) -> Answer | EkinoError:
        sender = judgement.senders[place]
        if isinstance(sender, EkinoError):
            return sender
        sha256 = waiting.request.body_sha256.hex()
        received_at = to_text(judgement.now)
        if place in judgement.answered:
            first, count = judgement.answered[place]
            self._remember(waiting.digest, first, count)
            return Answer(
                batch_sha256=sha256,
                received_at=received_at,
                register_size=size,
                outcomes=[Outcome.ALREADY_ENTERED] * count,
                positions=list(range(first, first + count)),
            )
        judged = judgement.judged[place]
        if judged.entered == waiting.contents.count > 0:
            self._remember(waiting.digest, judged.positions[0] or 0, judged.entered)
        return Answer(
            batch_sha256=sha256,
            received_at=received_at,
            register_size=size,
            outcomes=judged.outcomes,
            positions=judged.positions,
            late=judged.late,
            problems=judged.problems,
        )

    def _remember(self, digest: Digest, first_position: int, count: int) -> None:
        self._answers[digest] = first_position, count
        if len(self._answers) > ANSWERS_REMEMBERED_MAX:
            self._answers.popitem(last=False)


def _away() -> EkinoError:
    return Pushback(
        "the database cannot be reached just now",
        retry_after_s=RETRY_AFTER_S,
        code="database_away",
    )
