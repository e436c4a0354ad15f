"""The ministry's rooms put together: the cube, and what the rooms above it know."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.routing import BaseRoute

from ekino.archive import pages as archive_pages
from ekino.archive.pages import FeedsNow, Told, Waiting
from ekino.archive.service import Cube
from ekino.db.database import Database
from ekino.feeds import service as feeds
from ekino.feeds.model.board import Line, count_states, worst_first
from ekino.feeds.pages.desk import Side
from ekino.kernel.moments import now
from ekino.settings import Settings
from ekino.totals.model.board import Board
from ekino.totals.model.day import Country
from ekino.ui.templates import Templates
from ekino.verify.model.claim import State
from ekino.verify.service import claims, list_findings
from ekino.web.forms import form

# Findings are looked for over all tickets ever: once a minute is enough, however many watch.
FINDINGS_FRESH_S = 60.0
# Feeds named in the operations room; the watch's own page has them all.
FEEDS_SHOWN_MAX = 8

Findings = Mapping[str, Sequence[Mapping[str, Any]]]


def routes(
    settings: Settings,
    db: Database,
    templates: Templates,
    country: Country,
    board: Callable[[], Board],
) -> list[BaseRoute]:
    """Give the pages under /gov."""
    office = archive_pages.Office(
        db=db,
        cube=Cube(
            db, settings.archive_dir, country=country.code, currency=country.currency
        ),
        templates=templates,
        country=country.code,
        currency=country.currency,
        timezone=country.timezone,
        today=lambda: country.today(now()),
    )
    told = Told(
        board=board,
        claims=lambda: _waiting(db),
        feeds=lambda: _feeds_now(db),
        findings=_LatestFindings(db),
        now=now,
    )
    return archive_pages.routes(office, form, told)


def _waiting(db: Database) -> list[Waiting]:
    """Give the claims that wait for a decision, the oldest first."""
    waiting = [
        Waiting(each.reference, each.source_name, each.opened_at, each.answer_due_at)
        for each in claims.list_claims(db)
        if each.state in {State.CLAIMED, State.ANSWERED}
    ]
    return sorted(waiting, key=lambda each: each.opened_at)


def _feeds_now(db: Database) -> FeedsNow:
    """Give how feeds are, and those that need explanation, the worst before the others."""
    lines = [Line(feed=feed) for feed in feeds.list_feeds(db)]
    asked = [line for line in worst_first(lines) if line.needs_explanation]
    return FeedsNow(
        {state.value: count for state, count in count_states(lines).items()},
        len(feeds.list_alarms(db)),
        [
            (
                f"{line.feed.venue_name}, {line.feed.city}",
                Side.MINISTRY.source(line.feed.source, venue=line.feed.venue),
                line.feed.reason,
                line.feed.since,
            )
            for line in asked[:FEEDS_SHOWN_MAX]
        ],
    )


class _LatestFindings:
    """What needs explanation, looked for at most once in FINDINGS_FRESH_S."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._found: Findings | None = None
        self._looked_at = 0.0

    def __call__(self) -> Findings:
        with self._lock:
            if (
                self._found is None
                or time.monotonic() - self._looked_at >= FINDINGS_FRESH_S
            ):
                self._found = list_findings(self._db)
                self._looked_at = time.monotonic()
            return self._found
