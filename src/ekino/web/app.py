"""The web application: every room's routes, mounted by hand so that you can see them all."""

import base64
import platform
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

import msgspec
from anyio import from_thread
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp
from starlette_compress import CompressMiddleware

from ekino.access import api as access_api
from ekino.access import pages as access_pages
from ekino.access.model.entrances import Entrance
from ekino.access.model.permissions import Permission
from ekino.access.pages.cookies import Cookies
from ekino.access.seal import Seal
from ekino.access.service import person_of
from ekino.access.service.provider import Provider
from ekino.catalog import api as catalog_api
from ekino.certification import api as certification_api
from ekino.certification import pages as certification_pages
from ekino.certification.service import Issuer
from ekino.db.database import Database
from ekino.feeds import api as feeds_api
from ekino.ingest import api as ingest_api
from ekino.ingest.formats.facts import FILE_BYTES_MAX
from ekino.ingest.service import Front
from ekino.intake import api as intake_api
from ekino.intake import pages as intake_pages
from ekino.intake.connectors import hooks
from ekino.intake.connectors import pages as connector_pages
from ekino.intake.service import Keys as IntakeKeys
from ekino.kernel.errors import EkinoError, Refused
from ekino.kernel.moments import now
from ekino.notices.service.courier import Courier
from ekino.opendata import pages as opendata_pages
from ekino.opendata import service as opendata
from ekino.opendata.pages.words import Site
from ekino.own import pages as own_pages
from ekino.proofs import api as proofs_api
from ekino.proofs.service import PublicLog, Receipts
from ekino.settings import Settings
from ekino.totals import api as totals_api
from ekino.totals import live as totals_live
from ekino.totals import pages as totals_pages
from ekino.totals import service as totals
from ekino.totals.model.board import Board
from ekino.totals.model.day import Country
from ekino.ui.assets import Assets
from ekino.ui.templates import Templates
from ekino.ui.translation import Catalogues
from ekino.verify import api as verify_api
from ekino.verify import pages as verify_pages
from ekino.verify.service import Allowance, Checker, Sign
from ekino.web import certificates, entries, gov, problems, reading
from ekino.web.bodies import Bodies
from ekino.web.certifying import Certifying
from ekino.web.forms import form
from ekino.web.headers import PageHeaders
from ekino.web.key_notices import tell_of_key
from ekino.web.menu import make_menu
from ekino.web.observe import Failing, Observing
from ekino.web.people import People
from ekino.web.shortcut import Shortcut
from ekino.web.simulate import Simulating
from ekino.web.test_register import (
    Opener,
    Registers,
    TestRegister,
    choice_routes,
    no_test_register,
)
from ekino.web.uploads import Uploads
from ekino.web.versions import Versions
from ekino.web.who import WHO, behind_guards
from ekino.workbench import pages as workbench_pages
from ekino.workbench.service import sandbox
from ekino.workbench.service.magic import open_test_batch
from ekino.workbench.service.recorder import Recorder

# A page that needs the test register waits so long for it to open.
TEST_REGISTER_WAIT_S = 2


