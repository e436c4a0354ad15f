"""Lags: how long after an event happened it was recorded, by bounds and not one by one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# Upper bounds in seconds; the last bucket holds what took longer. feeds.venue_hour.lags has the
# same order, and queries/entries.sql counts by the same numbers.
LAG_BOUNDS_S = (1, 5, 15, 60, 300, 900, 3_600, 21_600, 86_400)
LAG_BUCKETS = len(LAG_BOUNDS_S) + 1


@dataclass(frozen=True, slots=True)
class Lags:
    """How many events took how long: one count a bucket of LAG_BOUNDS_S and one beyond."""

    counts: tuple[int, ...] = (0,) * LAG_BUCKETS

    @property
    def events(self) -> int:
        """How many there are in all."""
        return sum(self.counts)

    def within_s(self, permille: int) -> int | None:
        """
        Give the bound in seconds that so many of a thousand events stayed within.

        None when there are no events, or when it lies beyond the last bound.
        """
        wanted, seen = -(-self.events * permille // 1000), 0
        for bound, count in zip(LAG_BOUNDS_S, self.counts, strict=False):
            seen += count
            if wanted and seen >= wanted:
                return bound
        return None


def add(all_counts: Iterable[Sequence[int]]) -> Lags:
    """Add up distributions."""
    return Lags(tuple(map(sum, zip((0,) * LAG_BUCKETS, *all_counts, strict=True))))
