"""The load: many tills over raw keep-alive sockets in one thread, cheap enough to share a core."""

import gc
import heapq
import select
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from ekino.cli.bench.post import Post
from ekino.kernel.errors import Broken

_RECEIVE_BYTES = 262_144
# A register that says nothing for so long has failed the benchmark.
SILENCE_MAX_S = 60.0
_PUSHED_BACK = 503
_BUSY = (429, _PUSHED_BACK)


@dataclass(slots=True, kw_only=True)
class Run:
    """What came back: every post that was sent has its answer in it."""

    posts: list[Post] = field(default_factory=list)
    seconds: float = 0.0
    # Processor time of the thread that sent and received.
    client_cpu_s: float = 0.0

    @property
    def events(self) -> int:
        """Events of all answered posts."""
        return sum(post.events for post in self.posts)


@dataclass(slots=True, eq=False)
class _Till:
    """One connection and what is under way on it."""

    socket: socket.socket
    errand: Iterator[Post] = field(default_factory=lambda: iter(()))
    post: Post | None = None
    sent_at_ns: int = 0
    # What the socket would not take yet, and what has come of an answer.
    unsent: memoryview = field(default_factory=lambda: memoryview(b""))
    received: bytearray = field(default_factory=bytearray)
    wanted: int = 0


