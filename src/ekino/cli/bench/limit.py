"""The limit: how fast PostgreSQL itself takes the same rows, with nothing in the way."""

import threading
import time

import psycopg

from ekino.cli.bench.store import COPY_END, COPY_HEADER, Store, copy_in

CONNECTIONS = 2
# Rows held as prepared buffers and sent round and round.
ROWS_MAX = 200_000


def rows_per_s(store: Store, *, rows_a_commit: int, seconds: float) -> float:
    """
    Give the rows a second of raw binary COPY into a table without an index.

    The rows are the register's newest, byte for byte as PostgreSQL gives them; two
    connections send them from prepared buffers, one buffer a commit. The server is the one
    that is measured, with its settings. The register must hold entries.
    """
    rows = store.newest_rows(ROWS_MAX)
    buffers = [
        COPY_HEADER + b"".join(rows[first : first + rows_a_commit]) + COPY_END
        for first in range(0, len(rows) - rows_a_commit + 1, rows_a_commit)
    ] or [COPY_HEADER + b"".join(rows) + COPY_END]
    store.begin_limit()
    store.checkpoint()
    deadline = time.monotonic() + seconds
    threads = [
        threading.Thread(
            target=_copy, args=(store.dsn, buffers[lane::CONNECTIONS] or buffers, deadline)
        )
        for lane in range(CONNECTIONS)
    ]
    began_at = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took_s = time.monotonic() - began_at
    return store.end_limit() / took_s


def _copy(dsn: str, buffers: list[bytes], deadline: float) -> None:
    with psycopg.connect(dsn) as connection:
        number = 0
        while time.monotonic() < deadline:
            copy_in(connection, buffers[number % len(buffers)])
            connection.commit()
            number += 1