def create_app(
    settings: Settings,
    db: Database,
    *,
    seal: ingest_api.Seal | None = None,
    sign: Sign | None = None,
    test: Opener | None = None,
) -> Starlette:
    """
    Build the application over an open database; the writer starts and stops with it.

    `seal` signs receipts of batches and `sign` those of checks; an application without the key
    for it gives none, and the bare text. `test` opens the database of the test register, which
    answers whatever is signed by a test key; without it there is none.
    """
    front = Front(db)
    checker = Checker(db)
    recorder = Recorder(db)
    issuer = Issuer(sign=sign, register=settings.origin)
    tests = TestRegister(test or no_test_register, partial(_build_test, settings, issuer))

    def seen(key_id: str, agent: str, seconds: float) -> None:
        recorder.count(key_id, agent, now(), seconds, is_failed=False)

    door = ingest_api.Door(front, settings.public_url, seal, of_test=tests, seen=seen)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        front.start()
        recorder.start()
        tests.start()
        try:
            yield
        finally:
            await run_in_threadpool(tests.stop)
            await run_in_threadpool(front.stop)
            await run_in_threadpool(recorder.stop)
            await run_in_threadpool(checker.close)

    templates, assets = _make_templates(settings, is_test=False)
    bodies = Bodies(settings.public_url, db, front.keyring)
    uploads = Uploads()
    routes: list[BaseRoute] = [
        *_program_routes(settings, db, bodies, door, front),
        *certification_api.routes(db, bodies.of_source, issuer, is_test=False),
        *_own_routes(db, front),
        *_page_routes(settings, db, checker, sign or str, templates, assets),
        *_office_routes(settings, db, templates),
        *_intake_routes(settings, db, front, templates, uploads),
        *workbench_pages.routes(_bench(settings, db, tests, templates), form),
        *_certification_routes(settings, db, tests, templates, issuer),
        *certificates.feed_routes(
            db, templates, country_of(settings), lambda: tests.wait(0), uploads
        ),
        *choice_routes(),
    ]
    failed = Failing(recorder, front.keyring, tests)
    middleware = [
        Middleware(PageHeaders),
        Middleware(Shortcut, path=ingest_api.PATH, door=door, failed=failed),
        Middleware(CompressMiddleware),
        Middleware(People, db=db, cookies=Cookies(settings.public_url)),
        Middleware(Registers, test=tests),
        Middleware(Observing, recorder=recorder, keyring=front.keyring),
    ]
    app = _assembled(routes, lifespan, middleware)
    # For problems, which are pages too (`problem_page.as_page`), and for whoever tests.
    app.state.templates = templates
    app.state.test_register = tests
    return app


def _certification_routes(
    settings: Settings,
    db: Database,
    tests: TestRegister,
    templates: Templates,
    issuer: Issuer,
) -> list[BaseRoute]:
    """Give the pages of certification, which is gone through in the test register."""
    desk = certification_pages.Desk(
        live=db,
        tests=lambda: tests.wait(TEST_REGISTER_WAIT_S),
        templates=templates,
        issuer=issuer,
        timezone=settings.timezone,
        currency=settings.currency,
        watched=certificates.LiveHealth(db, country_of(settings)),
    )
    return certification_pages.routes(desk, form)


def _build_test(
    settings: Settings, issuer: Issuer, db: Database, recorder: Recorder
) -> tuple[ASGIApp, Callable[[], None]]:
    """Build the test register's application, and give it with what stops it."""
    settings = replace(
        settings,
        data_dir=settings.data_dir / "test",
        log_origin=f"{settings.origin}/test",
    )
    sandbox.prepare(db, setting_of(settings), at=now())
    receipts = Receipts.open(
        db, settings.data_dir / "keys" / "receipts.key", settings.origin
    )
    front = Front(db, open_body=open_test_batch)
    checker = Checker(db)
    door = ingest_api.Door(front, settings.public_url, receipts.seal)
    templates, assets = _make_templates(settings, is_test=True)
    bodies = Bodies(settings.public_url, db, front.keyring)
    routes = [
        *_program_routes(settings, db, bodies, door, front),
        *certification_api.routes(db, bodies.of_source, issuer, is_test=True),
        *_own_routes(db, front),
        *_page_routes(settings, db, checker, receipts.sign, templates, assets),
    ]
    app = _assembled(
        # Nobody is signed in here: people and their rooms are of the live register.
        [each for each in routes if isinstance(WHO[each.path], Entrance)],  # type: ignore[attr-defined]
        None,
        [],
    )
    app.state.templates = templates
    front.start()

    def stop() -> None:
        front.stop()
        checker.close()

    taken = Shortcut(app, path=ingest_api.PATH, door=door)
    certifying = Certifying(Simulating(taken), db, front.keyring)
    observing = Observing(
        certifying, recorder=recorder, keyring=front.keyring, keeps_all=True
    )
    return observing, stop


def _bench(
    settings: Settings, db: Database, tests: TestRegister, templates: Templates
) -> workbench_pages.Bench:
    """Give what the integrators' pages are handed: both registers, and what tells others."""
    return workbench_pages.Bench(
        live=db,
        test=lambda: tests.db,
        templates=templates,
        setting=setting_of(settings),
        seal=Seal(settings.data_dir / "keys" / "webhooks.key"),
        courier=Courier(settings.inside_hosts),
        has_mail=bool(settings.smtp_url),
    )


