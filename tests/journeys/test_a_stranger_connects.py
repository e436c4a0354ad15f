"""A till in shell, written from the published pages alone, over a line that loses answers."""

import http.client
import json
import os
import shutil
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from serving import Country
from source_tree import ROOT

SCRIPT = ROOT / "tests/strangers/till.sh"
KEY = "vendor.example/shell"
PRICE = 250_000
OPENSSL = (
    subprocess.run(
        ["openssl", "version"], capture_output=True, text=True, check=True
    ).stdout
    if shutil.which("openssl")
    else ""
)
MISSING = [
    what
    for what, is_here in (
        ("OpenSSL 3", OPENSSL.startswith("OpenSSL 3")),
        ("curl", shutil.which("curl") is not None),
        ("flock", shutil.which("flock") is not None),
    )
    if not is_here
]
pytestmark = pytest.mark.skipif(
    bool(MISSING), reason=f"left out: needs {', '.join(MISSING)} (Debian: apt-get install)"
)

CATALOG = {
    "venues": [
        {
            "code": "aqtau-1",
            "name": "Aqtau 1",
            "kind": "cinema",
            "region": "KZ-47",
            "city": "Aqtau",
            "timezone": "Asia/Aqtau",
            "currency": "KZT",
        }
    ],
    "halls": [{"venue": "aqtau-1", "code": "1", "capacity": 120}],
    "films": [{"code": "evening", "titles": {"en": "An Evening"}, "countries": ["KZ"]}],
    "versions": [{"code": "evening-kk", "film": "evening", "language": "kk"}],
}

# What the line does with a request, given how to pass it on: the answer to hand back, or none.
Answer = tuple[int, dict[str, str], bytes]
Trouble = Callable[[Callable[[], Answer]], Answer | None]


class Line:
    """The network between the till and the register; each trouble befalls one request."""

    def __init__(self, register_port: int) -> None:
        self.register_port = register_port
        self.troubles: list[Trouble] = []
        self.bodies: list[bytes] = []
        self.came: list[float] = []
        self.url = ""


@contextmanager
def a_line(register_port: int) -> Generator[Line]:
    line = Line(register_port)

    class Handler(BaseHTTPRequestHandler):
        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))

            def to_the_register() -> Answer:
                link = http.client.HTTPConnection(
                    "127.0.0.1", line.register_port, timeout=60
                )
                with closing(link):
                    # With the till's own Host: it is part of the address that was signed.
                    link.request(self.command, self.path, body, dict(self.headers))
                    answer = link.getresponse()
                    return answer.status, {"Date": answer.headers["Date"]}, answer.read()

            if self.command == "POST":
                line.bodies.append(body)
                line.came.append(time.monotonic())
            trouble = (
                line.troubles.pop(0) if self.command == "POST" and line.troubles else None
            )
            found = trouble(to_the_register) if trouble else to_the_register()
            if found is None:
                self.close_connection = True
                return
            status, headers, content = found
            self.send_response_only(status)
            for name, value in (headers | {"Content-Length": str(len(content))}).items():
                self.send_header(name, value)
            # A till that waited no longer is gone.
            with suppress(ConnectionError):
                self.end_headers()
                self.wfile.write(content)

        do_GET = do_POST = pass_on  # noqa: N815  # named by http.server

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    line.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield line
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Shell:
    """The script on a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said = ""

    def __call__(self, *words: str, leaves_with: int = 0, **settings: str) -> str:
        done = subprocess.run(
            ["bash", str(SCRIPT), *words],
            env={**os.environ, "TILL": str(self.folder), **settings},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        self.said = done.stderr
        assert done.returncode == leaves_with, done.stdout + done.stderr
        return done.stdout


def lost(pass_on: Callable[[], Answer]) -> None:
    assert pass_on()[0] == 200


def wait(_: Callable[[], Answer]) -> Answer:
    return 503, {"Retry-After": "2"}, b"<html>later"


def forged(pass_on: Callable[[], Answer]) -> Answer:
    status, headers, content = pass_on()
    answer = json.loads(content)
    lines = answer["receipt"].split("\n")
    lines[2] = str(int(lines[2]) + 1)
    return status, headers, json.dumps(answer | {"receipt": "\n".join(lines)}).encode()


def _set_up(country: Country, folder: Path, public_key: str) -> int:
    """Load the catalog and register the till's key, as an operator does."""
    catalog, sources = folder / "catalog.json", folder / "sources.json"
    catalog.write_text(json.dumps(CATALOG))
    country.run("catalog", "load", "--regions", "KZ", str(catalog))
    source = {
        "code": "vendor",
        "name": "Vendor",
        "may_announce": True,
        "halls": [{"venue": "aqtau-1"}],
        "keys": [{"key_id": KEY, "public_key": public_key}],
    }
    sources.write_text(json.dumps({"sources": [source]}))
    country.run("keys", "add", str(sources))
    return _settled_size(country)


