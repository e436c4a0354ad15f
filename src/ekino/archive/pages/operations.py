"""The operations room: the country now, and whatever needs explanation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.access.model.permissions import Permission
from ekino.archive.pages.asking import TICKETS
from ekino.archive.pages.office import Office, may_see_tickets, person_at
from ekino.archive.service import watch

# Rows of a kind of finding on the page.
FINDINGS_SHOWN_MAX = 100


class Waiting(NamedTuple):
    """A visitor's claim that somebody has to decide."""

    reference: str
    seller: str
    opened_at: datetime
    answer_due_at: datetime


class FeedsNow(NamedTuple):
    """How uploads are, as the watch over them says."""

    states: Mapping[str, int]
    alarms: int
    # (venue, source and venue as an address names them, key of what is asked, since when).
    worst: Sequence[tuple[str, str, str, datetime | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What rooms above this one know, handed in by whoever puts the pages together."""

    # The country's business day, as the live page shows it.
    board: Callable[[], Any]
    claims: Callable[[], Sequence[Waiting]]
    # How many feeds are in each state, the best first, and how much needs explanation now.
    feeds: Callable[[], FeedsNow]
    # By kind, rows with the positions they rest on.
    findings: Callable[[], Mapping[str, Sequence[Mapping[str, Any]]]]
    now: Callable[[], datetime]


def routes(office: Office, told: Told) -> list[BaseRoute]:
    """Give the room."""

    def operations(request: Request) -> Response:
        """Show the room."""
        findings = told.findings()
        kind = request.query_params.get("finding", "")
        return office.templates.respond(
            request,
            "archive/operations.html",
            board=told.board(),
            feeds=told.feeds(),
            claims=told.claims(),
            may_decide=person_at(request).may(Permission.DECIDE_CLAIMS),
            lags=watch.read_lags(office.db),
            counts={name: len(rows) for name, rows in findings.items()},
            finding=kind if kind in findings else "",
            rows=_positions(findings.get(kind, ())),
            shown_max=FINDINGS_SHOWN_MAX,
            tickets=TICKETS if may_see_tickets(request) else "",
            timezone=office.timezone,
            currency=office.currency,
        )

    return [Route("/gov", operations, name="operations")]


def _positions(rows: Sequence[Mapping[str, Any]]) -> list[list[int]]:
    """Give the positions that each row rests on; a row of none is left out."""
    found = []
    for row in rows[:FINDINGS_SHOWN_MAX]:
        positions = row.get("positions") or [
            row[name]
            for name in ("position", "ended_position")
            if row.get(name) is not None
        ]
        found.append([int(each) for each in positions])
    return [each for each in found if each]
