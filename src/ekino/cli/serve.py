"""`ekino serve`: the web process."""

import json
import logging
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ekino.cli.office import Office
from ekino.kernel.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator


@click.command()
@click.option("--host", help="Address to listen on (EKINO_HOST).")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port; 0 takes a free one.")
@click.pass_obj
def serve(office: Office, host: str | None, port: int | None) -> None:
    """Serve the API, the live page and the streams until told to stop."""
    import uvicorn

    from ekino.proofs.service import Receipts
    from ekino.web.app import create_app

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    settings = office.settings
    listener = _listen(host or settings.host, settings.port if port is None else port)
    with office.database() as db:
        key = settings.data_dir / "keys" / "receipts.key"
        receipts = Receipts.open(db, key, settings.origin)
        app = create_app(settings, db, seal=receipts.seal, sign=receipts.sign)
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
            timeout_keep_alive=75,
            http="httptools",
            loop="uvloop",
            lifespan="on",
        )
        address, number = listener.getsockname()[:2]
        url = f"http://{address}:{number}"
        run_file = settings.data_dir / "run" / "web.json"
        for _ in _announced(run_file, url):
            click.echo(f"ekino serves {url}", err=True)
            uvicorn.Server(config).run(sockets=[listener])


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
