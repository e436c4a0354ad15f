"""A month of honest feeds asks nothing, and a fault in one is seen within a minute of when it can be."""

import sys
from datetime import timedelta
from statistics import median

import pytest

from campaign import IS_FULL
from ekino.feeds.model.states import Kind as Asked
from feed_month import KINDS, Opened, Source

SEEN_WITHIN = timedelta(seconds=60)
BY_NAME = {kind.name: kind for kind in KINDS}
# Fault → the kinds of source that it is put into, what is asked first, and what may follow from it.
FAULTS: dict[str, tuple[tuple[str, ...], Asked, set[Asked]]] = {
    "silence": (("town", "village", "cloud", "europe"), Asked.SILENT, set()),
    "till": (("night", "city"), Asked.TILL_SILENT, {Asked.TOTALS_DIFFER, Asked.LATE}),
    "gap": (("town", "village", "upload"), Asked.GAP, set()),
    "duplicate": (("town", "weekly"), Asked.DUPLICATE, set()),
    "late": (("town", "village"), Asked.LATE, set()),
    "skew": (("town", "night"), Asked.CLOCK, set()),
    "refused": (("town", "village"), Asked.REFUSED, {Asked.TOTALS_DIFFER}),
    "totals": (("town", "village"), Asked.TOTALS_DIFFER, {Asked.DAY_INCOMPLETE}),
    "hall": (("city",), Asked.HALL_SILENT, {Asked.TOTALS_DIFFER, Asked.DAY_INCOMPLETE}),
    "days": (("town",), Asked.TOTALS_DIFFER, {Asked.DAY_INCOMPLETE, Asked.DAYS_INCOMPLETE}),
}
# 180 honest months, and as many with a fault.
HONEST_SEEDS = 20 if IS_FULL else 1
SEEDS = 10 if IS_FULL else 1


@pytest.mark.parametrize("name", list(BY_NAME))
def test_a_month_of_honest_feeds_asks_nothing(name: str) -> None:
    asked: list[tuple[int, Opened]] = []
    for seed in range(HONEST_SEEDS):
        source = Source(BY_NAME[name], seed)
        asked += [(seed, opened) for opened in source.run()]

    assert asked == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_seen_within_a_minute_of_when_it_can_be_known(fault: str) -> None:
    kinds, first, follows = FAULTS[fault]
    delays_s = []
    for seed in range(SEEDS):
        for kind in kinds if IS_FULL else kinds[:1]:
            source = Source(BY_NAME[kind], seed, fault)
            opened = source.run()
            assert opened, (kind, seed)
            seen = opened[0]
            known_at = source.known_at or seen.finding.known_at
            assert seen.name.kind is first, (kind, seed, opened)
            assert {each.name.kind for each in opened} <= {first, *follows}, (kind, seed)
            delay = seen.at - known_at
            assert timedelta() <= delay <= SEEN_WITHIN, (kind, seed, delay, opened)
            delays_s.append(delay.total_seconds())
    # For `make campaign`, which shows it: docs/explanation/feed-watch.md has the table.
    said = (fault, len(delays_s), median(delays_s), max(delays_s))
    sys.stdout.write("{}: {} months, seen after {:.0f} s, {:.0f} s at most\n".format(*said))
