"""`ekino demo`: PostgreSQL, web, worker and the demonstration country, in one command."""

import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import click

from ekino.cli.office import Exit, Office, print_json
from ekino.kernel.errors import Refused

_PORTS_TRIED_MAX = 50
_WEB_READY_WAIT_S = 120.0
# A child that ends by itself is started again, but not for ever.
_RESTARTS_MAX = 10
_LEAVE_WAIT_S = 20.0
_LOG_LINES_SHOWN = 12
_DECIDED = (Exit.DONE, Exit.FAILED, Exit.PROBLEMS_FOUND)


class _Child:
    """One process of the demonstration, started again when it falls over."""

    def __init__(
        self, name: str, command: list[str], environment: dict[str, str], log: Path
    ) -> None:
        self.name = name
        self._command = command
        self._environment = environment
        self._log = log
        self._restarts = 0
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own programs
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if self.name == "country" else log,
                stderr=log,
                env=self._environment,
                # A session of its own: Ctrl-C is for us, and we stop the others in order.
                start_new_session=True,
            )

    def tend(self) -> bool:
        """Start the process again if it is gone; False when it keeps falling over."""
        if self.process.poll() is None:
            return True
        self._restarts += 1
        if self._restarts > _RESTARTS_MAX:
            return False
        _tell(f"{self.name} ended ({self.process.returncode}); starting it again")
        time.sleep(0.3)
        self.process = self._start()
        return True

    def stop(self) -> None:
        """Ask it to leave, and make it after _LEAVE_WAIT_S."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(_LEAVE_WAIT_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def last_words(self) -> str:
        """Give the end of its log."""
        lines = self._log.read_text("utf-8", "replace").splitlines()
        return "\n".join(lines[-_LOG_LINES_SHOWN:])


def _tell(words: str) -> None:
    click.echo(words, err=True)


@click.command()
@click.option(
    "--seconds", type=click.FloatRange(min=0), help="End by itself after selling so long."
)
@click.option(
    "--pace",
    type=click.FloatRange(0, 500),
    default=8.0,
    show_default=True,
    help="Tickets sold a second over the whole country; 0 sells none.",
)
@click.option(
    "--port", type=click.IntRange(0, 65_535), help="Port of the web; 0: any free one."
)
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the country here and resume it; otherwise it is new and removed at the end.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Which country."
)
@click.option(
    "--weeks",
    type=click.IntRange(0, 26),
    default=4,
    show_default=True,
    help="Earlier weeks, and the same of last year, that are uploaded while it sells.",
)
@click.option(
    "--sources",
    type=click.IntRange(0, 1_900),
    default=0,
    help="Kiosks beside the country's own systems, each a source with a key of its own.",
)
@click.option(
    "--json", "is_json", is_flag=True, help="One JSON object on stdout at the end."
)
@click.pass_obj
def demo(  # noqa: PLR0913 - one parameter an option
    office: Office,
    *,
    seconds: float | None,
    pace: float,
    port: int | None,
    data_dir: Path | None,
    seed: int,
    weeks: int,
    sources: int,
    is_json: bool,
) -> None:
    """Start everything, with a country whose 68 cinemas sell tickets, live."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stopped.set())
    with _folder(office, data_dir) as folder:
        show = _Show(office, folder, port, stopped, is_json=is_json)
        _allow_lines()
        code = show.run(seconds=seconds, pace=pace, seed=seed, weeks=weeks, sources=sources)
    sys.exit(code)