def setting_of(settings: Settings) -> sandbox.Setting:
    """Give where the test register's venues are."""
    return sandbox.setting_of(settings.country, settings.currency, settings.timezone)


def _program_routes(
    settings: Settings,
    db: Database,
    bodies: Bodies,
    door: ingest_api.Door,
    front: Front,
) -> list[BaseRoute]:
    """Give what programs ask, of the live register and of the test register alike."""
    return [
        *ingest_api.routes(door),
        *catalog_api.routes(db, bodies.of_operator),
        *access_api.routes(
            db, bodies.of_operator, bodies.claimed, bodies.verify, tell_of_key
        ),
        *totals_api.routes(
            db,
            may_see_all(bodies.of_operator),
            partial(opendata.read_public_groups, db, country_of(settings)),
        ),
        *proofs_api.routes(db, PublicLog.at(settings.log_dir)),
        *verify_api.routes(db, bodies.of_source),
        *feeds_api.routes(db, bodies.of_source),
        *entries.routes(db, bodies.signed),
        *intake_api.routes(db, intake_keys(settings), bodies.of_file, front.submit),
    ]


def intake_keys(settings: Settings) -> IntakeKeys:
    """Give the folder of the keys that sign what is handed in."""
    return IntakeKeys(settings.data_dir / "keys/intake", public_url=settings.public_url)


def _intake_routes(
    settings: Settings,
    db: Database,
    front: Front,
    templates: Templates,
    uploads: Uploads,
) -> list[BaseRoute]:
    """Give what is handed in and read: pages of files and connectors, and their hooks."""
    desk = intake_pages.Desk(
        db=db,
        templates=templates,
        keys=intake_keys(settings),
        submit=lambda request, body: from_thread.run(front.submit, request, body),
        timezone=settings.timezone,
    )
    board = connector_pages.Board(db, templates, settings.timezone)
    return [
        *intake_pages.routes(desk, form, uploads(FILE_BYTES_MAX)),
        *connector_pages.routes(board),
        *hooks.routes(db, ingest_api.read_body, now),
    ]


def _make_templates(settings: Settings, *, is_test: bool) -> tuple[Templates, Assets]:
    """Give what pages are made of, and the files they ask for."""
    here = Path(__file__).parent
    assets = Assets(here / "static")
    templates = Templates(
        Catalogues(here / "locale"),
        assets,
        public_url=settings.public_url,
        menu=make_menu(is_test=is_test),
    )
    return templates, assets


def may_see_all(operator_body: catalog_api.OperatorBody) -> totals_api.MaySeeAll:
    """Make the question whether whoever asks may see every figure there is."""

    async def ask(request: Request) -> bool:
        """Say whether an analyst asks who is signed in, or an operator who signed the request."""
        person = person_of(request.scope)
        if person is not None and person.may(Permission.SEE_COUNTRY):
            return True
        if "signature" not in request.headers:
            return False
        await operator_body(request, 0)
        return True

    return ask


def country_of(settings: Settings) -> Country:
    """Give the country whose figures the public pages show."""
    return Country(
        code=settings.country, currency=settings.currency, timezone=settings.timezone
    )


def _assembled(
    routes: list[BaseRoute],
    lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]] | None,
    middleware: list[Middleware],
) -> Starlette:
    """Put routes, middleware and errors together."""
    app = Starlette(
        routes=behind_guards(routes),
        lifespan=lifespan,
        middleware=[*middleware, Middleware(Versions)],
        exception_handlers={
            EkinoError: problems.on_ekino_error,
            HTTPException: problems.on_http_exception,
            Exception: problems.on_anything,
        },
    )
    # An address has one spelling. Verifiers of the log refuse to be sent elsewhere.
    app.router.redirect_slashes = False
    return app


