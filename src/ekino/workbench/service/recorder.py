"""Keeps requests beside the hot path: a bounded queue, and one thread that empties it."""

import logging
import threading
from collections import deque
from datetime import datetime
from typing import TypeVar

import psycopg

from ekino.db.database import Database, Role
from ekino.kernel.errors import EkinoError
from ekino.workbench.model.observed import TOOK_MS, Observed, place_of
from ekino.workbench.service.masking import clean
from ekino.workbench.store import requests as store
from ekino.workbench.store.requests import Went

_LOG = logging.getLogger("ekino.workbench")
# Requests that wait to be kept. One more pushes the oldest out, and is counted.
KEPT_WAITING_MAX = 1_000
# Requests kept of a minute: whoever floods us fills no disk.
KEPT_A_MINUTE_MAX = 1_200
# Times that wait to be added to their hours; one more is left out.
TIMES_WAITING_MAX = 50_000
# How long the thread waits for company before it writes.
FLUSH_S = 0.1
# Hours are added up this often.
HOURS_FLUSH_S = 5.0
AGENT_CHARACTERS_MAX = 120
_STOP_WAIT_S = 5

_T = TypeVar("_T")
_Time = tuple[str, str, datetime, float, bool]


class Recorder:
    """Takes what was observed without ever making anybody wait. Safe to share between threads."""

    def __init__(self, db: Database, *, a_minute_max: int = KEPT_A_MINUTE_MAX) -> None:
        """Take the database; `start` begins."""
        self._db = db
        self._a_minute_max = a_minute_max
        self._requests: deque[Observed] = deque(maxlen=KEPT_WAITING_MAX)
        self._times: deque[_Time] = deque(maxlen=TIMES_WAITING_MAX)
        self._wake = threading.Event()
        self._is_over = False
        self._thread: threading.Thread | None = None
        self._minute, self._kept = 0, 0
        # What was observed and not kept.
        self.left_out = 0

    def start(self) -> None:
        """Begin to write."""
        self._thread = threading.Thread(
            target=self._write_all, name="workbench", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, then end."""
        self._is_over = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(_STOP_WAIT_S)

    def put(self, observed: Observed) -> None:
        """Keep a request, unless too many came within this minute."""
        minute = int(observed.at.timestamp()) // 60
        if minute != self._minute:
            self._minute, self._kept = minute, 0
        self._kept += 1
        if self._kept > self._a_minute_max or len(self._requests) == KEPT_WAITING_MAX:
            self.left_out += 1
        if self._kept <= self._a_minute_max:
            self._requests.append(observed)
            self._wake.set()

    def count(
        self, key_id: str, agent: str, at: datetime, seconds: float, *, is_failed: bool
    ) -> None:
        """Count a request in its hour."""
        self._times.append((key_id, agent, at, seconds, is_failed))

    def _write_all(self) -> None:
        since_hours_s = 0.0
        while not self._is_over:
            is_woken = self._wake.wait(HOURS_FLUSH_S)
            if is_woken and not self._is_over:
                threading.Event().wait(FLUSH_S)
            self._wake.clear()
            since_hours_s += FLUSH_S if is_woken else HOURS_FLUSH_S
            self._write_requests()
            if since_hours_s >= HOURS_FLUSH_S or self._is_over:
                since_hours_s = 0.0
                self._write_hours()

    def _write_requests(self) -> None:
        waiting = _taken(self._requests)
        if not waiting:
            return
        try:
            with self._db.transaction(Role.OFFICE) as tx:
                store.insert_requests(tx, waiting)
        except (EkinoError, psycopg.Error) as error:
            # A log of requests is worth no request: what cannot be kept now is left out.
            self.left_out += len(waiting)
            _LOG.warning("%s requests were not kept: %s", len(waiting), error)

    def _write_hours(self) -> None:
        hours: dict[tuple[str, str, datetime], Went] = {}
        for key_id, agent, at, seconds, is_failed in _taken(self._times):
            agent = clean(agent[:AGENT_CHARACTERS_MAX])  # noqa: PLW2901 - the same, as kept
            begins_at = at.replace(minute=0, second=0, microsecond=0)
            name = (key_id, agent, begins_at)
            went = hours.get(name)
            if went is None:
                went = Went(key_id, agent, 0, 0, begins_at, [0] * (len(TOOK_MS) + 1))
            went.took[place_of(seconds * 1_000)] += 1
            hours[name] = went._replace(
                requests=went.requests + 1, failed=went.failed + is_failed
            )
        if not hours:
            return
        try:
            with self._db.transaction(Role.OFFICE) as tx:
                store.add_hours(tx, hours.values())
        except (EkinoError, psycopg.Error) as error:
            _LOG.warning("the hours of %s keys were not kept: %s", len(hours), error)


def _taken(waiting: deque[_T]) -> list[_T]:
    """Empty a queue that others fill meanwhile."""
    return [waiting.popleft() for _ in range(len(waiting))]
