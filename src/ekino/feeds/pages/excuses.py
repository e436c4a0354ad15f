"""The pages of excuses: filed on the mirrors, decided by the ministry, followed by both."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.feeds.model.excuse import (
    FIELD,
    Evidence,
    Excuse,
    Filing,
    Kind,
    Mistake,
    Party,
    Place,
    State,
    mistakes,
    obstacle,
)
from ekino.feeds.pages.desk import Desk, Form, Side, see
from ekino.feeds.service import excuses
from ekino.feeds.service.excuses import Asker
from ekino.kernel.errors import NotFound, Refused
from ekino.ui.exports import attachment
from ekino.ui.navigation import Step
from ekino.ui.tables import Cell, Column, Row, Table
from ekino.ui.tables import Kind as ColumnKind

# A sentence or two.
EXCUSE_WORDS_CHARACTERS_MAX = 2_000
# The vendor's own name of an incident, as trackers give them.
INCIDENT_CHARACTERS_MAX = 80
# A file's name, for whoever reads the list.
EVIDENCE_NAME_CHARACTERS_MAX = 120
# How `datetime-local` writes a minute.
_MINUTE = "%Y-%m-%dT%H:%M"
_MINUTE_CHARACTERS = len("2026-11-26T18:30")
# A document that came with a form: (name, bytes).
Document = tuple[str, bytes] | None
Upload = Callable[
    [Callable[[Request, Mapping[str, str], Document], Response]],
    Callable[[Request], Awaitable[Response]],
]
_STEPS: dict[Party | None, tuple[State, ...]] = {
    Party.MINISTRY: (State.ACCEPTED, State.DECLINED),
    Party.FILER: (State.WITHDRAWN,),
}


def routes(desk: Desk, form: Form, upload: Upload, side: Side) -> list[BaseRoute]:
    """Give the addresses of one side; `upload` reads a form that may carry a document."""
    page = _Excuses(desk, side)
    path = f"{side.path}/excuses"
    found: list[BaseRoute] = [
        Route(path, page.show, methods=["GET"]),
        Route(path + "/{reference}", page.read, methods=["GET"]),
        Route(path + "/{reference}", form(page.step), methods=["POST"]),
        Route(path + "/{reference}/evidence", page.evidence, methods=["GET"]),
    ]
    if side is Side.MINISTRY:
        return [Route(path + ".{suffix}", page.show_file, methods=["GET"]), *found]
    return [Route(path, upload(page.file), methods=["POST"]), *found]


class _Excuses:
    """The pages of one side."""

    def __init__(self, desk: Desk, side: Side) -> None:
        self._desk = desk
        self._side = side

    def _list(self, askers: Iterable[Asker]) -> list[Excuse]:
        found: dict[str, Excuse] = {}
        for asker in askers:
            for each in excuses.list_excuses(self._desk.db, asker):
                found.setdefault(each.reference, each)
        return list(found.values())

    def _table(self, request: Request) -> Table:
        def row(each: Excuse) -> Row:
            return {
                "reference": Cell(
                    each.reference, href=f"{self._side.path}/excuses/{each.reference}"
                ),
                "state": self._desk.text(request, f"feeds.excuse.{each.state}"),
                "kind": self._desk.text(request, f"feeds.excuse.{each.kind}"),
                "by": each.organisation or None,
                "begins_at": each.begins_at,
                "ends_at": each.ends_at,
                "venues": each.venues,
                "sources": each.sources,
                "filed_at": each.filed_at,
                "decided_at": each.decided_at,
                "incident": each.incident or None,
            }

        found = self._list(self._desk.askers(request, self._side))
        return Table(
            name="excuses",
            columns=_COLUMNS,
            rows=tuple(row(each) for each in found),
            timezone=self._desk.country.timezone,
            at=self._desk.clock(),
        )

    # ---- the list, and the form -----------------------------------------------------------

    def show(self, request: Request) -> Response:
        """List excuses, those that wait first; on a mirror with the form."""
        return self._form(request, Filing(), self._wanted(request))

    def _wanted(self, request: Request) -> str:
        source = request.query_params.get("source", "")
        venue = request.query_params.get("venue", "")
        for asker, place in self._places(request):
            if source == place.source and venue in ("", place.venue):
                return _value(asker, place) if venue else _value(asker, place, whole=True)
        return ""

    def _places(self, request: Request) -> list[tuple[Asker, Place]]:
        """Give the feeds that whoever asks may excuse, each with as whom."""
        if self._side is Side.MINISTRY:
            return []
        return [
            (asker, place)
            for asker in self._desk.askers(request, self._side)
            for place in excuses.list_excusable(self._desk.db, asker)
        ]

    def _options(
        self, request: Request, places: list[tuple[Asker, Place]]
    ) -> list[tuple[str, str]]:
        options: dict[str, str] = {}
        for asker, place in places:
            if len([1 for _, each in places if each.source_id == place.source_id]) > 1:
                words = self._desk.text(
                    request, "feeds.whole_source", source=place.source_name
                )
                options.setdefault(_value(asker, place, whole=True), words)
            options[_value(asker, place)] = (
                f"{place.venue_name}, {place.city} · {place.source_name}"
            )
        return list(options.items())

    def _form(
        self,
        request: Request,
        filing: Filing,
        wanted: str,
        *,
        problems: tuple[tuple[str, str], ...] = (),
        typed: Mapping[str, str] | None = None,
    ) -> Response:
        return self._desk.respond(
            request,
            "feeds/excuses.html",
            self._side,
            trail=(Step(self._side.path, key=self._side.title),),
            status_code=422 if problems else 200,
            table=self._desk.sorted(request, self._table(request)),
            options=self._options(request, self._places(request)),
            kinds=list(Kind),
            filing=filing,
            wanted=wanted,
            typed=typed or {},
            problems=problems,
            limits={
                "words": EXCUSE_WORDS_CHARACTERS_MAX,
                "incident": INCIDENT_CHARACTERS_MAX,
            },
        )

    def show_file(self, request: Request) -> Response:
        """Give the list as a file."""
        return self._desk.respond_file(
            request,
            (self._table(request),),
            request.path_params["suffix"],
            title=self._desk.text(request, "feeds.excuses"),
        )

    def file(
        self, request: Request, fields: Mapping[str, str], document: Document
    ) -> Response:
        """Say what is wrong with an excuse, or write it down."""
        places = self._places(request)
        wanted = fields.get("place", "")
        askers = {
            value: asker
            for asker, place in places
            for value in (_value(asker, place), _value(asker, place, whole=True))
        }
        filing = replace(
            _filing(fields, document, self._desk.country.timezone),
            places=[
                (place.source_id, place.venue_id)
                for asker, place in places
                if wanted in (_value(asker, place), _value(asker, place, whole=True))
            ],
        )
        at = self._desk.clock()
        found = mistakes(filing, at=at)
        if found:
            problems = tuple(
                (FIELD[each], self._desk.text(request, f"feeds.mistake.{each}"))
                for each in found
            )
            return self._form(request, filing, wanted, problems=problems, typed=fields)
        try:
            reference = excuses.file(
                self._desk.db,
                askers[wanted],
                filing,
                person=self._desk.person(request),
                at=at,
            )
        except Refused as error:
            if error.code != "excuse_quota_used":
                raise
            words = self._desk.text(request, f"feeds.mistake.{Mistake.TOO_MANY_FILED}")
            problems = ((FIELD[Mistake.TOO_MANY_FILED], words),)
            return self._form(request, filing, wanted, problems=problems, typed=fields)
        return see(f"{self._side.path}/excuses/{reference}")

    # ---- one excuse -----------------------------------------------------------------------

    def _read(self, request: Request) -> tuple[Asker, Excuse, list[Place]]:
        return excuses.read(
            self._desk.db,
            request.path_params["reference"].upper(),
            self._desk.askers(request, self._side),
        )

    def read(self, request: Request) -> Response:
        """Show an excuse, where it stands, and the steps that the reader may take."""
        return self._show(request)

    def _show(
        self, request: Request, *, problems: tuple[tuple[str, str], ...] = ()
    ) -> Response:
        asker, excuse, places = self._read(request)
        party = excuses.party_of(excuse, asker)
        may = [
            to
            for to in _STEPS.get(party, ())
            if party and obstacle(excuse.state, to=to, by=party, words="…") is None
        ]
        return self._desk.respond(
            request,
            "feeds/excuse.html",
            self._side,
            trail=(
                Step(self._side.path, key=self._side.title),
                Step(f"{self._side.path}/excuses", key="feeds.excuses"),
            ),
            status_code=422 if problems else 200,
            excuse=excuse,
            places=places,
            may=may,
            is_ministry=party is Party.MINISTRY,
            may_read_evidence=party is not None and bool(excuse.evidence_name),
            problems=problems,
            words_max=EXCUSE_WORDS_CHARACTERS_MAX,
        )

    def step(self, request: Request, fields: Mapping[str, str]) -> Response:
        """Accept, decline or withdraw."""
        asker, excuse, _ = self._read(request)
        party = excuses.party_of(excuse, asker)
        wanted = fields.get("step", "")
        if party is None or wanted not in [each.value for each in _STEPS[party]]:
            raise NotFound("there is no such step", code="step_not_found")
        words = fields.get("words", "")[:EXCUSE_WORDS_CHARACTERS_MAX]
        if party is Party.MINISTRY and not words:
            missing = self._desk.text(request, f"feeds.mistake.{Mistake.WORDS_MISSING}")
            return self._show(request, problems=(("words", missing),))
        excuses.take_step(
            self._desk.db,
            excuse,
            to=State(wanted),
            by=party,
            person=self._desk.person(request),
            words=words,
            at=self._desk.clock(),
        )
        return see(f"{self._side.path}/excuses/{excuse.reference}")

    def evidence(self, request: Request) -> Response:
        """Give the document that came with an excuse, to be saved and never to be run."""
        asker, excuse, _ = self._read(request)
        found = excuses.read_evidence(self._desk.db, excuse, asker)
        return Response(
            found.document,
            media_type="application/octet-stream",
            headers={
                "Content-Disposition": attachment(found.name),
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
            },
        )


_COLUMNS = (
    Column("reference", "feeds.reference", ColumnKind.TEXT, is_head=True),
    Column("state", "feeds.state", ColumnKind.TEXT),
    Column("kind", "feeds.what", ColumnKind.TEXT),
    Column("by", "feeds.filed_by", ColumnKind.TEXT),
    Column("begins_at", "feeds.begins_at", ColumnKind.CLOCK),
    Column("ends_at", "feeds.ends_at", ColumnKind.CLOCK),
    Column("venues", "feeds.venues", ColumnKind.COUNT),
    Column("sources", "feeds.sources", ColumnKind.COUNT),
    Column("filed_at", "feeds.filed_at", ColumnKind.CLOCK),
    Column("decided_at", "feeds.decided_at", ColumnKind.CLOCK),
    Column("incident", "feeds.incident", ColumnKind.TEXT),
)


def _value(asker: Asker, place: Place, *, whole: bool = False) -> str:
    """Name a feed, or all of a source's, as whoever may excuse it, for a form."""
    end = "" if whole else f"-{place.venue_id}"
    return f"{asker.organisation_id}-{place.source_id}{end}"


def _filing(fields: Mapping[str, str], document: Document, timezone: str) -> Filing:
    """Read a form; what cannot be read was not filled in."""
    kind = fields.get("kind", "")
    return Filing(
        kind=Kind(kind) if kind in list(Kind) else None,
        begins_at=_instant(fields.get("begins_at", ""), timezone),
        ends_at=_instant(fields.get("ends_at", ""), timezone),
        words=fields.get("words", "")[:EXCUSE_WORDS_CHARACTERS_MAX],
        incident=fields.get("incident", "")[:INCIDENT_CHARACTERS_MAX],
        evidence=Evidence(document[0][:EVIDENCE_NAME_CHARACTERS_MAX], document[1])
        if document
        else None,
    )


def _instant(text: str, timezone: str) -> datetime | None:
    if len(text) != _MINUTE_CHARACTERS:
        return None
    try:
        return datetime.strptime(text, _MINUTE).replace(tzinfo=ZoneInfo(timezone))
    except ValueError:
        return None