def _page_routes(
    settings: Settings,
    db: Database,
    checker: Checker,
    sign: Sign,
    templates: Templates,
    assets: Assets,
) -> list[BaseRoute]:
    """Give the pages that everybody may read, their files and their stream."""
    country = country_of(settings)
    exact = totals.LatestBoard(db, country, fresh_s=settings.live_tick_s / 5)
    latest = opendata.PublicBoard(db, exact)
    site = Site(db=db, country=country, templates=templates, clock=now)
    fanout = totals_live.Fanout(latest, templates, tick_s=settings.live_tick_s)
    return [
        *verify_pages.check_routes(db, checker, templates, Allowance(), sign),
        *verify_pages.claim_routes(
            db,
            checker,
            templates,
            sign,
            form,
            Seal(settings.data_dir / "keys/contact.key"),
        ),
        *totals_pages.routes(latest, templates),
        *_place_routes(site, latest),
        *totals_pages.period_routes(db, country, templates),
        *totals_pages.calendar_routes(db, country, templates),
        *totals_pages.film_routes(
            db, country, templates, regions_of=opendata_pages.film_regions(db, latest)
        ),
        *totals_pages.compare_routes(db, country, templates),
        *totals_live.routes(fanout),
        *assets.routes(),
    ]


def _office_routes(
    settings: Settings, db: Database, templates: Templates
) -> list[BaseRoute]:
    """Give the pages of people who sign in."""
    country = country_of(settings)
    exact = totals.LatestBoard(db, country, fresh_s=settings.live_tick_s / 5)
    lobby = access_pages.Lobby(
        db=db,
        templates=templates,
        cookies=Cookies(settings.public_url),
        seal=Seal(settings.data_dir / "keys/people.key"),
        known=frozenset(WHO),
        public_url=settings.public_url,
        provider=_provider(settings),
    )
    return [
        *access_pages.routes(lobby, form, lambda: _installed(settings)),
        *own_pages.routes(own_pages.Counter(db, templates, country), form),
        *gov.routes(settings, db, templates, country, exact),
        *reading.routes(templates),
    ]


def _provider(settings: Settings) -> Provider | None:
    """Give the identity provider that is set; `Refused` for one that is set by half."""
    if not settings.oidc_issuer:
        return None
    path = Path(settings.oidc_secret_file)
    if not settings.oidc_client_id or not path.is_file():
        detail = (
            "EKINO_OIDC_ISSUER is set: EKINO_OIDC_CLIENT_ID names our client there, and "
            "EKINO_OIDC_SECRET_FILE a file with its secret"
        )
        raise Refused(detail, code="settings_malformed")
    secret = path.read_text("utf-8").strip()
    return Provider(
        settings.oidc_issuer, settings.oidc_client_id, secret, name=settings.oidc_name
    )


def _installed(settings: Settings) -> access_pages.Installed:
    """Say what runs here."""
    head = PublicLog.at(settings.log_dir).head()
    return access_pages.Installed(
        ekino=version("ekino"),
        python=platform.python_version(),
        checkpoint=None
        if head is None
        else (head.size, base64.b64encode(head.root).decode()),
    )


def _place_routes(site: Site, read_board: Callable[[], Board]) -> list[BaseRoute]:
    """Give the public pages of regions, venues, method and state, and for walls and frames."""
    return [
        *opendata_pages.region_routes(site),
        *opendata_pages.venue_routes(site),
        *opendata_pages.about_routes(site),
        *opendata_pages.state_routes(site),
        *opendata_pages.wall_routes(site, read_board),
    ]


def _own_routes(db: Database, front: Front) -> list[BaseRoute]:
    def get_health(_request: Request) -> Response:
        as_of, size = totals.read_lag(db)
        return Response(
            msgspec.json.encode(
                {
                    "state": "up",
                    "register_size": size,
                    "totals_as_of": as_of,
                    "lag_entries": size - as_of,
                }
            ),
            media_type="application/json",
        )

    def get_metrics(_request: Request) -> Response:
        as_of, size = totals.read_lag(db)
        figures = CollectorRegistry()
        for name, words, value in (
            ("ekino_register_size", "Entries in the register", size),
            ("ekino_totals_lag_entries", "Entries that totals have not seen", size - as_of),
            ("ekino_ingest_waiting_batches", "Batches that wait", front.waiting_batches),
            ("ekino_ingest_waiting_events", "Events that wait", front.waiting_events),
        ):
            Gauge(name, words, registry=figures).set(value)
        return Response(generate_latest(figures), media_type=CONTENT_TYPE_LATEST)

    return [
        Route("/health", get_health, methods=["GET"]),
        Route("/metrics", get_metrics, methods=["GET"]),
    ]
