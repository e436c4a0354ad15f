"""The gauge: every part's memory and every follower's lag, looked at while a load runs."""

import statistics
import threading
import time
from types import TracebackType
from typing import Any, Self

from ekino.cli.bench.report import rounded
from ekino.cli.bench.site import Site
from ekino.cli.bench.usage import everybody, tree

_MEGABYTE = 1024 * 1024
# So often in a run, but no oftener than twice a second.
_LOOKS = 200
_EVERY_MIN_S = 0.5


class Gauge:
    """
    A thread that looks on between `with` and its end.

    `memory` holds (seconds since the beginning, megabytes) by part, `lag` the most entries
    that each follower was behind.
    """

    def __init__(self, site: Site, seconds: float) -> None:
        """Look at this site over a run of about so many seconds."""
        self._site = site
        self._every_s = max(_EVERY_MIN_S, seconds / _LOOKS)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self.memory: dict[str, list[tuple[float, float]]] = {}
        self.lag: dict[str, int] = {}

    def __enter__(self) -> Self:
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Look no more."""
        self._is_over.set()
        self._thread.join()

    def _look_on(self) -> None:
        began_at = time.monotonic()
        pids = self._site.pids()
        while not self._is_over.wait(self._every_s):
            at = time.monotonic() - began_at
            among = everybody()
            for name, pid in pids.items():
                # PostgreSQL's processes share their memory: its own is that of the largest.
                sizes = [usage.rss_bytes for usage in tree(pid, among)] or [0]
                size = max(sizes) if name == "postgresql" else sum(sizes)
                self.memory.setdefault(name, []).append((at, size / _MEGABYTE))
            for name, behind in self._site.store.lag().items():
                self.lag[name] = max(behind, self.lag.get(name, 0))

    def memory_rows(self) -> list[dict[str, Any]]:
        """Give a row a part, with its growth an hour in the second half of the run."""
        return [
            {
                "part": name,
                "at first": rounded(looks[0][1]),
                "at last": rounded(looks[-1][1]),
                "most": rounded(max(size for _, size in looks)),
                "MB an hour, second half": rounded(_slope(looks[len(looks) // 2 :]) * 3600),
            }
            for name, looks in self.memory.items()
        ]


def _slope(looks: list[tuple[float, float]]) -> float:
    if len({at for at, _ in looks}) < 2:  # noqa: PLR2004 - a line wants two points
        return 0.0
    return statistics.linear_regression(*zip(*looks, strict=True)).slope
