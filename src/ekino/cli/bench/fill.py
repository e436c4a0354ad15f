"""A register that has been in use: so many sales put into it by PostgreSQL itself, day by day."""

import math
from collections.abc import Callable
from datetime import datetime, timedelta

from ekino.cli.bench.country import showings_of
from ekino.cli.bench.post import PATH, PUBLIC_URL
from ekino.cli.bench.sales import Sales
from ekino.cli.bench.site import Site
from ekino.register.service import compress

# A national year is 23 million tickets: so many a day.
EVENTS_A_DAY = 63_000
# More than a year of showings would say nothing new about an index.
DAYS_MAX = 365
_BATCH = 1_000
_DAY_S = 86_400


def days_for(events: int) -> int:
    """Say over how many days so many sales are spread: a year at most."""
    return min(DAYS_MAX, max(1, math.ceil(events / EVENTS_A_DAY)))


def fill(site: Site, events: int, tell: Callable[[str], None]) -> int:
    """
    Put `events` sales, rounded up to whole batches, into a register that has sold nothing.

    They stand there as if they had come one batch after another over the site's days, in
    the order of their time, from every source in turn, each with growing serial numbers;
    bodies are of the right size. Gives how many there are.
    """
    days = days_for(events)
    batches = math.ceil(events / _BATCH)
    sources, showings = site.store.sources(), site.store.showings()
    sales = Sales(site.sources, now=site.now)
    constants = {
        "sources": sources,
        "source_count": len(sources),
        "key_ids": [source.key_id for source in site.sources],
        "bodies": [compress(sales.batch(source, _BATCH))[1] for source in site.sources],
        "uri": PUBLIC_URL + PATH,
        "slots": len(site.sources[0].showings),
    }
    for number in range(days):
        first, past_end = batches * number // days, batches * (number + 1) // days
        day = site.now - timedelta(days=days - 1 - number)
        is_today = number == days - 1
        names = showings_of(site.sources, day, is_today=is_today)
        begins_at, seconds = _hours(day, is_today=is_today)
        today = {
            "first": first,
            "batches": past_end - first,
            "begins_at": begins_at,
            "seconds": seconds,
            "showings": [showings[name] for name in names],
        }
        if past_end > first:
            site.store.fill_day(constants | today)
        if number % 10 == 0:
            tell(f"filled {past_end * _BATCH:,} of {batches * _BATCH:,} events")
    site.store.vacuum()
    return batches * _BATCH


def _hours(day: datetime, *, is_today: bool) -> tuple[datetime, int]:
    """Give when a day's sales begin and how long they last; today's end just now."""
    if is_today:
        return day - timedelta(hours=1), 3_500
    return day.replace(hour=0, minute=0, second=0, microsecond=0), _DAY_S


def serials_used(events: int, sources: int) -> int:
    """Give a number of tickets that no source has reached after a fill."""
    return (events // _BATCH // sources + 1) * _BATCH
