"""Scenario `feeds`: the watch over a thousand sources: a round of it, and the pages of it."""

import http.client
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from ekino.access.model.permissions import RoleName
from ekino.access.service import people, sign_in
from ekino.access.service.people import Actor
from ekino.access.service.sign_in import Visitor
from ekino.catalog import service as catalog
from ekino.catalog.document import read_document
from ekino.cli.bench.answers import WrongAnswer
from ekino.cli.bench.country import DAY_STARTS_HOUR, TIMEZONE
from ekino.cli.bench.report import latencies, rounded
from ekino.cli.bench.site import Site
from ekino.db.database import Role
from ekino.feeds.service.rounds import ROUND_EVERY_S, SHARES, Rounds, fill_days
from ekino.kernel.moments import business_date

Figures = dict[str, Any]
Tell = Callable[[str], None]
VENDORS = 20
EXHIBITORS = 40
# A person who answers for so many exhibitors at once.
GRANTED = 10
# One source in so many has each of the three faults that are put in.
FAULT_EVERY = 50
KINDS = ("totals_differ", "gap", "refused")
_CINEMA, _MINISTRY = "/cinema/feed", "/gov/feeds"
_ACTOR = Actor("bench")
# What the register calls its cookie where the world reaches it over HTTPS.
_COOKIE = "__Host-ekino"
_OK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many sources with how many days behind them, and how often each is measured."""

    sources: int
    days: int
    rounds: int
    readings: int


def run(plan: Plan, site: Site, tell: Tell) -> Figures:
    """
    Put weeks of a watched country into the register, and time rounds over it and its pages.

    What is put there is what the fold would have left; rounds, days and pages are the
    product's. Every fault that was put in is asked about, and nothing else.
    """
    # Rounds go on from here, so that one of them is the first of an hour.
    at = site.now.replace(minute=59, second=15, microsecond=0) - timedelta(hours=1)
    tell(f"{plan.sources} sources with {plan.days} days behind them")
    today = _fill(plan, site, at)
    filled_s = _days_filled(site, at)
    tell("rounds")
    rounds = _rounds(plan, site, at, today)
    expected = _expected(site)
    _verify("what is asked", site.store.watch_asked(), expected)
    tell("pages")
    pages = _pages(plan, site, today, expected)
    return {
        "sources": plan.sources,
        "days": plan.days,
        "days_filled_s": rounded(filled_s),
        "asked": expected,
        "rounds": rounds,
        "pages": pages,
        "tables": [
            {
                "title": f"a round of the watch over {plan.sources} sources",
                "rows": [{"round": name, **figures} for name, figures in rounds.items()],
            },
            {
                "title": f"its pages, with {plan.days} days behind each source",
                "rows": [{"page": name, **figures} for name, figures in pages.items()],
            },
        ],
    }


def _fill(plan: Plan, site: Site, at: datetime) -> date:
    names = [f"vendor-{number}" for number in range(VENDORS)]
    names += [f"exhibitor-{number}" for number in range(EXHIBITORS)]
    organisations = [{"code": each, "name": each, "country": "KZ"} for each in names]
    document = msgspec.json.encode({"organisations": organisations})
    catalog.load(site.db, read_document(document))
    today = business_date(at, TIMEZONE, DAY_STARTS_HOUR)
    site.store.watch_over(
        {
            "at": at,
            "today": today,
            "days": plan.days,
            "vendors": VENDORS,
            "exhibitors": EXHIBITORS,
            "every": FAULT_EVERY,
        }
    )
    return today


def _days_filled(site: Site, at: datetime) -> float:
    began = time.monotonic()
    with site.db.transaction(Role.FOLLOWER) as tx:
        fill_days(tx, at)
    return time.monotonic() - began


def _expected(site: Site) -> dict[str, int]:
    counts = {
        kind: sum(number % FAULT_EVERY == place for number in _feeds(site))
        for place, kind in enumerate(KINDS, start=1)
    }
    return {kind: count for kind, count in counts.items() if count}


def _feeds(site: Site) -> list[int]:
    """Give the number of the source of every feed."""
    venues = [len({venue for venue, _ in source.showings}) for source in site.sources]
    numbers = zip(site.store.sources(), venues, strict=True)
    return [number for number, count in numbers for _ in range(count)]


# ---- rounds -------------------------------------------------------------------------------


def _rounds(plan: Plan, site: Site, at: datetime, today: date) -> dict[str, Figures]:
    """Time the first round of a process, then as many as asked with sales between them."""
    rounds = Rounds()
    took: dict[str, list[tuple[float, float]]] = {}
    for number in range(plan.rounds + 1):
        name = "every other" if number else "the first of a process"
        if number:
            before, at = at, at + timedelta(seconds=ROUND_EVERY_S)
            name = "the first of an hour" if before.hour != at.hour else name
        # Days come in turn: those that sold last are computed before the pages are read.
        if 0 < number <= plan.rounds - SHARES:
            site.store.watch_goes_on({"at": at, "today": today, "turn": number % 10})
        wall, cpu = time.monotonic(), time.process_time()
        with site.db.transaction(Role.FOLLOWER) as tx:
            rounds.look(tx, at)
        spent = (time.monotonic() - wall) * 1_000, (time.process_time() - cpu) * 1_000
        took.setdefault(name, []).append(spent)
    return {name: _summary(each) for name, each in took.items()}


def _summary(took: list[tuple[float, float]]) -> Figures:
    shown = latencies([wall for wall, _ in took])
    return {
        "times": len(took),
        "p50 ms": shown["p50"],
        "p95 ms": shown["p95"],
        "max ms": shown["max"],
        "of it our CPU, p50 ms": latencies([cpu for _, cpu in took])["p50"],
    }


# ---- pages --------------------------------------------------------------------------------


def _pages(
    plan: Plan, site: Site, today: date, expected: dict[str, int]
) -> dict[str, Figures]:
    """Read the ministry's pages and a mirror of several cinemas over HTTP."""
    ministry = _sign_in(site, [(RoleName.ANALYST, None)])
    owners = site.store.watch_exhibitors(GRANTED)
    cinema = _sign_in(site, [(RoleName.EXHIBITOR, each) for each in owners])
    reader = _Reader(site, plan.readings)
    _verify_pages(site, reader, (ministry, cinema), today, expected)
    asked = {
        "the board, a week": (ministry, _MINISTRY),
        "the board, four weeks": (ministry, f"{_MINISTRY}?span=month"),
        "by vendor, four weeks": (ministry, f"{_MINISTRY}?span=month&by=vendor"),
        "its last page": (ministry, f"{_MINISTRY}?span=month&page=9999"),
        "sorted by what is missing": (ministry, f"{_MINISTRY}?sort-feeds=-missing"),
        "one word searched": (ministry, f"{_MINISTRY}?q=V7"),
        "one source": (ministry, f"{_MINISTRY}/source-02"),
        f"the mirror of {GRANTED} exhibitors": (cinema, f"{_CINEMA}?span=month"),
    }
    return {name: reader.time(*each) for name, each in asked.items()}


