"""Scenario `soak`: the planet's peak for minutes on end, with everything that goes wrong in it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ekino.cli.bench.diary import Diary
from ekino.cli.bench.gauge import Gauge
from ekino.cli.bench.load import Load
from ekino.cli.bench.mixture import EVENTS_SENT_AN_ERRAND, Mixture
from ekino.cli.bench.rebuild import verify_totals
from ekino.cli.bench.report import latencies, rounded
from ekino.cli.bench.site import Site

# The world sells some seven billion tickets a year: so many a second on a Saturday evening.
PLANET_PER_S = 5_500
TILLS = 256

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many events a second, and for how long."""

    events_per_s: float
    seconds: float


def run(plan: Plan, site: Site, tell: Callable[[str], None]) -> Figures:
    """Keep the pace, watch memory and lag, and recount everything at the end."""
    mixture, diary = Mixture(site.sources), Diary(site.folder / "diary")
    errands_per_s = plan.events_per_s / EVENTS_SENT_AN_ERRAND
    wanted = int(errands_per_s * plan.seconds)
    load = Load(site.address, TILLS)
    tell(f"{plan.events_per_s:.0f} events a second for {plan.seconds:.0f} s")
    cpu_s = site.cpu_s()
    try:
        with Gauge(site, plan.seconds) as gauge:
            ran = load.run(
                mixture.errands(wanted),
                seconds=plan.seconds + 1,
                pace_per_s=errands_per_s,
                on_answer=diary.note,
            )
    finally:
        load.close()
    after_s = site.cpu_s()
    caught_up_s = site.wait_for_followers()
    tell("checking every answer and every entry")
    met = diary.verify(site.store, first=0)
    verify_totals(site, site.store.size())
    events = sum(met.values())
    spent = {name: (after_s[name] - cpu_s[name]) / ran.seconds for name in after_s}
    figures = {
        "events": events,
        "seconds": rounded(ran.seconds),
        "events/s": rounded(events / ran.seconds),
        "asked for": plan.events_per_s,
        **{f"ack {name} ms": value for name, value in latencies(diary.took_ms).items()},
        "503": diary.pushbacks,
        "followers caught up s": max(caught_up_s.values()),
        "lost": 0,
        "doubled": 0,
    }
    parts = [{**row, "cores": rounded(spent[row["part"]])} for row in gauge.memory_rows()]
    lags = [{"follower": name, "entries": most} for name, most in gauge.lag.items()]
    outcomes = [{"outcome": name, "events": count} for name, count in sorted(met.items())]
    return {
        "memory_megabytes": gauge.memory,
        "tables": [
            {"title": "soak: the planet's peak", "rows": [figures]},
            {"title": "memory, megabytes", "rows": parts},
            {"title": "most entries behind the register", "rows": lags},
            {"title": "what became of the events", "rows": outcomes},
        ],
    }
