"""Scenario `rebuild`: the totals of a year, computed again from position 0."""

import re
import time
from collections.abc import Callable
from typing import Any

from ekino.cli.bench import answers
from ekino.cli.bench.fill import fill
from ekino.cli.bench.report import rounded
from ekino.cli.bench.site import Site
from ekino.kernel.errors import Broken


def run(events: int, site: Site, tell: Callable[[str], None]) -> dict[str, Any]:
    """Fill a register, run `ekino totals rebuild` and hold its totals against GROUP BY."""
    began_at = time.monotonic()
    stored = fill(site, events, tell)
    filled_s = time.monotonic() - began_at
    site.store.checkpoint()
    tell("rebuilding")
    postgres_s, wal_bytes = site.cpu_s()["postgresql"], site.store.wal_bytes()
    began_at = time.monotonic()
    words = site.run("totals", "rebuild")
    took_s = time.monotonic() - began_at
    postgres_s = site.cpu_s()["postgresql"] - postgres_s
    wal_bytes = site.store.wal_bytes() - wal_bytes
    folded = re.search(r"([0-9]+) entries", words)
    if folded is None or int(folded[1]) < stored:
        detail = f"{stored} entries are stored, ekino totals rebuild says: {words}"
        raise Broken(detail)
    tell("counting again by GROUP BY")
    began_at = time.monotonic()
    showings = verify_totals(site, site.store.size())
    row = {
        "events": stored,
        "showings × channels": showings,
        "rebuild s": rounded(took_s),
        "events/s": rounded(stored / took_s),
        "PostgreSQL CPU µs an event": rounded(postgres_s * 1e6 / stored),
        "WAL B an event": rounded(wal_bytes / stored),
        "GROUP BY s": rounded(time.monotonic() - began_at),
        "filled s": rounded(filled_s),
    }
    return {"tables": [{"title": "rebuild: totals from position 0", "rows": [row]}]}


def verify_totals(site: Site, size: int) -> int:
    """
    Hold the follower's totals against a plain GROUP BY, and days against showings.

    Gives how many sums there are; raises `WrongAnswer` where one differs.
    """
    found, expected = site.store.totals(), site.store.recount(0, size)
    answers.verify_equal("the totals against a GROUP BY of the register", found, expected)
    whole = tuple(sum(each) for each in zip(*expected.values(), strict=True)) or (0, 0, 0)
    if site.store.day_sums() != whole:
        detail = f"the days add up to {site.store.day_sums()}, the register to {whole}"
        raise answers.WrongAnswer(detail)
    return len(expected)
