"""A herd: processes that do the same, kept at their number until they are told to stop."""

import contextlib
import ctypes
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

_LOG = logging.getLogger("ekino.serve")
# More than cores there are on a machine that one register fills.
PROCESSES_MAX = 64
# One that dies at once is not born again at once.
REBIRTH_AFTER_S = 1.0
_PR_SET_PDEATHSIG = 1
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def herd(work: Callable[[], None], processes: int) -> None:
    """
    Run `work` in so many processes until SIGTERM or SIGINT; one that dies is started again.

    To be called before any thread is started. The processes end with this one, however it
    ends.
    """
    alive: set[int] = set()
    is_over = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal is_over
        is_over = True
        for pid in alive:
            # One that has just ended is not yet forgotten.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    for number in _SIGNALS:
        signal.signal(number, stop)
    parent = os.getpid()
    while True:
        while len(alive) < processes and not is_over:
            # A signal that came between the birth of a child and its name on the list would
            # miss it, and one that the child took for its parent would be lost.
            signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
            alive.add(_start(work, parent))
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        if not alive:
            return
        pid, state = os.wait()
        alive.discard(pid)
        if not is_over:
            _LOG.warning("web process %s ended (%s); another is started", pid, state)
            time.sleep(REBIRTH_AFTER_S)


def _start(work: Callable[[], None], parent: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        if sys.platform == "linux":
            # A parent that is killed -9 tells nobody; the kernel does.
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() == parent:
            work()
        code = 0
    except SystemExit:
        code = 0
    except Exception:
        _LOG.exception("a web process fell over")
    finally:
        # Not sys.exit: what the parent would do at its end is the parent's.
        os._exit(code)
