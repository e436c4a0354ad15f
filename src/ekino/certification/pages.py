"""/dev/certification: a vendor leads a till through its tests; /certified: who is certified."""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ekino.access.model.people import Person
from ekino.access.model.permissions import Permission
from ekino.access.service import find_key, person_of
from ekino.certification import service
from ekino.certification.model.health import FEEDS_SHOWN_MIN, HealthBook
from ekino.certification.model.plan import (
    LEVEL_OF,
    PRESETS,
    TESTS,
    Level,
    State,
    Test,
    levels_of,
)
from ekino.certification.model.run import NAME_CHARACTERS_MAX, Certified, Run, RunState
from ekino.certification.model.tasks import actions_of
from ekino.certification.model.tokens import make_examples
from ekino.certification.paper import set_certificate
from ekino.certification.service import Issuer
from ekino.db.database import Database
from ekino.kernel.errors import NotAuthenticated, NotFound, Refused
from ekino.kernel.moments import Clock, now
from ekino.ui.navigation import Step
from ekino.ui.tables import SUFFIXES, SUPPRESSED, Cell, Column, Kind, Row, Table
from ekino.ui.templates import Templates

Answering = Callable[[Request, Mapping[str, str]], Response]
Form = Callable[[Answering], Callable[[Request], Awaitable[Response]]]
# Gives how certified products do in the live register; None where nobody watches.
Watched = Callable[[], HealthBook | None]
# Gives the test register's database, in which certifications are gone through.
Tests = Callable[[], Database]
_DESK = "/dev/certification"
# How often a page looks by itself while something is to be done at the till.
REFRESH_S = 3
_PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}

COLUMNS = (
    Column("vendor", "cert.vendor", Kind.TEXT, is_head=True),
    Column("product", "cert.product", Kind.TEXT),
    Column("version", "cert.version", Kind.TEXT),
    Column("levels", "cert.levels", Kind.TEXT),
    Column("issued", "cert.issued", Kind.DATE),
    Column("ends", "cert.ends", Kind.DATE),
    Column("state", "cert.state", Kind.TEXT),
    Column("on_line", "cert.on_line", Kind.SHARE),
    Column("feeds", "cert.feeds", Kind.COUNT),
    Column("feed_days", "cert.feed_days", Kind.COUNT),
)


def _unwatched() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Desk:
    """Handed to every page of the room."""

    live: Database
    tests: Tests
    templates: Templates
    issuer: Issuer
    timezone: str
    currency: str
    clock: Clock = now
    watched: Watched = _unwatched

    def own_codes(self, request: Request) -> tuple[Person, list[str]]:
        """Give who asks, and the codes of the vendors for whom they may."""
        person = person_of(request.scope)
        if person is None:
            raise NotAuthenticated("sign in first", code="not_signed_in")
        grants = person.organisations(Permission.SEE_OWN_SOURCES)
        known = [
            each.organisation_id for each in grants if each.organisation_id is not None
        ]
        # The same vendor has another number in the test register, and the same code.
        return person, service.list_codes(self.live, known)

    def own_run(self, request: Request) -> Run:
        """Give a run of one's own; another's is one that is not there."""
        _, codes = self.own_codes(request)
        run = service.find_run(self.tests(), request.path_params["reference"].upper())
        if run.organisation_code not in codes:
            detail = f"there is no certification {run.reference} of yours"
            raise NotFound(detail, code="certification_not_found")
        return run

    def respond(
        self,
        request: Request,
        name: str,
        *,
        trail: tuple[Step, ...],
        status_code: int = 200,
        **values: object,
    ) -> Response:
        """
        Answer with a page of the workbench that nobody else may keep.

        Certifications are gone through in the test register, and the page says so.
        """
        answer = self.templates.respond(
            request, name, trail=trail, status_code=status_code, mode="test", **values
        )
        answer.headers.update(_PRIVATE)
        return answer


def routes(desk: Desk, form: Form) -> list[BaseRoute]:
    """Give the pages; `form` reads a page's own form."""
    own, public = _Own(desk), _Public(desk)
    run = f"{_DESK}/{{reference}}"
    return [
        Route(_DESK, own.show, methods=["GET"]),
        Route(_DESK, form(own.begin), methods=["POST"]),
        Route(run, own.follow, methods=["GET"]),
        Route(run, form(own.end), methods=["POST"]),
        Route(f"{run}/steps/{{test}}", form(own.take), methods=["POST"]),
        Route("/certified", public.show, methods=["GET"]),
        Route("/certified.{suffix}", public.show_file, methods=["GET"]),
        Route("/certified/{reference}.{suffix}", public.give, methods=["GET"]),
    ]


