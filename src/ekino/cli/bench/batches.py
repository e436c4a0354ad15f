"""Prepared batches: every source's in turn, some of them to be sent a second time."""

from collections.abc import Iterator
from datetime import UTC, datetime

from ekino.cli.bench.country import Source
from ekino.cli.bench.post import Post, post
from ekino.cli.bench.sales import Sales


class Batches:
    """Writes and signs batches of new sales, one errand after another."""

    def __init__(self, sources: list[Source]) -> None:
        """Sell for these sources; serial numbers go on from call to call."""
        self.sales = Sales(sources, now=datetime.now(UTC))
        self._turn = 0
        # How many of the sources send, the first ones.
        self.among = len(sources)

    def errands(
        self, count: int, *, batch: int, resent_percent: int = 0
    ) -> Iterator[tuple[Post, ...]]:
        """Give `count` batches of `batch` sales, so many of a hundred followed by a twin."""
        self.sales.tell_time(datetime.now(UTC))
        for number in range(count):
            once = self._next(batch)
            if number * resent_percent % 100 < resent_percent:
                yield once, post(once.source, once.body, batch, first=once)
            else:
                yield (once,)

    def _next(self, batch: int) -> Post:
        source = self.sales.sources[self._turn % self.among]
        self._turn += 1
        return post(source, self.sales.batch(source, batch), batch)
