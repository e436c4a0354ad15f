"""The limit: how fast PostgreSQL itself takes the same rows, with nothing in the way."""

import itertools
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import Connection

from ekino.cli.bench.store import COPY_END, COPY_HEADER, Store, copy_in
from ekino.cli.bench.usage import cpu_s

CONNECTIONS = 2
# Rows held as prepared buffers and sent round and round.
ROWS_MAX = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What raw COPY reached in one measurement."""

    rows_per_s: float
    # Of the client and of PostgreSQL together, microseconds a row.
    cpu_us_per_row: float


def measure(
    store: Store, rows: list[bytes], *, postmaster: int, rows_a_commit: int, seconds: float
) -> Limit:
    """
    Measure raw binary COPY of these rows into a table without an index.

    The rows are the register's own, byte for byte as PostgreSQL gives them. Two connections
    send them from prepared buffers, one buffer a commit. The server is the one that is
    measured, with its settings.
    """
    buffers = [
        COPY_HEADER + b"".join(rows[first : first + rows_a_commit]) + COPY_END
        for first in range(0, len(rows) - rows_a_commit + 1, rows_a_commit)
    ] or [COPY_HEADER + b"".join(rows) + COPY_END]
    store.begin_limit()
    store.checkpoint()
    with ExitStack() as exits:
        lanes = [
            threading.Thread(
                target=_copy,
                args=(
                    exits.enter_context(psycopg.connect(store.dsn)),
                    buffers[lane::CONNECTIONS] or buffers,
                    seconds,
                ),
            )
            for lane in range(CONNECTIONS)
        ]
        began_at, cpu_before_s = time.monotonic(), time.process_time() + cpu_s(postmaster)
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()
        took_s = time.monotonic() - began_at
        spent_s = time.process_time() + cpu_s(postmaster) - cpu_before_s
    copied = store.end_limit()
    return Limit(rows_per_s=copied / took_s, cpu_us_per_row=spent_s * 1e6 / copied)


def _copy(connection: Connection[Any], buffers: list[bytes], seconds: float) -> None:
    """Commit one buffer after another for so long, and one in any case."""
    deadline = time.monotonic() + seconds
    for number in itertools.count():
        copy_in(connection, buffers[number % len(buffers)])
        connection.commit()
        if time.monotonic() >= deadline:
            return