def _counted(country: Country, size: int) -> tuple[int, int]:
    """Tickets and takings of the whole register, once the totals have read so far."""
    deadline = time.monotonic() + 60
    while (found := country.get("/health"))["totals_as_of"] < size:
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    assert found["register_size"] == size
    rows = json.loads(country.run("totals", "--by", "film", "--json").stdout)["rows"]
    return sum(row["tickets"] for row in rows), sum(row["gross_minor"] for row in rows)


def test_a_shell_script_that_knows_only_the_documents_sells(tmp_path: Path) -> None:
    till = Shell(tmp_path / "till")
    with Country(tmp_path / "register") as country, a_line(country.port) as line:
        public_key = till("init", line.url, KEY, "aqtau-1").strip()
        before = _set_up(country, tmp_path, public_key)

        # A ticket, and the same batch once more.
        starts_at = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds")
        till("announce", "S-1", "1", "evening-kk", starts_at)
        till("sell", "S-1", 'Б-1 "Әже" \\', str(PRICE))
        assert till("send") == "2 entered\n"
        assert till("again").split() == [
            "already_entered,already_entered",
            f"{before},{before + 1}",
        ]
        assert _counted(country, before + 2) == (1, PRICE)

        # The answer is lost; a proxy asks to wait; the register is killed; a receipt is forged.
        def killed(pass_on: Callable[[], Answer]) -> None:
            lost(pass_on)
            country.kill("serve")
            country.wait()

        line.troubles = [lost, wait, killed, forged]
        line.bodies.clear()
        line.came.clear()
        till("sell", "S-1", "C-2", str(PRICE))
        till("sell", "S-1", "C-3", str(PRICE))
        assert till("send") == "2 already_entered\n"
        assert len(line.bodies) >= 5
        assert len(set(line.bodies)) == 1
        assert line.came[2] - line.came[1] >= 2
        assert "the receipt's signature is wrong" in till.said
        assert _counted(country, before + 4) == (3, 3 * PRICE)

        # Nobody answers in time: what waits is kept, and goes later.
        till("refund", "S-1", "C-2", str(PRICE))
        till("send", leaves_with=75, MAX_TIME_S="0.001", GIVE_UP_S="0")
        # A mistake, and an event that a power cut tore: it takes no number.
        till("sell", "S-9", "C-4", str(PRICE))
        with (till.folder / "events").open("a") as events:
            events.write('{"kind":"sold","sequ')
        till("sell", "S-1", "C-5", str(PRICE))
        said = till("send")
        assert "1 showing_not_in_catalog\n" in said
        assert _counted(country, before + 6) == (3, 3 * PRICE)
        help_page = said.split(" See ")[1].split()[0]
        assert help_page == f"{line.url}/problems/showing_not_in_catalog"
        with urllib.request.urlopen(help_page.replace(line.url, country.url)) as page:
            assert "showing_announced" in page.read().decode()

        assert till("send") == ""
        sent = [
            json.loads(text) for text in (till.folder / "events").read_text().splitlines()
        ]
        assert [event["sequence"] for event in sent] == [1, 2, 3, 4, 5, 6, 7]

    # Every receipt proves without the register, and none when the body is another.
    assert till("prove").count("proved") == len(list((till.folder / "done").glob("*.body")))
    body = till.folder / "done/1-2.body"
    body.write_bytes(body.read_bytes().replace(b"250000", b"250001"))
    till("prove", leaves_with=1)


def _settled_size(country: Country) -> int:
    """How many entries the register has once what it states itself is in it."""
    deadline = time.monotonic() + 60
    while True:
        size = int(country.get("/health")["register_size"])
        stated = [key["added_position"] for key in country.get("/keys")["keys"]]
        if None not in stated and size == len(stated):
            return size
        assert time.monotonic() < deadline
        time.sleep(0.1)
