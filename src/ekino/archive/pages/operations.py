"""The operations room: the country now, and whatever needs explanation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.access.model.permissions import Permission
from ekino.archive.model.question import Dimension
from ekino.archive.pages.asking import EXPLORE, TICKETS
from ekino.archive.pages.naming import Naming
from ekino.archive.pages.office import Office, may_see_tickets, person_at
from ekino.archive.service import watch
from ekino.archive.service.watch import Silent
from ekino.kernel.errors import NotFound
from ekino.ui.tables import SUFFIXES, Cell, Column, Kind, Table

# Rows of a kind of finding on the page.
FINDINGS_SHOWN_MAX = 100


class Waiting(NamedTuple):
    """A visitor's claim that somebody has to decide."""

    reference: str
    seller: str
    opened_at: datetime
    answer_due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What rooms above this one know, handed in by whoever puts the pages together."""

    # The country's business day, as the live page shows it.
    board: Callable[[], Any]
    claims: Callable[[], Sequence[Waiting]]
    # By kind, rows with the positions they rest on.
    findings: Callable[[], Mapping[str, Sequence[Mapping[str, Any]]]]
    now: Callable[[], datetime]


def routes(office: Office, told: Told) -> list[BaseRoute]:
    """Give the room, and its list of venues as files."""

    def silent_table(request: Request) -> tuple[Naming, Table]:
        naming = office.naming(request)
        region = request.query_params.get("region") or None
        found = watch.list_silent(
            office.db,
            country=office.country,
            currency=office.currency,
            business_date=office.today(),
            at=told.now(),
            region=region,
        )
        return naming, _silent(office, naming, found)

    def operations(request: Request) -> Response:
        """Show the room."""
        naming, silent = silent_table(request)
        findings = told.findings()
        kind = request.query_params.get("finding", "")
        return office.templates.respond(
            request,
            "archive/operations.html",
            board=told.board(),
            silent=silent.sorted_by(request.query_params.get("sort"), naming.language),
            silent_max=watch.SILENT_MAX,
            regions=sorted(
                (naming.name(Dimension.REGION, code)[0], code)
                for code in naming.names.regions
            ),
            region=request.query_params.get("region", ""),
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

    def operations_file(request: Request) -> Response:
        """Give the venues not heard from as a file."""
        suffix = request.path_params["suffix"]
        if suffix not in SUFFIXES:
            raise NotFound(f"there is no file of the kind {suffix!r}", code="not_found")
        _, table = silent_table(request)
        title = office.templates.text(request, "operations.silent")
        return office.templates.respond_table(request, table, suffix, title=title)

    return [
        Route("/gov", operations, name="operations"),
        Route("/gov.{suffix}", operations_file, name="operations_file"),
    ]


def _silent(office: Office, naming: Naming, found: Sequence[Silent]) -> Table:
    return Table(
        name="venues-not-heard-from",
        columns=(
            Column("venue", "explore.dim.venue", Kind.TEXT, is_head=True),
            Column("region", "explore.dim.region", Kind.TEXT),
            Column("since", "operations.since", Kind.CLOCK),
            Column("showings", "operations.showings_on", Kind.COUNT),
        ),
        rows=tuple(
            {
                "venue": Cell(
                    each.name,
                    href=f"{EXPLORE}?by=showing&period=today&venue={quote(each.code, safe='')}",
                ),
                "region": naming.name(Dimension.REGION, each.region_code)[0],
                "since": each.last_recorded_at,
                "showings": each.showings,
            }
            for each in found
        ),
        timezone=office.timezone,
    )


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