def _allow_lines() -> None:
    """Let our processes hold as many lines as the system allows: many sources stay connected."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@contextmanager
def _folder(office: Office, data_dir: Path | None) -> Iterator[Path]:
    """Lend the folder of the country: yours, or a new one that goes at the end."""
    if data_dir is None and "EKINO_DATA_DIR" in os.environ:
        data_dir = office.settings.data_dir
    if data_dir is not None:
        data_dir = data_dir.absolute()
        data_dir.mkdir(parents=True, exist_ok=True)
        yield data_dir
        return
    if office.settings.database_url:
        detail = (
            "EKINO_DATABASE_URL outlives a temporary folder, and the tills' keys would be lost; "
            "name a folder that stays with --data-dir"
        )
        raise Refused(detail, code="data_dir_missing")
    folder = Path(tempfile.mkdtemp(prefix="ekino-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port(host: str, wanted: int) -> int:
    """Give the wanted port, or the next free one after it, and say so when it is another."""
    for port in range(wanted, min(wanted + _PORTS_TRIED_MAX, 65_536)):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind((host, port))
                free = int(probe.getsockname()[1])
                if wanted not in (0, free):
                    _tell(f"port {wanted} is taken; the web takes {free}")
                return free
    detail = f"no port from {wanted} on is free; choose one with --port"
    raise Refused(detail, code="port_taken")


class _Show:
    """One run of the demonstration, from the first process to the last."""

    def __init__(
        self,
        office: Office,
        folder: Path,
        port: int | None,
        stopped: threading.Event,
        *,
        is_json: bool,
    ) -> None:
        self._office = office
        self._folder = folder
        self._stopped = stopped
        self._is_json = is_json
        self._host = office.settings.host
        self._port = _free_port(self._host, office.settings.port if port is None else port)
        self._summary: dict[str, Any] | None = None
        self._is_line_open = False

    def run(
        self, *, seconds: float | None, pace: float, seed: int, weeks: int, sources: int
    ) -> int:
        """Start everything, watch over it, stop everything; gives the exit code."""
        from ekino.access.service import ensure_operator_key
        from ekino.catalog import service as catalog
        from ekino.db.postgres import open_database

        settings = self._office.settings
        _tell(f"e-Kino: starting in {self._folder}")
        with ExitStack() as closing:
            db = closing.enter_context(open_database(settings.database_url, self._folder))
            operator_key = self._folder / "keys" / "operator.key"
            ensure_operator_key(db, operator_key)
            catalog.load(db, catalog.shipped_regions("KZ"))
            if self._stopped.is_set():
                return Exit.DONE
            environment = os.environ | {"EKINO_DATA_DIR": str(self._folder)}
            logs = self._folder / "logs"
            logs.mkdir(exist_ok=True)

            def start(name: str, *words: str) -> _Child:
                child = _Child(
                    name, [sys.executable, "-m", *words], environment, logs / f"{name}.log"
                )
                closing.callback(child.stop)
                return child

            web = start(
                "web", "ekino.cli.main", "serve", "--host", self._host, "--port", str(self._port)
            )  # fmt: skip
            worker = start("worker", "ekino.cli.main", "worker")
            signer = start("signer", "ekino.cli.main", "proofs", "signer")
            url = f"http://{f'[{self._host}]' if ':' in self._host else self._host}:{self._port}"
            words = ["--url", url, "--data-dir", str(self._folder / "demo")]
            words += ["--operator-key", str(operator_key), "--pace", str(pace)]
            words += ["--seed", str(seed), "--weeks", str(weeks), "--kiosks", str(sources)]
            if seconds is not None:
                words += ["--seconds", str(seconds)]
            country = start("country", "ekino_demo", *words)
            return self._watch((web, worker, signer), country, url)

    def _watch(self, children: tuple[_Child, ...], country: _Child, url: str) -> int:
        """Show the country's words until it ends, and keep every process up."""
        listener = self._listen_to(country, url)
        while True:
            if self._stopped.wait(0.2):
                self._end_line()
                _tell("stopping …")
                country.stop()
                break
            for child in children:
                if not child.tend():
                    _tell(f"{child.name} keeps ending:\n{child.last_words()}")
                    return Exit.FAILED
            if country.process.poll() is None:
                continue
            # An end by its own decision has a code of the table; anything else is an accident.
            if country.process.returncode in _DECIDED or not country.tend():
                break
            listener = self._listen_to(country, url)
        listener.join(timeout=5)
        self._end_line()
        if self._summary is None:
            if self._stopped.is_set():
                return Exit.DONE
            _tell(f"the country ended:\n{country.last_words()}")
            return Exit.FAILED
        return self._conclude(self._summary)

    def _listen_to(self, country: _Child, url: str) -> threading.Thread:
        listener = threading.Thread(
            target=self._listen, args=(country.process.stdout, url), daemon=True
        )
        listener.start()
        return listener

    def _conclude(self, summary: dict[str, Any]) -> int:
        if self._is_json:
            print_json(summary)
        totals = summary["totals"]
        words = (
            "equal to the cinemas' own books" if summary["equal"]
            else f"NOT equal to the cinemas' own books: {summary['books']}"
        )  # fmt: skip
        _tell(
            f"register: {_grouped(totals['tickets'])} tickets, "
            f"{_grouped(totals['gross_minor'] // 100)} ₸ as of position {totals['as_of']}; {words}"
        )
        return Exit.DONE if summary["equal"] else Exit.PROBLEMS_FOUND

    # ---- what the country says ------------------------------------------------------------

    def _listen(self, output: Any, url: str) -> None:
        for line in output:
            with suppress(json.JSONDecodeError):
                self._show(json.loads(line), url)

    def _show(self, words: dict[str, Any], url: str) -> None:
        match words["state"]:
            case "open":
                _tell(
                    f"open: {_grouped(words['tickets'])} tickets, "
                    f"{_grouped(words['gross_minor'] // 100)} ₸ from "
                    f"{words['venues_connected']} of {words['venues_known']} cinemas "
                    f"registered in {words['seconds']} s\n\n"
                    f"  look at   {url}\n"
                    f"  buy at    {words['foyer']} and scan the ticket\n"
                    f"  enter at  {words['foyer']} as analyst, operator, auditor, cinema, "
                    "distributor, producer or vendor, or with\n"
                    f"            EKINO_DATA_DIR={self._folder} ekino people link "
                    f"--email operator@demo.example --url {url}\n"
                    f"  keys in   {self._folder / 'keys'}, {self._folder / 'demo' / 'keys'}\n"
                    f"  logs in   {self._folder / 'logs'}\n"
                    "  stop with Ctrl-C\n"
                )
            case "live":
                self._show_live(words)
            case "certified":
                self._end_line()
                _tell(
                    f"certified: {words['product']} {words['version']} of {words['vendor']}, "
                    f"see {url}/certified"
                )
            case "ended":
                self._summary = words["summary"]
            case _:
                pass

    def _show_live(self, words: dict[str, Any]) -> None:
        """Keep one line up to date on a terminal; a log gets none."""
        if not sys.stderr.isatty():
            return
        refused = sum(words["refused"].values())
        parts = [
            f"{_grouped(words['tickets'])} tickets",
            f"{_grouped(words['gross_minor'] // 100)} ₸",
            f"{_grouped(words['entered'])} events entered live",
            f"ack {words['ack_p50_ms']} ms",
        ]
        if words["days_to_upload"]:
            parts.append(f"{words['days_to_upload']} earlier days to upload")
        if words["off_line"]:
            parts.append(f"{words['off_line']} off line, {words['waiting']} events waiting")
        if refused:
            parts.append(f"{refused} refused")
        self._is_line_open = True
        click.echo("\r\x1b[2K" + " · ".join(parts), err=True, nl=False)

    def _end_line(self) -> None:
        if self._is_line_open:
            self._is_line_open = False
            _tell("")


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", "\u00a0")
