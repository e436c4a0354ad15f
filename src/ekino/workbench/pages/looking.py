"""Pages to look at: overview, requests, events, errors by cause, and any object by its name."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.ingest.model import FIX, Outcome
from ekino.kernel.errors import NotFound
from ekino.ui.tables import Cell, Column, Kind, Row, Table
from ekino.workbench import service
from ekino.workbench.pages import made
from ekino.workbench.pages.bench import Bench
from ekino.workbench.service import dev

_ASKED_CHARACTERS_MAX = 100
_WENT = (
    Column("key", "dev.key", Kind.TEXT, is_head=True),
    Column("agent", "dev.agent", Kind.TEXT),
    Column("requests", "dev.requests", Kind.COUNT),
    Column("failed", "dev.failed", Kind.COUNT),
    Column("share", "dev.error_rate", Kind.SHARE),
    Column("p95", "dev.p95", Kind.COUNT),
)
_REQUESTS = (
    Column("id", "dev.request", Kind.TEXT, is_head=True),
    Column("at", "dev.at", Kind.CLOCK),
    Column("what", "dev.what", Kind.TEXT),
    Column("answer", "dev.answer", Kind.TEXT),
    Column("took", "dev.took", Kind.COUNT),
    Column("key", "dev.key", Kind.TEXT),
)
_HISTORY = (
    Column("position", "dev.position", Kind.COUNT, is_head=True),
    Column("kind", "dev.kind", Kind.TEXT),
    Column("subject", "dev.subject", Kind.TEXT),
    Column("recorded", "dev.at", Kind.CLOCK),
    Column("happened", "dev.happened", Kind.CLOCK),
    Column("gross", "dev.gross", Kind.MONEY),
)


def routes(bench: Bench) -> list[BaseRoute]:
    """Give the addresses."""
    page = _Looking(bench)
    return [
        Route("/dev", page.overview, methods=["GET"]),
        Route("/dev/requests", page.requests, methods=["GET"]),
        Route("/dev/requests/{request_id}", page.request, methods=["GET"]),
        Route("/dev/events", page.events, methods=["GET"]),
        Route("/dev/errors", page.errors, methods=["GET"]),
        Route("/dev/inspect", page.inspect, methods=["GET"]),
    ]


class _Looking:
    """Pages that change nothing."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def _table(
        self,
        request: Request,
        part: str,
        columns: tuple[Column, ...],
        rows: list[Row],
    ) -> Table:
        setting = self._bench.setting
        table = Table(
            name=part,
            part=part,
            columns=columns,
            rows=tuple(rows),
            timezone=setting.timezone,
            currency=setting.currency,
        )
        language = self._bench.templates.language(request)
        return table.sorted_by(request.query_params.get(f"sort-{part}"), language)

    def overview(self, request: Request) -> Response:
        """Show how it goes."""
        asked = self._bench.asked(request)
        found = dev.read_overview(asked.db, asked.own, at=self._bench.clock())
        rows: list[Row] = [
            {
                "key": each.key_id,
                "agent": each.agent or None,
                "requests": each.requests,
                "failed": each.failed,
                "share": each.failed / each.requests if each.requests else None,
                "p95": _rounded(dev.p95_of(each)),
            }
            for each in found.went
        ]
        return self._bench.respond(
            request,
            "overview",
            asked,
            found=found,
            p95=_rounded(found.p95_ms),
            table=self._table(request, "went", _WENT, rows),
            days=dev.OVERVIEW_DAYS,
        )

    def requests(self, request: Request) -> Response:
        """Show the newest requests that fit."""
        asked = self._bench.asked(request)
        query = {
            name: request.query_params.get(name, "")[:_ASKED_CHARACTERS_MAX]
            for name in ("path", "code", "words", "key", "failed")
        }
        keys = [each for each in asked.own.key_ids if query["key"] in ("", each)]
        found = service.search_requests(
            asked.db,
            keys,
            path=query["path"],
            code=query["code"],
            words=query["words"].replace("\0", ""),
            is_failed=query["failed"] == "1",
        )
        rows: list[Row] = [
            {
                "id": Cell(
                    each.request_id,
                    href=f"/dev/requests/{each.request_id}?mode={asked.mode}",
                ),
                "at": each.at,
                "what": f"{each.method} {each.path}",
                "answer": _answer_of(each),
                "took": _rounded(each.took_ms),
                "key": each.key_id,
            }
            for each in found
        ]
        return self._bench.respond(
            request,
            "requests",
            asked,
            query=query,
            table=self._table(request, "requests", _REQUESTS, rows),
            most=service.REQUESTS_SHOWN_MAX,
        )

    def request(self, request: Request) -> Response:
        """Show one request, with its answer; it is looked for in both registers."""
        name = request.path_params["request_id"]
        for mode in ("test", "live"):
            asked = self._bench.asked(request, mode=mode)
            found = service.find_request(asked.db, name, asked.own.key_ids)
            if found is not None:
                return self._bench.respond(request, "request", asked, found=found)
        raise NotFound("there is no such request of yours", code="request_not_found")

    def events(self, request: Request) -> Response:
        """Show what the register made of the newest events."""
        asked = self._bench.asked(request)
        found = dev.list_events(asked.db, asked.own)
        text = partial(self._bench.templates.text, request)
        table = self._table(
            request, "events", made.COLUMNS, made.rows(found, text, mode=asked.mode)
        )
        return self._bench.respond(request, "events", asked, table=table)

    def errors(self, request: Request) -> Response:
        """Show what went wrong, by cause, with what to do about it."""
        asked = self._bench.asked(request)
        failures, refused = dev.list_causes(asked.db, asked.own, at=self._bench.clock())
        return self._bench.respond(
            request,
            "errors",
            asked,
            failures=failures,
            refused=refused,
            known={each.value for each in FIX} & {each.value for each in Outcome},
            days=dev.OVERVIEW_DAYS,
        )

    def inspect(self, request: Request) -> Response:
        """Show any object of one's own by its name, with its history."""
        asked = self._bench.asked(request)
        name = request.query_params.get("id", "").strip()[:_ASKED_CHARACTERS_MAX]
        name = name.replace("\0", "")
        found = dev.inspect(asked.db, asked.own, name) if name else dev.Found()
        if found.request is not None:
            return self._bench.respond(request, "request", asked, found=found.request)
        return self._bench.respond(
            request,
            "inspect",
            asked,
            sought=name,
            found=found,
            table=self._history(request, found),
        )

    def _history(self, request: Request, found: dev.Found) -> Table:
        rows: list[Row] = [
            {
                "position": each.position,
                "kind": self._bench.templates.text(request, f"entries.kind.{each.kind}"),
                "subject": each.subject,
                "recorded": each.recorded_at,
                "happened": each.happened_at,
                "gross": each.gross_minor,
            }
            for each in found.history
        ]
        return self._table(request, "history", _HISTORY, rows)


def _rounded(value: float | None) -> int | None:
    return None if value is None else round(value)


def _answer_of(each: service.Observed) -> str:
    if each.answer == 0:
        return "–"
    return f"{each.answer} {each.code}".strip()