class _Own:
    """What a vendor's people see of their own certifications."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def show(self, request: Request) -> Response:
        """Show the runs there are, and the form that begins another."""
        return self._list(request, ())

    def _list(self, request: Request, problems: tuple[tuple[str, str], ...]) -> Response:
        _, codes = self._desk.own_codes(request)
        db = self._desk.tests()
        return self._desk.respond(
            request,
            "certification/desk.html",
            status_code=422 if problems else 200,
            trail=(Step("/dev", key="dev.title"),),
            runs=service.list_runs(db, codes),
            watched=self._desk.watched(),
            keys=service.list_keys(db, codes, at=self._desk.clock()),
            presets={
                name: [self._level(request, each) for each in levels]
                for name, levels in PRESETS.items()
            },
            problems=problems,
            characters_max=NAME_CHARACTERS_MAX,
            timezone=self._desk.timezone,
        )

    def _level(self, request: Request, level: Level) -> str:
        return self._desk.templates.text(request, f"cert.level.{level}")

    def begin(self, request: Request, fields: Mapping[str, str]) -> Response:
        """Begin a certification with one of one's own test keys."""
        _, codes = self._desk.own_codes(request)
        db = self._desk.tests()
        key_id = fields.get("key", "")
        key = (
            find_key(db, key_id)
            if key_id in service.list_keys(db, codes, at=self._desk.clock())
            else None
        )
        text = self._desk.templates.text
        if key is None:
            return self._list(request, (("key", text(request, "cert.mistake.key")),))
        try:
            run = service.begin(
                db,
                key,
                product=fields.get("product", ""),
                version=fields.get("version", ""),
                levels=levels_of(fields.get("preset", "")),
                at=self._desk.clock(),
            )
        except Refused as error:
            name = (
                "cert.mistake.showing"
                if error.code == "certification_has_no_showing"
                else "cert.mistake.names"
            )
            return self._list(request, (("product", text(request, name)),))
        return _see(f"{_DESK}/{run.reference}")

    def follow(self, request: Request) -> Response:
        """Judge what has come, and show how it stands, level by level."""
        run = self._desk.own_run(request)
        run = service.look(
            self._desk.tests(), run.reference, self._desk.issuer, at=self._desk.clock()
        )
        current = run.current if run.state is RunState.RUNNING else None
        return self._desk.respond(
            request,
            "certification/run.html",
            trail=(Step("/dev", key="dev.title"), Step(_DESK, key="cert.title")),
            run=run,
            current=current,
            actions=() if current is None else actions_of(current.test, run.stage),
            tokens=[asdict(each) for each in make_examples(run.stage.venue)]
            if current is not None and current.test is Test.TOKENS
            else [],
            levels={
                level: [step for step in run.steps if LEVEL_OF[step.test] is level]
                for level in TESTS
                if level in run.levels
            },
            refresh_s=REFRESH_S,
            timezone=self._desk.timezone,
            currency=self._desk.currency,
            has_failed=State.FAIL in run.states.values(),
        )

    def take(self, request: Request, fields: Mapping[str, str]) -> Response:
        """Try a test again, leave it out, or answer it by hand."""
        run = self._desk.own_run(request)
        service.take_step(
            self._desk.tests(),
            run.reference,
            request.path_params["test"],
            fields.get("do", ""),
            answers=fields.get("answers", "").split(),
            at=self._desk.clock(),
        )
        return _see(f"{_DESK}/{run.reference}")

    def end(self, request: Request, _fields: Mapping[str, str]) -> Response:
        """End a certification as it stands."""
        run = self._desk.own_run(request)
        service.end(self._desk.tests(), run.reference, at=self._desk.clock())
        return _see(f"{_DESK}/{run.reference}")


