"""The operator's overview: the registry, the audit trail, the jobs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.access.pages.account import ZONE
from ekino.access.pages.lobby import Lobby
from ekino.access.pages.people import ADMIN, suffix_of
from ekino.access.service import audit, people, registry, sign_in
from ekino.access.service.audit import Noted
from ekino.kernel.errors import NotFound
from ekino.kernel.moments import now
from ekino.ui.navigation import Step
from ekino.ui.tables import Cell, Column, Kind, Table, split_suffix

# Lines of the audit trail in one file.
AUDIT_FILE_LINES_MAX = 20_000
_LATEST = 8
_PAGE_MAX = 10_000
# No line of the audit trail is of another year.
_YEARS = (2000, 2200)
_AUDIT = (
    Column("at", "audit.at", Kind.CLOCK),
    Column("actor", "audit.actor", Kind.TEXT, is_head=True),
    Column("action", "audit.action", Kind.TEXT),
    Column("subject", "audit.subject", Kind.TEXT),
    Column("detail", "audit.detail", Kind.TEXT),
)
_TEXTS: Mapping[str, tuple[tuple[str, str, Kind], ...]] = {
    "venues": (
        ("code", "registry.code", Kind.TEXT),
        ("name", "registry.name", Kind.TEXT),
        ("city", "registry.city", Kind.TEXT),
        ("region", "registry.region", Kind.TEXT),
        ("organisation", "registry.organisation", Kind.TEXT),
        ("halls", "registry.halls", Kind.COUNT),
    ),
    "halls": (
        ("venue", "registry.venue", Kind.TEXT),
        ("venue_name", "registry.name", Kind.TEXT),
        ("code", "registry.code", Kind.TEXT),
        ("capacity", "registry.capacity", Kind.COUNT),
    ),
    "films": (
        ("code", "registry.code", Kind.TEXT),
        ("title_kk", "registry.title_kk", Kind.TEXT),
        ("title_ru", "registry.title_ru", Kind.TEXT),
        ("title_en", "registry.title_en", Kind.TEXT),
        ("countries", "registry.countries", Kind.TEXT),
        ("certificate", "registry.certificate", Kind.TEXT),
        ("versions", "registry.versions", Kind.COUNT),
    ),
    "organisations": (
        ("code", "registry.code", Kind.TEXT),
        ("name", "registry.name", Kind.TEXT),
        ("bin", "registry.bin", Kind.TEXT),
        ("kinds", "registry.kinds", Kind.TEXT),
        ("venues", "registry.venues", Kind.COUNT),
    ),
    "sources": (
        ("code", "registry.code", Kind.TEXT),
        ("name", "registry.name", Kind.TEXT),
        ("vendor", "registry.vendor", Kind.TEXT),
        ("organisation", "registry.organisation", Kind.TEXT),
        ("state", "people.state", Kind.TEXT),
        ("halls", "registry.halls", Kind.COUNT),
        ("keys", "registry.keys", Kind.COUNT),
    ),
}
_FOLLOWERS = (
    Column("follower", "jobs.follower", Kind.TEXT, is_head=True),
    Column("size", "jobs.size", Kind.COUNT),
    Column("next", "jobs.next", Kind.COUNT),
    Column("lag", "jobs.lag", Kind.COUNT),
    Column("folded_at", "jobs.folded_at", Kind.CLOCK),
)


@dataclass(frozen=True, slots=True)
class Installed:
    """What runs here, gathered by whoever puts the rooms together."""

    ekino: str
    python: str
    # Size and root of the latest checkpoint; None: none is published yet.
    checkpoint: tuple[int, str] | None


def routes(lobby: Lobby, installed: Callable[[], Installed]) -> list[BaseRoute]:
    """Give the routes of the overview."""
    pages = _Pages(lobby, installed)
    return [
        Route("/admin", pages.overview, methods=["GET"]),
        Route("/admin/registry", pages.registry, methods=["GET"]),
        Route("/admin/registry/{kind}", pages.registry_of, methods=["GET"]),
        Route("/admin/audit", pages.audit, methods=["GET"]),
        Route("/admin/audit.{suffix}", pages.audit, methods=["GET"]),
        Route("/admin/jobs", pages.jobs, methods=["GET"]),
        Route("/admin/jobs.{suffix}", pages.jobs, methods=["GET"]),
    ]


class _Pages:
    def __init__(self, lobby: Lobby, installed: Callable[[], Installed]) -> None:
        self._lobby = lobby
        self._installed = installed

    def overview(self, request: Request) -> Response:
        """Show what there is to look after."""
        db = self._lobby.db
        lines, _ = audit.read_audit(db, lines=_LATEST)
        listed = people.list_people(db)
        return self._lobby.respond(
            request,
            "access/admin.html",
            people=len(listed),
            invited=sum(not each.has_way for each in listed),
            sign_ins=sign_in.count_living(db, at=now()),
            counts=registry.count_registry(db),
            machine=registry.read_machine(db),
            lines=lines,
            zone=ZONE,
        )

    def registry(self, request: Request) -> Response:
        """Show how much of everything there is."""
        return self._lobby.respond(
            request,
            "access/registry.html",
            trail=(ADMIN,),
            counts=registry.count_registry(self._lobby.db),
            kinds=registry.KINDS,
        )

    def registry_of(self, request: Request) -> Response:
        """List one kind, a page or a file."""
        kind, suffix = split_suffix(request.path_params["kind"])
        if kind not in registry.KINDS:
            raise NotFound(f"the registry has no {kind}")
        page = _page(request)
        rows, is_more = (
            registry.list_registry(self._lobby.db, kind, page=page)
            if suffix is None
            else registry.list_registry(
                self._lobby.db, kind, rows=registry.REGISTRY_FILE_ROWS_MAX
            )
        )
        table = self._sorted(
            request,
            Table(
                name=kind,
                columns=tuple(
                    Column(name, title, column, is_head=place == 0)
                    for place, (name, title, column) in enumerate(_TEXTS[kind])
                ),
                rows=tuple(
                    {name: row[name] for name, _, _ in _TEXTS[kind]} for row in rows
                ),
            ),
        )
        title = self._lobby.templates.text(request, f"registry.kind.{kind}")
        if suffix is not None:
            return self._lobby.templates.respond_table(request, table, suffix, title=title)
        return self._lobby.respond(
            request,
            "access/registry_of.html",
            trail=(ADMIN, Step("/admin/registry", "registry.title")),
            title=title,
            table=table,
            page=page,
            is_more=is_more,
        )

    def audit(self, request: Request) -> Response:
        """Show who saw and did what, by person, action and day."""
        db, asked = self._lobby.db, request.query_params
        is_file = "suffix" in request.path_params
        page = 1 if is_file else _page(request)
        since = _day(asked.get("day", ""))
        person_id = _number(asked.get("person", ""))
        lines, is_more = audit.read_audit(
            db,
            lines=AUDIT_FILE_LINES_MAX if is_file else audit.AUDIT_PAGE_LINES_MAX,
            page=page,
            person_id=person_id,
            action=_action(asked.get("action", "")),
            since=since,
            until=None if since is None else since + timedelta(days=1),
        )
        table = self._sorted(
            request,
            Table(
                name="audit",
                columns=_AUDIT,
                rows=tuple(_line(each) for each in lines),
                timezone=ZONE,
            ),
        )
        title = self._lobby.templates.text(request, "audit.title")
        if is_file:
            suffix = suffix_of(request)
            return self._lobby.templates.respond_table(request, table, suffix, title=title)
        return self._lobby.respond(
            request,
            "access/audit.html",
            trail=(ADMIN,),
            table=table,
            people=people.list_people(db),
            actions=audit.list_actions(db),
            chosen=asked,
            page=page,
            is_more=is_more,
        )

    def jobs(self, request: Request) -> Response:
        """Show how far the followers are, and what runs here."""
        machine = registry.read_machine(self._lobby.db)
        table = self._sorted(
            request,
            Table(
                name="jobs",
                columns=_FOLLOWERS,
                rows=tuple(
                    {
                        "follower": each.name,
                        "size": each.size,
                        "next": each.next,
                        "lag": each.lag,
                        "folded_at": each.folded_at,
                    }
                    for each in machine.followers
                ),
                timezone=ZONE,
            ),
        )
        if "suffix" in request.path_params:
            title = self._lobby.templates.text(request, "jobs.title")
            suffix = suffix_of(request)
            return self._lobby.templates.respond_table(request, table, suffix, title=title)
        return self._lobby.respond(
            request,
            "access/jobs.html",
            trail=(ADMIN,),
            table=table,
            machine=machine,
            installed=self._installed(),
        )

    def _sorted(self, request: Request, table: Table) -> Table:
        language = self._lobby.templates.language(request)
        return table.sorted_by(request.query_params.get("sort"), language)


def _line(noted: Noted) -> dict[str, str | datetime | Cell | None]:
    detail = "; ".join(
        f"{name}: {value}" for name, value in noted.detail.items() if value is not None
    )
    who = noted.person or noted.actor
    return {
        "at": noted.at,
        "actor": Cell(
            who,
            href="" if noted.person_id is None else f"?person={noted.person_id}",
        ),
        "action": noted.action,
        "subject": noted.subject,
        "detail": detail or None,
    }


def _action(text: str) -> str | None:
    """Read an action's name; "" for all. One that cannot be a name is one that nobody did."""
    return None if not text else text if text.isidentifier() else "-"


def _page(request: Request) -> int:
    return max(1, min(_number(request.query_params.get("page", "")) or 1, _PAGE_MAX))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004 - digits of an integer


def _day(text: str) -> datetime | None:
    """Read a day as its beginning here; anything else is every day."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    if not _YEARS[0] <= day.year <= _YEARS[1]:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(ZONE))
