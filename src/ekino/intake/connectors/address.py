"""Where other systems may be read: what an operator set up, judged by the register's one guard."""

import socket
from collections.abc import Sequence

from ekino.kernel.internet import Guard

# This machine itself, where EKINO_CONNECT_LOOPBACK allows it.
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


def guard_of(*, is_loopback_allowed: bool) -> Guard:
    """
    Give the guard of connectors: public addresses by https, and this machine where allowed.

    Connectors are added at the command line only, so each is an operator's.
    """
    return Guard(inside=_HERE if is_loopback_allowed else frozenset(), may_have_query=False)


def look_up(host: str, port: int) -> Sequence[str]:
    """Ask the system for a host's numbers."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]
