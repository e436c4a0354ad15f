"""The entries behind a figure, and one of them as it was received; every look is written down."""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.access.service.audit import note_seen
from ekino.archive.model.fold import Sums
from ekino.archive.model.question import Dimension
from ekino.archive.pages.asking import TICKETS, Asking
from ekino.archive.pages.explore import chips
from ekino.archive.pages.naming import Naming
from ekino.archive.pages.office import EXPLORE_STEP, GOV, Office, person_at
from ekino.archive.service import tickets
from ekino.archive.service.tickets import Found, Ticket, Tickets
from ekino.kernel.errors import NotFound
from ekino.ui.navigation import Step
from ekino.ui.tables import SUFFIXES, Cell, Column, Kind, Row, Table

# No register has a position of more digits.
_POSITION_DIGITS_MAX = 18
_COLUMNS = (
    Column("position", "entries.position", Kind.TEXT, is_head=True),
    Column("happened_at", "entries.happened_at", Kind.CLOCK),
    Column("kind", "entries.kind", Kind.TEXT),
    Column("venue", "explore.dim.venue", Kind.TEXT),
    Column("hall", "explore.dim.hall", Kind.TEXT),
    Column("film", "explore.dim.film", Kind.TEXT),
    Column("starts_at", "entries.starts_at", Kind.CLOCK),
    Column("seat", "entries.seat", Kind.TEXT),
    Column("sales_channel", "explore.dim.sales_channel", Kind.TEXT),
    Column("concession", "explore.dim.concession", Kind.TEXT),
    Column("admissions", "explore.measure.admissions", Kind.COUNT),
    Column("takings", "explore.measure.takings", Kind.MONEY),
    Column("fees", "explore.measure.fees", Kind.MONEY),
)


def routes(office: Office) -> list[BaseRoute]:
    """Give the entries behind a figure, their files, and one entry."""

    def listed(request: Request) -> tuple[Asking, Naming, Tickets, Table]:
        """Note the look, then look: no entry is shown without its line in the audit trail."""
        asking, naming = office.asking(request), office.naming(request)
        note_seen(
            office.db,
            person_at(request),
            "tickets",
            asking.address(TICKETS),
            {
                name: request.query_params.get(name, "")[:_POSITION_DIGITS_MAX]
                for name in ("as_of", "from_position")
            },
        )
        found = tickets.list_tickets(
            office.db,
            office.cube,
            asking.question,
            as_of=_position(request.query_params.get("as_of", "")),
            first=_position(request.query_params.get("from_position", "")) or 0,
        )
        return asking, naming, found, _table(office, naming, found)

    def list_tickets(request: Request) -> Response:
        """Show a page of the entries behind a figure."""
        asking, naming, found, table = listed(request)
        return office.templates.respond(
            request,
            "archive/tickets.html",
            trail=(GOV, EXPLORE_STEP),
            asking=asking,
            question=asking.question,
            chips=chips(asking, naming),
            found=found,
            table=table,
            shown_max=tickets.ENTRIES_SHOWN_MAX,
        )

    def list_file(request: Request) -> Response:
        """Give the same page as a file; it is noted like any look."""
        suffix = request.path_params["suffix"]
        if suffix not in SUFFIXES:
            raise NotFound(f"there is no file of the kind {suffix!r}", code="not_found")
        table = listed(request)[3]
        title = office.templates.text(request, "entries.title")
        return office.templates.respond_table(request, table, suffix, title=title)

    return [
        Route(TICKETS, list_tickets, name="tickets"),
        Route(f"{TICKETS}.{{suffix}}", list_file, name="tickets_file"),
        Route(
            f"{TICKETS}/{{position}}", lambda request: _one(office, request), name="ticket"
        ),
    ]


def _one(office: Office, request: Request) -> Response:
    """Show one entry with the bytes in which it was received."""
    text = request.path_params["position"]
    position = _position(text)
    if position is None:
        raise NotFound(
            f"the register has no entry at {text[:40]!r}", code="position_not_found"
        )
    note_seen(office.db, person_at(request), "ticket", f"{TICKETS}/{position}")
    opened = tickets.open_entry(office.db, position)
    naming = office.naming(request)
    showing = office.cube.read_showings([opened.entry.showing_id])
    return office.templates.respond(
        request,
        "archive/ticket.html",
        trail=(GOV, EXPLORE_STEP, Step(TICKETS, key="entries.title")),
        opened=opened,
        entry=opened.entry,
        place=_place(naming, showing.get(opened.entry.showing_id)),
        currency=office.currency,
        timezone=office.timezone,
        table=_history(office, naming, opened.history),
    )


def _position(text: str) -> int | None:
    if text.isascii() and text.isdigit() and len(text) <= _POSITION_DIGITS_MAX:
        return int(text)
    return None


def _place(naming: Naming, showing: object) -> dict[str, Any]:
    """Give a showing's place in words; empty where it is none of this country's."""
    if not isinstance(showing, dict) or showing["venue_id"] not in naming.names.venues:
        return {}
    venue = naming.names.venues[showing["venue_id"]]
    hall = naming.names.halls.get(showing["hall_id"], {"name": None, "code": ""})
    title, lang = naming.title(showing["film_id"])
    return {
        "venue": venue["name"],
        "hall": hall["name"] or hall["code"],
        "film": Cell(title, lang=lang),
        "starts_at": showing["starts_at"],
        "timezone": venue["timezone"],
    }


def _row(naming: Naming, ticket: Ticket, showings: dict[int, object]) -> Row:
    found = ticket.found
    place = _place(naming, showings.get(found.showing_id))
    return {
        "position": Cell(str(found.position), href=f"{TICKETS}/{found.position}"),
        "happened_at": found.happened_at,
        "kind": naming.text(f"entries.kind.{found.kind}"),
        **{name: place.get(name) for name in ("venue", "hall", "film", "starts_at")},
        "seat": ticket.seat or None,
        "sales_channel": naming.name(Dimension.SALES_CHANNEL, found.sales_channel)[0],
        "concession": ticket.concession or None,
        **_sums(ticket.sums),
    }


def _sums(sums: Sums) -> dict[str, int]:
    return {
        "admissions": sums.admissions,
        "takings": sums.gross_minor,
        "fees": sums.fees_minor,
    }


def _table(office: Office, naming: Naming, found: Tickets) -> Table:
    ids = sorted({row.found.showing_id for row in found.rows})
    showings: dict[int, object] = dict(office.cube.read_showings(ids))
    total: dict[str, Any] | None = None
    if found.whole is not None:
        total = {column.name: None for column in _COLUMNS}
        total |= {"position": naming.text("explore.whole"), **_sums(found.whole)}
    return Table(
        name="tickets",
        columns=_COLUMNS,
        rows=tuple(_row(naming, row, showings) for row in found.rows),
        total=total,
        currency=office.currency,
        timezone=office.timezone,
        as_of=found.as_of,
    )


def _history(office: Office, naming: Naming, history: Sequence[Found]) -> Table:
    columns = tuple(
        column
        for column in _COLUMNS
        if column.name
        in {"position", "happened_at", "kind", "admissions", "takings", "fees"}
    )
    return Table(
        name="ticket",
        columns=columns,
        rows=tuple(
            {
                "position": Cell(str(each.position), href=f"{TICKETS}/{each.position}"),
                "happened_at": each.happened_at,
                "kind": naming.text(f"entries.kind.{each.kind}"),
                "admissions": each.admissions,
                "takings": each.gross_minor,
                "fees": each.fees_minor,
            }
            for each in history
        ),
        currency=office.currency,
        timezone=office.timezone,
    )
