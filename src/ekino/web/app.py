"""The web application: every room's routes, mounted by hand so that you can see them all."""

import base64
import platform
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette_compress import CompressMiddleware

from ekino.access import api as access_api
from ekino.access import pages as access_pages
from ekino.access.model.permissions import Permission
from ekino.access.pages.cookies import Cookies
from ekino.access.seal import Seal
from ekino.access.service import Key, person_of, verify_operator, verify_request_once
from ekino.access.service.provider import Provider
from ekino.catalog import api as catalog_api
from ekino.db.database import Database
from ekino.feeds import pages as feeds_pages
from ekino.feeds.model.excuse import EVIDENCE_BYTES_MAX
from ekino.ingest import api as ingest_api
from ekino.ingest.api import read_body, signed, verify_media_type
from ekino.ingest.service import Front
from ekino.kernel.errors import EkinoError, NotAllowed, Refused
from ekino.kernel.moments import now
from ekino.opendata import pages as opendata_pages
from ekino.opendata import service as opendata
from ekino.opendata.pages.words import Site
from ekino.own import pages as own_pages
from ekino.proofs import api as proofs_api
from ekino.proofs.service import PublicLog
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
from ekino.web import components, entries, gov, problems
from ekino.web.contract import files as contract_files
from ekino.web.contract import problem_pages
from ekino.web.forms import form
from ekino.web.headers import PageHeaders
from ekino.web.menu import make_menu
from ekino.web.people import People
from ekino.web.shortcut import Shortcut
from ekino.web.uploads import upload
from ekino.web.who import WHO, behind_guards


def create_app(
    settings: Settings,
    db: Database,
    *,
    seal: ingest_api.Seal | None = None,
    sign: Sign | None = None,
) -> Starlette:
    """
    Build the application over an open database; the writer starts and stops with it.

    `seal` signs receipts of batches and `sign` those of checks; an application without the key
    for it gives none, and the bare text.
    """
    front = Front(db)
    door = ingest_api.Door(front, settings.public_url, seal)
    checker = Checker(db)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        front.start()
        try:
            yield
        finally:
            await run_in_threadpool(front.stop)
            await run_in_threadpool(checker.close)

    async def signed_body(request: Request, bytes_max: int) -> tuple[Key, bytes]:
        """Read a body that somebody signed, and give the key with it."""
        if request.method == "POST":
            verify_media_type(request.headers)
        body = await read_body(request.receive, bytes_max=bytes_max)
        claim = signed(request.scope, request.headers, body, settings.public_url)
        verify_once = partial(verify_request_once, db, front.keyring, claim, now=now())
        return await run_in_threadpool(verify_once), body

    async def operator_body(request: Request, bytes_max: int) -> tuple[str, bytes]:
        """Read a body that an operator signed, and give the operator's name with it."""
        key, body = await signed_body(request, bytes_max)
        return verify_operator(key), body

    async def source_body(request: Request, bytes_max: int) -> tuple[Key, bytes]:
        """Read a body that a source signed, and give its key with it."""
        key, body = await signed_body(request, bytes_max)
        if key.source_id is None:
            detail = "this is no source's key; only a seller answers for its tickets"
            raise NotAllowed(detail, code="source_only")
        return key, body

    templates, assets = _make_templates(settings)
    routes: list[BaseRoute] = [
        *ingest_api.routes(door),
        *catalog_api.routes(db, operator_body),
        *access_api.routes(db, operator_body),
        *totals_api.routes(
            db,
            may_see_all(operator_body),
            partial(opendata.read_public_groups, db, country_of(settings)),
        ),
        *proofs_api.routes(db, PublicLog.at(settings.log_dir)),
        *verify_api.routes(db, source_body),
        *entries.routes(db, signed_body),
        *_own_routes(db, front),
        *_page_routes(settings, db, checker, sign or str, templates, assets),
    ]
    people = Middleware(People, db=db, cookies=Cookies(settings.public_url))
    app = _assembled(routes, lifespan, door, people)
    # For problems, which are pages too (`problem_page.as_page`).
    app.state.templates = templates
    return app


def _make_templates(settings: Settings) -> tuple[Templates, Assets]:
    """Give what pages are made of, and the files they ask for."""
    here = Path(__file__).parent
    assets = Assets(here / "static")
    templates = Templates(
        Catalogues(here / "locale"),
        assets,
        public_url=settings.public_url,
        menu=make_menu(),
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
    lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]],
    door: ingest_api.Door,
    people: Middleware,
) -> Starlette:
    """Put routes, middleware and errors together."""
    app = Starlette(
        routes=behind_guards(routes),
        lifespan=lifespan,
        middleware=[
            Middleware(PageHeaders),
            Middleware(Shortcut, path=ingest_api.PATH, door=door),
            Middleware(CompressMiddleware),
            people,
        ],
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
    """Give the pages, their files and their stream."""
    country = country_of(settings)
    exact = totals.LatestBoard(db, country, fresh_s=settings.live_tick_s / 5)
    latest = opendata.PublicBoard(db, exact)
    site = Site(db=db, country=country, templates=templates, clock=now)
    fanout = totals_live.Fanout(latest, templates, tick_s=settings.live_tick_s)
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
        *own_pages.routes(own_pages.Counter(db, templates, country), form),
        *feeds_pages.routes(
            feeds_pages.Desk(db, templates, country), form, upload(EVIDENCE_BYTES_MAX)
        ),
        *gov.routes(settings, db, templates, country, exact),
        *assets.routes(),
        *components.routes(templates),
        *problem_pages.routes(templates),
        *contract_files.routes(),
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
