"""Keeps requests beside the hot path: a bounded queue, and one thread that empties it."""

import logging
import threading
from collections import defaultdict, deque
from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

import psycopg

from ekino.db.database import Database, Role
from ekino.kernel.errors import EkinoError
from ekino.workbench.model.observed import (
    AGENT_CHARACTERS_MAX,
    AGENTS_AN_HOUR_MAX,
    OTHER_AGENT,
    TOOK_MS,
    Observed,
    place_of,
)
from ekino.workbench.service.masking import clean
from ekino.workbench.store import requests as store
from ekino.workbench.store.requests import Went

_LOG = logging.getLogger("ekino.workbench")
# Requests that wait to be kept. One more pushes the oldest out, and is counted.
KEPT_WAITING_MAX = 1_000
# Requests kept of a minute whose signatures were verified, and the bytes of their bodies and
# answers. A key has at most as much as is still free: half for one that is alone, which is a full
# load burst of one till, and a part of n + 1 for each of n that shout. Whoever is quiet finds a
# place whatever the others do, and nobody's mistake fills a disk.
# Source: Choudhury and Hahne, dynamic queue length thresholds (IEEE/ACM ToN 6, 1998).
KEPT_A_MINUTE_MAX = 2_400
KEPT_BYTES_A_MINUTE_MAX = 64 * 1024 * 1024
# Requests kept of a minute that anybody may have sent. A budget of their own, so that no
# stranger uses up the others'; enough for whoever is about to learn to sign.
STRANGERS_A_MINUTE_MAX = 60
# Times that wait to be added to their hours; one more is left out.
TIMES_WAITING_MAX = 50_000
# How long the thread waits for company before it writes.
FLUSH_S = 0.1
# Hours are added up this often.
HOURS_FLUSH_S = 5.0
_STOP_WAIT_S = 5

_T = TypeVar("_T")
_Time = tuple[str, str, datetime, float, bool]
_Hours = dict[tuple[str, str, datetime], Went]


class Recorder:
    """Takes what was observed without ever making anybody wait. Safe to share between threads."""

    def __init__(self, db: Database) -> None:
        """Take the database; `start` begins."""
        self._db = db
        self._requests: deque[Observed] = deque(maxlen=KEPT_WAITING_MAX)
        self._times: deque[_Time] = deque(maxlen=TIMES_WAITING_MAX)
        self._wake = threading.Event()
        self._is_over = False
        self._thread: threading.Thread | None = None
        # What was let in within a minute: requests and bytes of all keys and of each that has any,
        # which are no more than requests; and strangers' requests.
        self._minute, self._kept, self._kept_bytes, self._strangers = 0, 0, 0, 0
        self._kept_of: dict[str, tuple[int, int]] = {}
        self._budget = threading.Lock()
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

    def admits(self, at_s: float, *, key_id: str, size_bytes: int = 0) -> bool:
        """
        Say whether a request of this minute may be kept, and take its place; asked before `put`.

        `at_s` is Unix time; `key_id` the key that was verified, "" of a stranger; `size_bytes`
        what body and answer have, 0 where neither is kept.
        """
        minute = int(at_s) // 60
        with self._budget:
            if minute != self._minute:
                self._minute, self._kept, self._kept_bytes, self._strangers = (
                    minute,
                    0,
                    0,
                    0,
                )
                self._kept_of = {}
            if key_id:
                has_place = self._take_place(key_id, size_bytes)
            else:
                self._strangers += 1
                has_place = self._strangers <= STRANGERS_A_MINUTE_MAX
            self.left_out += not has_place
        return has_place

    def _take_place(self, key_id: str, size_bytes: int) -> bool:
        requests, bytes_ = self._kept_of.get(key_id, (0, 0))
        has_place = (
            requests < KEPT_A_MINUTE_MAX - self._kept
            and bytes_ + size_bytes <= KEPT_BYTES_A_MINUTE_MAX - self._kept_bytes
        )
        if has_place:
            self._kept += 1
            self._kept_bytes += size_bytes
            self._kept_of[key_id] = (requests + 1, bytes_ + size_bytes)
        return has_place

    def put(self, observed: Observed) -> None:
        """Keep a request that was admitted."""
        if len(self._requests) == KEPT_WAITING_MAX:
            self.left_out += 1
        self._requests.append(observed)
        self._wake.set()

    def count(
        self, key_id: str, agent: str, at: datetime, seconds: float, *, is_failed: bool
    ) -> None:
        """Count a request in its hour; only one whose signature was verified."""
        self._times.append((key_id, agent[:AGENT_CHARACTERS_MAX], at, seconds, is_failed))

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
        hours: _Hours = {}
        for key_id, agent, at, seconds, is_failed in _taken(self._times):
            begins_at = at.replace(minute=0, second=0, microsecond=0)
            took = [0] * (len(TOOK_MS) + 1)
            took[place_of(seconds * 1_000)] = 1
            _add(hours, Went(key_id, clean(agent), 1, int(is_failed), begins_at, took))
        if not hours:
            return
        try:
            with self._db.transaction(Role.OFFICE) as tx:
                known = store.list_agents(tx, {(each[0], each[2]) for each in hours})
                store.add_hours(tx, fold_agents(hours.values(), known))
        except (EkinoError, psycopg.Error) as error:
            _LOG.warning("the hours of %s keys were not kept: %s", len(hours), error)


def fold_agents(
    hours: Iterable[Went], known: Iterable[tuple[str, datetime, str]]
) -> list[Went]:
    """
    Put programs beyond AGENTS_AN_HOUR_MAX of a key and hour together, as OTHER_AGENT.

    `known` are the hours' programs that are told apart already: (key, hour, program).
    """
    apart: defaultdict[tuple[str, datetime], set[str]] = defaultdict(set)
    for key_id, begins_at, agent in known:
        apart[key_id, begins_at].add(agent)
    folded: _Hours = {}
    for each in hours:
        agents = apart[each.key_id, each.last_at]
        if each.agent in agents or len(agents - {OTHER_AGENT}) < AGENTS_AN_HOUR_MAX:
            agents.add(each.agent)
            _add(folded, each)
        else:
            _add(folded, each._replace(agent=OTHER_AGENT))
    return list(folded.values())


def _add(hours: _Hours, went: Went) -> None:
    """Add to an hour of a key and a program."""
    name = (went.key_id, went.agent, went.last_at)
    before = hours.get(name)
    hours[name] = (
        went
        if before is None
        else went._replace(
            requests=before.requests + went.requests,
            failed=before.failed + went.failed,
            took=[sum(both) for both in zip(before.took, went.took, strict=True)],
        )
    )


def _taken(waiting: deque[_T]) -> list[_T]:
    """Empty a queue that others fill meanwhile."""
    return [waiting.popleft() for _ in range(len(waiting))]
