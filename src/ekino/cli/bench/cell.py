"""One measurement of ingest: so many tills, batches of so many events, for so many seconds."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

from ekino.cli.bench import answers
from ekino.cli.bench.batches import Batches
from ekino.cli.bench.gauge import Gauge
from ekino.cli.bench.load import Load, Run
from ekino.cli.bench.post import Post
from ekino.cli.bench.report import latencies, rounded
from ekino.cli.bench.site import Site
from ekino.cli.bench.usage import machine_busy_s

# Prepared requests are held in memory, so that the load costs little while the clock runs.
PREPARED_EVENTS_MAX = 4_000_000
_WARM_UP_S = 0.5
# More than is expected in the warm-up, in batches a second of one till and of all.
_WARM_BATCHES_PER_S = 20_000
_WARM_EVENTS_PER_S = 250_000
# How much more is prepared than the warm-up's rate asks for.
_RESERVE = 1.3


class Cell(NamedTuple):
    """A shape of load."""

    batch: int
    tills: int

    def __str__(self) -> str:
        """Name it as people do."""
        return f"{self.tills} tills, batches of {self.batch}"


def measure(
    site: Site,
    batches: Batches,
    cell: Cell,
    *,
    seconds: float,
    resent_percent: int = 0,
    events_per_s: float | None = None,
) -> dict[str, Any]:
    """
    Warm up, measure, and check every answer and every entry of both.

    With `events_per_s` the pace is kept rather than exceeded, for as long as it can be.

    Raises `WrongAnswer` when the register lost, doubled or misplaced anything.
    """
    first = site.store.size()
    wanted = min(_WARM_BATCHES_PER_S, _WARM_EVENTS_PER_S / cell.batch) * _WARM_UP_S
    load = Load(site.address, cell.tills)
    try:
        warm = load.run(
            list(batches.errands(int(wanted) + cell.tills, batch=cell.batch)),
            seconds=_WARM_UP_S,
        )
        pace_per_s = events_per_s / cell.batch if events_per_s else None
        rate = pace_per_s or len(warm.posts) / warm.seconds * _RESERVE
        wanted = rate * seconds + 2 * cell.tills
        prepared = list(
            batches.errands(
                min(int(wanted), PREPARED_EVENTS_MAX // cell.batch),
                batch=cell.batch,
                resent_percent=resent_percent,
            )
        )
        figures, run = watched(site, load, prepared, seconds, pace_per_s=pace_per_s)
    finally:
        load.close()
    verify(site, [*warm.posts, *run.posts], first=first)
    return figures


def watched(
    site: Site,
    load: Load,
    errands: Sequence[tuple[Post, ...]],
    seconds: float,
    *,
    pace_per_s: float | None = None,
) -> tuple[dict[str, Any], Run]:
    """Run a load, and give what it reached and cost together with its answers."""
    store = site.store
    store.checkpoint()
    stored, wal_bytes = store.stored_bytes(), store.wal_bytes()
    cpu_s, busy_s = site.cpu_s(), machine_busy_s()
    with Gauge(site, seconds) if site.has_worker else nullcontext() as gauge:
        run = load.run(errands, seconds=seconds, pace_per_s=pace_per_s)
    after_s, busy_after_s = site.cpu_s(), machine_busy_s()
    wal_after_bytes, stored_after = store.wal_bytes(), store.stored_bytes()
    followers: dict[str, Any] = {}
    if gauge is not None:
        behind = store.lag()
        followers["followers"] = {
            "lag_most": gauge.lag,
            "lag_at_the_end": behind,
            "caught_up_s": site.wait_for_followers(),
        }
    events = run.events
    entered = sum(each.events for each in run.posts if each.first is None)
    spent_s = {"client": run.client_cpu_s} | {
        name: after_s[name] - cpu_s[name] for name in after_s if name != "peer"
    }
    others_s = busy_after_s - busy_s - sum(spent_s.values())
    return {
        "seconds": rounded(run.seconds),
        "requests": len(run.posts),
        "events": events,
        "events_per_s": rounded(events / run.seconds),
        "entered_per_s": rounded(entered / run.seconds),
        "ack_ms": latencies([each.took_ns / 1e6 for each in run.posts]),
        "cpu_us_per_event": {
            name: rounded(spent * 1e6 / events) for name, spent in spent_s.items()
        },
        "wal_bytes_per_event": rounded((wal_after_bytes - wal_bytes) / entered),
        "stored_bytes_per_event": {
            "tables": rounded((stored_after[0] - stored[0]) / entered),
            "indexes": rounded((stored_after[1] - stored[1]) / entered),
        },
        "pushbacks": sum(each.pushbacks for each in run.posts),
        # Cores that neither we nor what we measure kept busy: noise, and how much of it.
        "cores_taken_by_others": rounded(max(0.0, others_s / run.seconds)),
        **followers,
    }, run


def verify(site: Site, posts: Sequence[Post], *, first: int) -> None:
    """Check all that was answered since the register had `first` entries."""
    store, past_end = site.store, site.store.size()
    told = answers.verify_answers(posts)
    answers.verify_register(store, told, first=first, past_end=past_end)
    answers.verify_equal(
        "the register's sums against what was sold",
        store.recount(first, past_end),
        answers.sums_of(posts, store.showings()),
    )
