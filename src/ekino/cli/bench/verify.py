"""Scenario `verify`: what a ticket is, asked by many phones at once, cold and warm."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ekino.cli.bench.answers import WrongAnswer, verify_answers
from ekino.cli.bench.load import Load, Run
from ekino.cli.bench.post import Post, post
from ekino.cli.bench.report import latencies, rounded
from ekino.cli.bench.sales import Sales
from ekino.cli.bench.site import Site
from ekino.cli.bench.tickets import Printer, Ticket

PHONES = 16
_BATCH = 500
_OK = 200
# What a program asks for, and what a phone's browser does.
_ACCEPT = {"JSON": "application/json", "page": "text/html"}
# Stands in the page of a ticket that is registered, as its verdict.
_REGISTERED = b"registered"

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many tickets are sold, and how long each way of asking is measured."""

    tickets: int
    seconds: float


def run(plan: Plan, site: Site, tell: Callable[[str], None]) -> Figures:
    """Sell tickets, then have every phone ask for one after another; each must be registered."""
    printer = Printer(site)
    tell(f"selling {plan.tickets} tickets")
    tickets = [printer.ticket(seq) for seq in range(1, plan.tickets + 1)]
    _sell(site, printer, tickets)
    site.wait_for_followers()
    rows = []
    for kind in _ACCEPT:
        for heat in ("cold", "warm"):
            # Cold: each ticket once, never asked for before in this way. Warm: the same few.
            asked = tickets if heat == "cold" else tickets[: PHONES * 4]
            tell(f"asking for {kind}, {heat}")
            rows.append(
                {"asked for": kind, "tickets": heat, **_ask(site, asked, kind, plan)}
            )
    return {
        "tables": [{"title": f"verify: {PHONES} phones at once", "rows": rows}],
    }


def _sell(site: Site, printer: Printer, tickets: Sequence[Ticket]) -> None:
    posts = []
    for first in range(0, len(tickets), _BATCH):
        sales = [ticket.sale for ticket in tickets[first : first + _BATCH]]
        posts.append((post(printer.source, Sales.write(sales), len(sales)),))
    load = Load(site.address, 1)
    try:
        verify_answers(load.run(posts, seconds=600).posts)
    finally:
        load.close()


def _ask(site: Site, tickets: Sequence[Ticket], kind: str, plan: Plan) -> Figures:
    source = site.sources[0]
    turns = 1 if len(tickets) > PHONES * 4 else max(1, plan.tickets // len(tickets))
    asked = [(_get(source, ticket, kind),) for _ in range(turns) for ticket in tickets]
    load = Load(site.address, PHONES)
    try:
        # The very first of its kind in a process: what it has to load is no verdict's cost.
        first = load.run([(_get(source, tickets[0], kind),)], seconds=30)
        cpu_s = site.cpu_s()
        ran = load.run(asked, seconds=plan.seconds)
        after_s = site.cpu_s()
    finally:
        load.close()
    _verify(ran, kind)
    count = len(ran.posts)
    return {
        "verdicts": count,
        "a second": rounded(count / ran.seconds),
        **{
            f"{name} ms": value
            for name, value in latencies([each.took_ns / 1e6 for each in ran.posts]).items()
        },
        "very first ms": rounded(first.posts[0].took_ns / 1e6),
        "CPU µs server": rounded((after_s["server"] - cpu_s["server"]) * 1e6 / count),
        "PostgreSQL": rounded((after_s["postgresql"] - cpu_s["postgresql"]) * 1e6 / count),
    }


def _get(source: Any, ticket: Ticket, kind: str) -> Post:
    head = (
        f"GET /t/{ticket.token} HTTP/1.1\r\nHost: register.bench\r\n"
        f"Accept: {_ACCEPT[kind]}\r\n\r\n"
    )
    return Post(source, b"", 1, head.encode())


def _verify(ran: Run, kind: str) -> None:
    """Every ticket was sold, so every verdict must say that it is registered."""
    for each in ran.posts:
        is_right = each.code == _OK and _REGISTERED in each.answer
        if is_right and kind == "JSON":
            is_right = msgspec.json.decode(each.answer)["verdict"] == "registered"
        if not is_right:
            detail = f"HTTP {each.code} for a ticket that was sold: {each.answer[:300]!r}"
            raise WrongAnswer(detail)
