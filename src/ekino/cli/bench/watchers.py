"""Many readers of the live page in a process of its own: `python -m ekino.cli.bench.watchers`."""

import json
import re
import select
import socket
import sys
import time
import zlib
from dataclasses import dataclass, field
from typing import Any

_AS_OF = re.compile(rb'data-as-of="([0-9]+)"')
_LANGUAGES = ("kk", "ru", "en")
_RECEIVE_BYTES = 65_536
# How zlib ends what it flushes: a message that is complete.
_FLUSHED = b"\x00\x00\xff\xff"
_GZIP_WINDOW = 31
# Of a reader who stalls: what its kernel takes in before the sender must wait.
_STALLED_BYTES = 4_096
_OK = 200


@dataclass(slots=True, eq=False)
class _Watcher:
    """One connection and what came over it."""

    socket: socket.socket
    is_sampled: bool
    head: bytes = b""
    code: int = 0
    bytes_received: int = 0
    messages: int = 0
    last_at: float = 0.0
    gap_max_s: float = 0.0
    chunked: bytes = b""
    gzip: Any = field(default_factory=lambda: zlib.decompressobj(_GZIP_WINDOW))
    plain: bytes = b""
    # (moment, entries counted): what the page said, and when it arrived here.
    seen: list[tuple[float, int]] = field(default_factory=list)


def _connect(address: tuple[str, int], number: int, *, is_stalled: bool) -> socket.socket:
    connection = socket.socket()
    if is_stalled:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _STALLED_BYTES)
    connection.settimeout(60)
    connection.connect(address)
    language = _LANGUAGES[number % len(_LANGUAGES)]
    connection.sendall(
        f"GET /live?lang={language} HTTP/1.1\r\nHost: register.bench\r\n"
        "Accept: text/event-stream\r\nAccept-Encoding: gzip, deflate, br\r\n\r\n".encode()
    )
    connection.settimeout(0)
    return connection


class Watchers:
    """`count` readers, of which `sampled` read what they are sent, and `stalled` nothing."""

    def __init__(
        self, address: tuple[str, int], *, count: int, sampled: int, stalled: int
    ) -> None:
        """Connect them all, looking after those that are connected meanwhile."""
        self._poll = select.epoll()
        self._watchers: dict[int, _Watcher] = {}
        self._stalled = [
            _connect(address, number, is_stalled=True) for number in range(stalled)
        ]
        step = max(1, count // max(1, sampled))
        for number in range(count):
            connection = _connect(address, number, is_stalled=False)
            watcher = _Watcher(connection, is_sampled=number % step == 0)
            self._watchers[connection.fileno()] = watcher
            self._poll.register(connection.fileno(), select.EPOLLIN)
            self._look(0)

    def wait_until_answered(self, seconds: float) -> None:
        """Look on until every reader has been answered, for so long at most."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if all(watcher.code for watcher in self._watchers.values()):
                return
            self._look(0.1)

    def watch_until_told(self) -> None:
        """Look on until standard input ends."""
        self._poll.register(sys.stdin.fileno(), select.EPOLLIN | select.EPOLLHUP)
        while self._look(1.0):
            pass

    def _look(self, wait_s: float) -> bool:
        for descriptor, _ in self._poll.poll(wait_s):
            watcher = self._watchers.get(descriptor)
            if watcher is None:
                return False
            try:
                chunk = watcher.socket.recv(_RECEIVE_BYTES)
            except BlockingIOError:
                continue
            if chunk:
                self._note(watcher, chunk)
            else:
                self._poll.unregister(descriptor)
        return True

    def _note(self, watcher: _Watcher, chunk: bytes) -> None:
        now = time.monotonic()
        if not watcher.code:
            watcher.head += chunk
            head, end, chunk = watcher.head.partition(b"\r\n\r\n")
            if not end:
                return
            watcher.code, watcher.head = int(head[9:12]), b""
            if watcher.code != _OK:
                return
        watcher.bytes_received += len(chunk)
        if _FLUSHED in chunk:
            if watcher.messages:
                watcher.gap_max_s = max(watcher.gap_max_s, now - watcher.last_at)
            watcher.messages, watcher.last_at = watcher.messages + 1, now
        if watcher.is_sampled:
            self._read(watcher, chunk, now)

    @staticmethod
    def _read(watcher: _Watcher, chunk: bytes, now: float) -> None:
        """Undo chunks and compression, and note as of which position the page speaks."""
        watcher.chunked += chunk
        while (end := watcher.chunked.find(b"\r\n")) >= 0:
            size = int(watcher.chunked[:end], 16)
            if len(watcher.chunked) < end + 2 + size + 2:
                break
            watcher.plain += watcher.gzip.decompress(
                watcher.chunked[end + 2 : end + 2 + size]
            )
            watcher.chunked = watcher.chunked[end + 2 + size + 2 :]
        whole, separator, watcher.plain = watcher.plain.rpartition(b"\n\n")
        if separator:
            counted = max((int(each) for each in _AS_OF.findall(whole)), default=0)
            if not watcher.seen or counted > watcher.seen[-1][1]:
                watcher.seen.append((now, counted))

    def report(self) -> dict[str, Any]:
        """Give what was seen: everything of the sampled, counts of the others."""
        watchers = list(self._watchers.values())
        admitted = [watcher for watcher in watchers if watcher.code == _OK]
        messages = sorted(watcher.messages for watcher in admitted)
        return {
            "admitted": len(admitted),
            "refused": len(watchers) - len(admitted),
            "messages_least": messages[0] if messages else 0,
            "messages_most": messages[-1] if messages else 0,
            "bytes_received": sum(watcher.bytes_received for watcher in admitted),
            "gap_max_s": max((watcher.gap_max_s for watcher in admitted), default=0.0),
            "seen": [watcher.seen for watcher in admitted if watcher.is_sampled],
        }


def main() -> None:
    """Watch as the words of the command line say, and write one JSON object at the end."""
    host, port, *counts = sys.argv[1:]
    count, sampled, stalled = map(int, counts)
    watchers = Watchers((host, int(port)), count=count, sampled=sampled, stalled=stalled)
    watchers.wait_until_answered(60)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    watchers.watch_until_told()
    sys.stdout.write(json.dumps(watchers.report()) + "\n")


if __name__ == "__main__":
    main()