class Load:
    """
    A number of tills that send errands: each a few posts, one after another's answer.

    Closed: a till takes the next errand when its last is answered. With `pace_per_s` open:
    errand number n is due n / pace seconds after the start, and its latency counts from
    then, so that a register that stalls cannot hide it by slowing the tills.
    """

    def __init__(self, address: tuple[str, int], tills: int) -> None:
        """Connect every till."""
        self._poll = select.epoll()
        self._tills: dict[int, _Till] = {}
        for _ in range(tills):
            connection = socket.create_connection(address, timeout=30)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(0)
            self._tills[connection.fileno()] = _Till(connection)
            self._poll.register(connection.fileno(), select.EPOLLIN)

    def close(self) -> None:
        """Hang up."""
        self._poll.close()
        for till in self._tills.values():
            till.socket.close()

    def run(
        self,
        errands: Iterable[tuple[Post, ...]],
        *,
        seconds: float,
        pace_per_s: float | None = None,
        on_answer: Callable[[Post], None] | None = None,
    ) -> Run:
        """
        Send errands for `seconds` or until there are none, and wait for every answer.

        With `on_answer` each answered post is handed over at once and not kept.
        """
        self._errands = iter(errands)
        self._run = Run()
        self._on_answer = on_answer or self._run.posts.append
        self._idle = deque(self._tills.values())
        self._resting: list[tuple[float, int, _Till]] = []
        self._pace_per_s = pace_per_s
        self._taken = 0
        self._is_over = False
        # Millions of prepared requests are no garbage, and looking through them takes long.
        gc.disable()
        cpu_s, self._began_at = time.thread_time(), time.monotonic()
        try:
            self._loop(self._began_at + seconds)
        finally:
            gc.enable()
        self._run.seconds = time.monotonic() - self._began_at
        self._run.client_cpu_s = time.thread_time() - cpu_s
        return self._run

    def _loop(self, ends_at: float) -> None:
        heard_at = time.monotonic()
        while True:
            now = time.monotonic()
            self._is_over = self._is_over or now >= ends_at
            self._hand_out(now)
            if self._is_over and len(self._idle) == len(self._tills):
                return
            events = self._poll.poll(self._wait_s(now, ends_at))
            if events:
                heard_at = time.monotonic()
            elif time.monotonic() - heard_at > SILENCE_MAX_S:
                detail = f"the register has said nothing for {SILENCE_MAX_S} s"
                raise Broken(detail)
            for descriptor, mask in events:
                till = self._tills[descriptor]
                if mask & select.EPOLLOUT:
                    self._send_rest(till)
                if mask & ~select.EPOLLOUT:
                    self._receive(till)

    def _wait_s(self, now: float, ends_at: float) -> float:
        wait_s = 1.0 if self._is_over else min(1.0, ends_at - now)
        if self._resting:
            wait_s = min(wait_s, self._resting[0][0] - now)
        if self._pace_per_s and self._idle and not self._is_over:
            wait_s = min(wait_s, self._began_at + self._taken / self._pace_per_s - now)
        return max(0.0, wait_s)

    def _hand_out(self, now: float) -> None:
        """Give idle tills the errands that are due, and let rested ones try again."""
        while self._resting and self._resting[0][0] <= now:
            _, _, till = heapq.heappop(self._resting)
            if till.post is not None:
                till.post.sign_again()
                self._send(till, till.post)
        while self._idle and not self._is_over:
            due_at = now
            if self._pace_per_s:
                due_at = self._began_at + self._taken / self._pace_per_s
                if due_at > now:
                    return
            self._take_errand(self._idle.popleft(), due_at)

    def _take_errand(self, till: _Till, due_at: float) -> None:
        errand = next(self._errands, None)
        if errand is None:
            self._is_over = True
            self._idle.append(till)
            return
        self._taken += 1
        till.errand = iter(errand)
        till.post = next(till.errand)
        till.sent_at_ns = int(due_at * 1e9) if self._pace_per_s else time.monotonic_ns()
        self._send(till, till.post)

    def _send(self, till: _Till, post: Post) -> None:
        try:
            sent = till.socket.sendmsg((post.head, post.body))
        except BlockingIOError:
            sent = 0
        if sent < len(post.head) + len(post.body):
            till.unsent = memoryview(post.head + post.body)[sent:]
            self._poll.modify(till.socket.fileno(), select.EPOLLIN | select.EPOLLOUT)

    def _send_rest(self, till: _Till) -> None:
        try:
            till.unsent = till.unsent[till.socket.send(till.unsent) :]
        except BlockingIOError:
            return
        if not till.unsent:
            self._poll.modify(till.socket.fileno(), select.EPOLLIN)

    def _receive(self, till: _Till) -> None:
        received = till.received
        try:
            chunk = till.socket.recv(_RECEIVE_BYTES)
        except BlockingIOError:
            return
        if not chunk:
            raise Broken("the register hung up on a till")
        received += chunk
        if not till.wanted:
            end = received.find(b"\r\n\r\n")
            if end < 0:
                return
            till.wanted = end + 4 + _content_length(bytes(received[:end]))
        if len(received) >= till.wanted:
            self._settle(till)

    def _settle(self, till: _Till) -> None:
        """Note a whole answer and go on with the errand, the next one, or after a rest."""
        post, received = till.post, bytes(till.received)
        till.received, till.wanted = bytearray(), 0
        if post is None:
            raise Broken("the register answered a till that had asked nothing")
        head, _, post.answer = received.partition(b"\r\n\r\n")
        post.code = int(head[9:12])
        if post.code in _BUSY:
            post.pushbacks += 1
            rest_s = _retry_after_s(head)
            wake_at = time.monotonic() + rest_s
            heapq.heappush(self._resting, (wake_at, till.socket.fileno(), till))
            return
        now_ns = time.monotonic_ns()
        post.sent_at_ns = till.sent_at_ns
        post.took_ns = now_ns - till.sent_at_ns
        self._on_answer(post)
        till.post = next(till.errand, None)
        if till.post is not None:
            till.sent_at_ns = now_ns
            self._send(till, till.post)
        elif self._is_over or self._pace_per_s:
            self._idle.append(till)
        else:
            self._take_errand(till, 0.0)


def _content_length(head: bytes) -> int:
    lower = head.lower()
    at = lower.find(b"content-length:")
    if at < 0:
        detail = f"an answer without a length: {head[:200]!r}"
        raise Broken(detail)
    return int(lower[at + 15 :].split(b"\r\n", 1)[0])


def _retry_after_s(head: bytes) -> float:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"retry-after:"):
            return float(line.split(b":", 1)[1])
    return 1.0
