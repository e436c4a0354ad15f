"""The live page served over an invented evening, in this process, for a browser to look at."""

import itertools
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import uvicorn
from psycopg import sql
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette_compress import CompressMiddleware

from ekino import web
from ekino.db.database import Database
from ekino.db.embedded import Embedded
from ekino.kernel.errors import EkinoError
from ekino.kernel.moments import Clock, now
from ekino.opendata import pages as opendata_pages
from ekino.opendata import service as opendata
from ekino.opendata.pages.words import Site
from ekino.totals import live, pages, service
from ekino.ui.assets import Assets
from ekino.ui.templates import Templates
from ekino.ui.translation import Catalogues
from ekino.web import problems
from ekino.web.headers import PageHeaders
from ekino.web.menu import make_menu
from evening import EVENING, KAZAKHSTAN

TICK_S = 0.3
_NUMBERS = itertools.count()
_WEB = Path(web.__path__[0])


class BoardServer:
    """The pages of totals on a port of its own; it can be stopped and started again there."""

    def __init__(
        self, db: Database, *, at: datetime = EVENING, readers_max: int = 50
    ) -> None:
        """Serve `db` as if it were `at` when the server was made, and time went on."""
        self._db = db
        self._offset = at - now()
        self._readers_max = readers_max
        self._listener = self._listen(0)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._start()

    def clock(self) -> datetime:
        """Tell the invented time."""
        return datetime.now(UTC) + self._offset

    def stop(self) -> None:
        """End every stream and stop listening."""
        self._server.should_exit = True
        self._thread.join(20)
        self._listener.close()

    def start_again(self) -> None:
        """Listen at the same address again."""
        self._listener = self._listen(self.port)
        self._start()

    def _start(self) -> None:
        config = uvicorn.Config(
            self._app(), log_level="error", access_log=False, timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listener]}, daemon=True
        )
        self._thread.start()

    def _app(self) -> Starlette:
        return board_app(self._db, self.clock, readers_max=self._readers_max)

    @staticmethod
    def _listen(port: int) -> socket.socket:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        return listener


def board_app(db: Database, clock: Clock, *, readers_max: int = 50) -> Starlette:
    """Give the public pages of totals as the web mounts them, by a clock of the test's."""
    assets = Assets(_WEB / "static")
    templates = Templates(Catalogues(_WEB / "locale"), assets, menu=make_menu())
    exact = service.LatestBoard(db, KAZAKHSTAN, fresh_s=TICK_S / 2, clock=clock)
    latest = opendata.PublicBoard(db, exact, clock=clock)
    fanout = live.Fanout(latest, templates, tick_s=TICK_S, readers_max=readers_max)
    site = Site(db=db, country=KAZAKHSTAN, templates=templates, clock=clock)
    return Starlette(
        routes=[
            *pages.routes(latest, templates),
            *pages.period_routes(db, KAZAKHSTAN, templates, clock=clock),
            *pages.calendar_routes(db, KAZAKHSTAN, templates, clock=clock),
            *pages.film_routes(
                db,
                KAZAKHSTAN,
                templates,
                clock=clock,
                regions_of=opendata_pages.film_regions(db, latest),
            ),
            *pages.compare_routes(db, KAZAKHSTAN, templates, clock=clock),
            *opendata_pages.region_routes(site),
            *opendata_pages.venue_routes(site),
            *opendata_pages.about_routes(site),
            *opendata_pages.state_routes(site),
            *opendata_pages.wall_routes(site, latest),
            *live.routes(fanout),
            *assets.routes(),
        ],
        middleware=[Middleware(PageHeaders), Middleware(CompressMiddleware)],
        exception_handlers={EkinoError: problems.on_ekino_error},
    )


@contextmanager
def board_server(
    db: Database, *, at: datetime = EVENING, readers_max: int = 50
) -> Iterator[BoardServer]:
    """Lend a server; its clock starts at `at`."""
    server = BoardServer(db, at=at, readers_max=readers_max)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def own_database(server_folder: Path) -> Iterator[Database]:
    """Lend a migrated database that may outlive one test."""
    dsn = Embedded(server_folder).dsn
    name = f"board_{next(_NUMBERS)}"
    with psycopg.connect(
        psycopg.conninfo.make_conninfo(dsn, dbname="postgres"), autocommit=True
    ) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE ekino").format(sql.Identifier(name))
        )
    database = Database(psycopg.conninfo.make_conninfo(dsn, dbname=name), set_role=False)
    try:
        yield database
    finally:
        database.close()
