"""/gov/connectors: how other ticketing systems are read, and what could not be mapped."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.db.database import Database
from ekino.intake.connectors import service
from ekino.intake.connectors.model import System
from ekino.intake.connectors.store import Kept, Shown
from ekino.kernel.errors import NotFound
from ekino.kernel.moments import Clock, now
from ekino.ui.navigation import Step
from ekino.ui.tables import SUFFIXES, Cell, Column, Kind, Row, Table
from ekino.ui.templates import Templates

PATH = "/gov/connectors"
_TRAIL = (Step("/gov", key="nav.gov"),)
# One reader's own figures: no cache keeps them and no search engine lists them.
_PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
# The page looks again as often as connectors do.
REFRESH_S = 30
# As they call themselves, in every language.
_NAMES = {
    System.PRETIX: "pretix",
    System.HI_EVENTS: "Hi.Events",
    System.ALFIO: "alf.io",
    System.ATTENDIZE: "Attendize",
}
_CONNECTORS = (
    Column("connector", "connect.connector", Kind.TEXT, is_head=True),
    Column("system", "connect.system", Kind.TEXT),
    Column("source", "connect.source", Kind.TEXT),
    Column("state", "connect.state", Kind.TEXT),
    Column("error", "connect.error", Kind.TEXT),
    Column("read_until", "connect.read_until", Kind.CLOCK),
    Column("lag_s", "connect.lag", Kind.COUNT),
    Column("tickets", "connect.tickets", Kind.COUNT),
    Column("sold", "connect.sold", Kind.COUNT),
    Column("given_back", "connect.given_back", Kind.COUNT),
    Column("skipped", "connect.skipped", Kind.COUNT),
    Column("waiting", "connect.waiting", Kind.COUNT),
    Column("unmapped", "connect.unmapped", Kind.COUNT),
    Column("cursor", "connect.cursor", Kind.TEXT),
)
_UNMAPPED = (
    Column("place", "connect.place", Kind.TEXT, is_head=True),
    Column("connector", "connect.connector", Kind.TEXT),
    Column("reason", "connect.reason", Kind.TEXT),
    Column("raw", "connect.raw", Kind.TEXT),
    Column("times", "connect.times", Kind.COUNT),
    Column("last_seen_at", "connect.last_seen", Kind.CLOCK),
)


@dataclass(frozen=True, slots=True)
class Board:
    """Handed to the page."""

    db: Database
    templates: Templates
    timezone: str
    clock: Clock = now


def routes(board: Board) -> list[BaseRoute]:
    """Give the page and its files."""
    page = _Page(board)
    return [
        Route(PATH, page.show, methods=["GET"]),
        Route(PATH + ".{suffix}", page.show_file, methods=["GET"]),
    ]


class _Page:
    """The page of connectors."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def _text(self, request: Request, key: str) -> str:
        return self._board.templates.text(request, key)

    def _tables(self, request: Request) -> tuple[list[Shown], Table, Table]:
        shown = service.list_all(self._board.db)
        kept = service.list_unmapped(self._board.db)
        zone, at = self._board.timezone, self._board.clock()
        connectors = Table(
            name="connectors",
            part="connectors",
            columns=_CONNECTORS,
            rows=tuple(self._row(request, each) for each in shown),
            timezone=zone,
            at=at,
        )
        unmapped = Table(
            name="connectors-unmapped",
            part="unmapped",
            columns=_UNMAPPED,
            rows=tuple(self._kept(request, each) for each in kept),
            timezone=zone,
            at=at,
        )
        return shown, connectors, unmapped

    def _row(self, request: Request, shown: Shown) -> Row:
        connector, at = shown.connector, self._board.clock()
        until = shown.read_until
        state = connector.state.value
        if connector.failures and state == "running":
            state = "waiting"
        skipped = shown.counts.get("orders_in_test_mode", 0)
        page = connector.cursor.get("page", "")
        return {
            "connector": Cell(connector.code, note=connector.url),
            "system": _NAMES[connector.system],
            "source": connector.source_code,
            "state": self._text(request, f"connect.state.{state}"),
            "read_until": until,
            "lag_s": None if until is None else max(0, round((at - until).total_seconds())),
            "tickets": shown.tickets,
            "sold": shown.counts.get("sold", 0),
            "given_back": shown.counts.get("given_back", 0),
            "skipped": skipped,
            "waiting": shown.waiting + shown.hints,
            "unmapped": shown.unmapped,
            "cursor": str(connector.cursor.get("since", "") or page)[:19] or None,
            "error": Cell(shown.last_error or None, lang="en", note=shown.last_error_code),
        }

    def _kept(self, request: Request, kept: Kept) -> Row:
        return {
            "place": Cell(kept.place, lang="en"),
            "connector": kept.code,
            "reason": self._text(request, f"connect.reason.{kept.reason}"),
            "raw": Cell(kept.raw, lang="en"),
            "times": kept.times,
            "last_seen_at": kept.last_seen_at,
        }

    def show(self, request: Request) -> Response:
        """Show every connector, and what could not be mapped."""
        shown, connectors, unmapped = self._tables(request)
        language = self._board.templates.language(request)
        answer = self._board.templates.respond(
            request,
            "intake/connectors.html",
            trail=_TRAIL,
            refresh_s=REFRESH_S,
            shown=shown,
            failing=sum(1 for each in shown if each.connector.failures),
            tickets=sum(each.tickets for each in shown),
            waiting=sum(each.waiting + each.hints for each in shown),
            connectors=connectors.sorted_by(
                request.query_params.get("sort-connectors"), language
            ),
            unmapped=unmapped.sorted_by(
                request.query_params.get("sort-unmapped"), language
            ),
        )
        answer.headers.update(_PRIVATE)
        return answer

    def show_file(self, request: Request) -> Response:
        """Give one of the page's tables as a file."""
        _, connectors, unmapped = self._tables(request)
        suffix = request.path_params["suffix"]
        chosen = request.query_params.get("table", "connectors")
        for table in (connectors, unmapped):
            if table.part == chosen and suffix in SUFFIXES:
                answer = self._board.templates.respond_table(
                    request, table, suffix, title=self._text(request, "connect.title")
                )
                answer.headers.update(_PRIVATE)
                return answer
        raise NotFound("this page has no such table", code="table_not_found")
