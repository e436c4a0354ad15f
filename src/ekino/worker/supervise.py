"""Supervision: each follower in a loop of its own; one that falls over is restarted alone."""

import logging
import threading
from collections.abc import Callable

from ekino.db.database import Database
from ekino.kernel.errors import EkinoError
from ekino.totals import service as totals

_LOG = logging.getLogger("ekino.worker")
# After a failure a follower waits this long, then twice as long, up to the most.
RESTART_AFTER_S = 0.5
RESTART_AFTER_MAX_S = 30.0

# Every follower of the register, by name. A new one is one line here.
FOLLOWERS: dict[str, Callable[[Database], int]] = {"totals": totals.follow}


def run(db: Database, names: list[str], *, rest_s: float, stop: threading.Event) -> None:
    """Run these followers until `stop` is set."""
    threads = [
        threading.Thread(
            target=_follow, args=(db, name, rest_s, stop), name=name, daemon=True
        )
        for name in names
    ]
    for thread in threads:
        thread.start()
    stop.wait()
    for thread in threads:
        thread.join(timeout=10)


def _follow(db: Database, name: str, rest_s: float, stop: threading.Event) -> None:
    follow = FOLLOWERS[name]
    pause_s = RESTART_AFTER_S
    while not stop.is_set():
        try:
            folded = follow(db)
            pause_s = RESTART_AFTER_S
        except Exception as error:  # a follower that falls over is restarted alone
            if isinstance(error, EkinoError):
                _LOG.warning("%s: %s; again in %.1f s", name, error.detail, pause_s)
            else:
                _LOG.exception("%s fell over; again in %.1f s", name, pause_s)
            stop.wait(pause_s)
            pause_s = min(pause_s * 2, RESTART_AFTER_MAX_S)
            continue
        if folded == 0:
            stop.wait(rest_s)