class _Public:
    """What everybody may see: who is certified, for what, until when."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def _list(self) -> list[Certified] | None:
        """Give the list; None where there is no test register, in which tests are gone through."""
        try:
            return service.list_certified(self._desk.tests())
        except NotFound as error:
            if error.code != "test_mode_off":
                raise
            return None

    def _table(
        self,
        request: Request,
        certified: Iterable[Certified],
        watched: HealthBook | None,
    ) -> Table:
        text = self._desk.templates.text
        today = self._desk.clock().date()
        rows: list[Row] = [
            {
                "vendor": each.vendor,
                "product": Cell(each.product, href=f"/certified/{each.reference}.pdf"),
                "version": each.version,
                "levels": ", ".join(
                    text(request, f"cert.level.{level}") for level in each.levels
                ),
                "issued": each.issued_date,
                "ends": each.ends_date,
                "state": text(request, f"cert.holds.{each.state_on(today)}"),
                **_health_row(watched, each),
            }
            for each in certified
        ]
        return Table(
            name="certified",
            columns=COLUMNS,
            rows=tuple(rows),
            timezone=self._desk.timezone,
            as_of=watched.as_of if watched else None,
            at=watched.at if watched else None,
        )

    def show(self, request: Request) -> Response:
        """Show the list."""
        language = self._desk.templates.language(request)
        certified = self._list()
        watched = self._desk.watched()
        table = self._table(request, certified or (), watched)
        return self._desk.templates.respond(
            request,
            "certification/certified.html",
            table=table.sorted_by(request.query_params.get("sort"), language),
            is_testable=certified is not None,
            watched=watched,
            feeds_min=FEEDS_SHOWN_MIN,
            timezone=self._desk.timezone,
        )

    def show_file(self, request: Request) -> Response:
        """Give the list as a file."""
        suffix = request.path_params["suffix"]
        if suffix not in SUFFIXES:
            raise NotFound("there is no such file", code="not_found")
        title = self._desk.templates.text(request, "cert.public")
        return self._desk.templates.respond_table(
            request,
            self._table(request, self._list() or (), self._desk.watched()),
            suffix,
            title=title,
        )

    def give(self, request: Request) -> Response:
        """Give one certificate, as it was signed or on paper."""
        run = service.find_run(self._desk.tests(), request.path_params["reference"].upper())
        suffix = request.path_params["suffix"]
        if run.certificate is None or suffix not in ("json", "pdf"):
            detail = f"there is no certificate {run.reference}"
            raise NotFound(detail, code="certification_not_found")
        if suffix == "json":
            text = json.dumps(run.certificate, ensure_ascii=False, indent=1)
            return Response(text + "\n", media_type="application/json")
        words = self._paper_words(request, run)
        headers = {"Content-Disposition": f'inline; filename="{run.reference}.pdf"'}
        return Response(set_certificate(words), 200, headers, "application/pdf")

    def _paper_words(self, request: Request, run: Run) -> Mapping[str, object]:
        templates = self._desk.templates
        language = templates.language(request)

        def text(key: str, **values: object) -> str:
            return templates.text(request, key, **values)

        issued = (run.ended_at or self._desk.clock()).date()
        note = str((run.certificate or {}).get("note", "")).strip().splitlines()
        return {
            "lang": language.value,
            "date": [issued.year, issued.month, issued.day],
            "office": "e-Kino",
            "title": text("cert.certificate"),
            "facts": [
                [text("cert.vendor"), run.vendor],
                [text("cert.product"), f"{run.product} {run.version}"],
                [text("cert.issued"), _day(issued)],
                [text("cert.ends"), _day(run.ends_date)],
                [text("cert.reference"), run.reference],
            ],
            "levels_title": text("cert.levels"),
            "levels": [
                [text(f"cert.level.{level}"), text(f"cert.level_proves.{level}")]
                for level in run.earned
            ],
            "signature_title": text("cert.signature"),
            "signature": note[-1] if note else "",
            "log_title": text("cert.log"),
            "log": str((run.certificate or {})["certificate"]["log_sha256"]),
            "check": text("cert.check", command="ekino certify verify"),
        }


def _health_row(watched: HealthBook | None, each: Certified) -> Row:
    """Give how the live feeds of a product did, as far as everybody may know it."""
    health = watched.of(each) if watched else None
    if health is None:
        return dict.fromkeys(("on_line", "feeds", "feed_days"))
    if not health.is_public:
        return dict.fromkeys(("on_line", "feeds", "feed_days"), SUPPRESSED)
    return {"on_line": health.share, "feeds": health.feeds, "feed_days": health.days}


def _day(day: date | None) -> str:
    return "" if day is None else day.strftime("%d.%m.%Y")


def _see(address: str) -> Response:
    return RedirectResponse(address, status_code=303)
