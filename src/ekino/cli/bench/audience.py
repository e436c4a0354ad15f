"""The audience: readers of the live page beside a load, and how late they learn of a sale."""

import bisect
import json
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ekino.cli.bench.answers import WrongAnswer, told_positions
from ekino.cli.bench.post import Post
from ekino.cli.bench.site import Site
from ekino.cli.bench.usage import cpu_s
from ekino.kernel.errors import Broken

Figures = dict[str, Any]


class Audience:
    """Readers in a process of their own; `leave` gives what they have seen."""

    def __init__(self, site: Site, *, count: int, sampled: int, stalled: int = 0) -> None:
        """Connect them, and wait until each has been answered."""
        host, port = site.address
        numbers = (port, count, sampled, stalled)
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "ekino.cli.bench.watchers", host, *map(str, numbers)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        if self._process.stdout is None or self._process.stdout.readline() != b"ready\n":
            raise Broken("the readers of the live page could not be connected")

    def cpu_s(self) -> float:
        """Give the processor time the readers have used."""
        return cpu_s(self._process.pid)

    def leave(self) -> Figures:
        """Hang up and give what was seen."""
        out, _ = self._process.communicate(timeout=120)
        seen: Figures = json.loads(out)
        return seen

    def stop(self) -> None:
        """End them whatever they do."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


@contextmanager
def audience(
    site: Site, *, count: int, sampled: int, stalled: int = 0
) -> Iterator[Audience]:
    """Lend readers that are gone at the end, whatever happens."""
    readers = Audience(site, count=count, sampled=sampled, stalled=stalled)
    try:
        yield readers
    finally:
        readers.stop()


def raise_open_files() -> int:
    """Let this process and those it starts hold as many connections as the system allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def delays_ms(
    posts: Sequence[Post], seen: Sequence[tuple[float, int]]
) -> tuple[list[float], list[float]]:
    """
    Give how long after its sending, and after its answer, each sale stood on one reader's page.

    Raises `WrongAnswer` for a sale that the reader was never shown.
    """
    moments, counted = [moment for moment, _ in seen], [entries for _, entries in seen]
    since_sent: list[float] = []
    since_answered: list[float] = []
    for post in posts:
        sent_s = post.sent_at_ns / 1e9
        for position in told_positions(post):
            place = bisect.bisect_right(counted, position)
            if place == len(seen):
                detail = f"the sale at position {position} was never shown to a reader"
                raise WrongAnswer(detail)
            since_sent.append((moments[place] - sent_s) * 1000)
            since_answered.append((moments[place] - sent_s) * 1000 - post.took_ns / 1e6)
    return since_sent, since_answered


def behind_first_ms(seen: Sequence[Sequence[tuple[float, int]]]) -> list[list[float]]:
    """Give, reader by reader, how long after the first of all each learned of each state."""
    first: dict[int, float] = {}
    for reader in seen:
        for moment, counted in reader:
            first[counted] = min(moment, first.get(counted, moment))
    return [
        # The first message is the whole page as it is when the reader comes.
        [(moment - first[counted]) * 1000 for moment, counted in reader[1:]]
        for reader in seen
    ]
