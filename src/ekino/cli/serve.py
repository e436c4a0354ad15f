"""`ekino serve`: the web process."""

import gc
import json
import logging
import os
import signal
import socket
import sys
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from ekino.cli.herd import PROCESSES_MAX, herd
from ekino.cli.office import Office
from ekino.kernel.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    import uvicorn
    from starlette.types import ASGIApp

    from ekino.settings import Settings


# Objects that come into being before a collection is tried.
GC_OBJECTS = 200_000
SWITCH_S = 0.0002


@click.command()
@click.option("--host", help="Address to listen on (EKINO_HOST).")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port; 0 takes a free one.")
@click.option(
    "--processes",
    type=click.IntRange(1, PROCESSES_MAX),
    default=1,
    show_default=True,
    help="Web processes that share the address, each with a writer of its own.",
)
@click.pass_obj
def serve(office: Office, host: str | None, port: int | None, processes: int) -> None:
    """Serve the API, the live page and the streams until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    settings = office.settings
    listener = _listen(host or settings.host, settings.port if port is None else port)
    address, number = listener.getsockname()[:2]
    url = f"http://{address}:{number}"
    for _ in _announced(settings.data_dir / "run" / "web.json", url):
        if processes == 1:
            _serve(office, listener, url)
        else:
            herd(lambda: _serve(office, listener, url), processes)


def _serve(office: Office, listener: socket.socket, url: str) -> None:
    """Serve on a listening socket until told to stop."""
    import uvicorn

    from ekino.proofs.service import Receipts
    from ekino.web.app import create_app

    # A batch is thousands of objects that live for a moment and hold no cycles: looking for
    # some among them is a tenth of the time. What is there at the start stays.
    gc.freeze()
    gc.set_threshold(GC_OBJECTS, 20, 20)
    # The writer waits this long at most for the loop to let go of the interpreter.
    sys.setswitchinterval(SWITCH_S)
    with office.database() as db:
        key = office.settings.data_dir / "keys" / "receipts.key"
        receipts = Receipts.open(db, key, office.settings.origin)
        app = create_app(
            office.settings,
            db,
            seal=receipts.seal,
            sign=receipts.sign,
            test=partial(office.test_database, db),
        )
        config = config_of(app, office.settings)
        click.echo(f"ekino serves {url}", err=True)
        # uvicorn raises the signal again that it was stopped by; left to itself that would end
        # the process before the database is left in order.
        signal.signal(signal.SIGTERM, _leave)
        uvicorn.Server(config).run(sockets=[listener])


def config_of(app: "ASGIApp", settings: "Settings") -> "uvicorn.Config":
    """Give how the application is served: whose word is taken for who asks, among others."""
    import uvicorn

    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        # Left to itself uvicorn believes whatever program of this machine.
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=5,
        timeout_keep_alive=75,
        http="httptools",
        loop="uvloop",
        lifespan="on",
    )


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        detail = (
            f"cannot listen on {host} port {port}: {error.strerror}. "
            "Choose another with --port, or --port 0 for a free one"
        )
        raise Refused(detail, code="port_taken") from error
    listener.listen(2048)
    return listener


def _announced(run_file: Path, url: str) -> "Iterator[None]":
    """Say in a file where we serve, for as long as we do."""
    run_file.parent.mkdir(parents=True, exist_ok=True)
    beside = run_file.with_suffix(f".{os.getpid()}")
    beside.write_text(json.dumps({"url": url, "pid": os.getpid()}))
    beside.rename(run_file)
    try:
        yield
    finally:
        if run_file.exists() and json.loads(run_file.read_text())["pid"] == os.getpid():
            run_file.unlink()