def _sign_in(site: Site, grants: list[tuple[RoleName, int | None]]) -> str:
    number = time.monotonic_ns()
    person = people.add_person(
        site.db,
        name="Bench",
        email=f"bench-{number}@example.kz",
        language="kk",
        grants=grants,
        actor=_ACTOR,
    )
    link = people.make_link(site.db, person, "sign_in", actor=_ACTOR, at=site.now)
    cookie = sign_in.enter_by_link(site.db, link, visitor=Visitor(), at=site.now)
    if cookie is None:
        detail = "nobody is let in"
        raise WrongAnswer(detail)
    return cookie


class _Reader:
    """Reads pages one after another on one line, as a browser does."""

    def __init__(self, site: Site, readings: int) -> None:
        self._connection = http.client.HTTPConnection(*site.address, timeout=60)
        self._site = site
        self._readings = readings

    def get(self, cookie: str, address: str) -> bytes:
        """Give a page; anything but 200 is a wrong answer."""
        headers = {"Cookie": f"{_COOKIE}={cookie}", "Accept": "text/html"}
        self._connection.request("GET", address, headers=headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != _OK:
            detail = f"{address}: {answer.status} {body[:300]!r}"
            raise WrongAnswer(detail)
        return body

    def rows(self, cookie: str, address: str) -> list[dict[str, Any]]:
        """Give the rows of a table as a file."""
        return list(json.loads(self.get(cookie, address))["rows"])

    def time(self, cookie: str, address: str) -> Figures:
        """Read a page as often as asked, after twice that nobody times."""
        for _ in range(2):
            self.get(cookie, address)
        took_ms: list[float] = []
        size = 0
        before = self._site.cpu_s()
        for _ in range(self._readings):
            began = time.monotonic()
            size = len(self.get(cookie, address))
            took_ms.append((time.monotonic() - began) * 1_000)
        after = self._site.cpu_s()
        shown = latencies(took_ms)
        return {
            "p50 ms": shown["p50"],
            "p95 ms": shown["p95"],
            "max ms": shown["max"],
            **{
                f"of it {who} CPU ms": rounded(
                    (after[part] - before[part]) * 1_000 / self._readings
                )
                for who, part in (("our", "server"), ("PostgreSQL's", "postgresql"))
            },
            "HTML KB": rounded(size / 1024),
        }


def _verify_pages(
    site: Site,
    reader: _Reader,
    cookies: tuple[str, str],
    today: date,
    expected: dict[str, int],
) -> None:
    """Hold the tables behind the pages against what was put there."""
    ministry, cinema = cookies
    numbers = _feeds(site)

    def rows(part: str) -> list[dict[str, Any]]:
        return reader.rows(ministry, f"{_MINISTRY}.json?table={part}&span=month&lang=en")

    _verify("feeds", len(rows("feeds")), len(numbers))
    _verify("alarms", len(rows("alarms")), sum(expected.values()))
    _verify("vendors", sum(each["venues"] for each in rows("vendors")), len(numbers))
    span = {"first": today - timedelta(days=27), "past_end": today + timedelta(days=1)}
    sold = sum(each["registered_tickets"] for each in rows("days"))
    _verify("tickets of four weeks", sold, site.store.watch_recount(span))
    own = reader.rows(cinema, f"{_CINEMA}.json?table=feeds&lang=en")
    owned = sum(number % EXHIBITORS < GRANTED for number in numbers)
    _verify("feeds of several cinemas", len(own), owned)
    once = {(each["source"], each["venue"]) for each in own}
    _verify("each of them once", len(once), owned)


def _verify(what: str, found: object, expected: object) -> None:
    if found != expected:
        detail = f"{what}: {found} where {expected} is right"
        raise WrongAnswer(detail)
