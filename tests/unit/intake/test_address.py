"""Addresses that a connector may be set to: public, https, and the number that was judged."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ekino.intake.connectors.address import Pinned, parse, pin
from ekino.intake.connectors.asking import ANSWER_BYTES_MAX, Asker
from ekino.kernel.errors import Pushback, Refused

PUBLIC = "93.184.216.34"


@pytest.mark.parametrize(
    "url",
    [
        "http://tickets.example",
        "ftp://tickets.example",
        "file:///etc/passwd",
        "https://",
        "https://user:secret@tickets.example",
        "https://user@tickets.example",
        "https://tickets.example/?token=1",
        "https://tickets.example/#x",
        "https://tickets.example:99999",
        "https://127.0.0.1",
        "https://[::1]",
        "https://10.0.0.7",
        "https://192.168.1.1",
        "https://172.16.0.1",
        "https://169.254.169.254/latest",
        "https://100.64.0.1",
        "https://0.0.0.0",
        "https://224.0.0.1",
        "https://[fe80::1]",
        "https://[fc00::1]",
        "https://[::ffff:10.0.0.7]",
        "https://[64:ff9b::a00:7]",
        "https://[64:ff9b:1::a00:7]",
        "https://[2002:a00:7::]",
        "https://[fec0::1]",
        "https://[::a00:7]",
        "http://127.0.0.1:8000",
        "https://" + "a" * 500,
        "https://tickets.example/\n",
    ],
)
def test_what_leads_inside_or_is_no_https_is_refused(url: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(url, is_loopback_allowed=False)

    assert refused.value.code == "address_refused"
    assert "secret" not in refused.value.detail


def test_this_machine_is_taken_only_where_a_setting_allows_it() -> None:
    root = parse("http://127.0.0.1:8345/pretix/", is_loopback_allowed=True)

    assert (root.scheme, root.host, root.port, root.path) == ("http", "127.0.0.1", 8345, "/pretix")  # fmt: skip
    for url in ("http://10.0.0.7", "http://tickets.example", "https://169.254.169.254"):
        with pytest.raises(Refused):
            parse(url, is_loopback_allowed=True)


@pytest.mark.parametrize(
    "numbers",
    [
        ["10.0.0.7"],
        [PUBLIC, "10.0.0.7"],
        ["10.0.0.7", PUBLIC],
        ["127.0.0.1"],
        ["::1"],
        ["169.254.169.254"],
        ["::ffff:192.168.0.1"],
        ["not-a-number"],
    ],
)
def test_a_name_that_leads_inside_is_refused_whole(numbers: list[str]) -> None:
    root = parse("https://tickets.example", is_loopback_allowed=False)
    with pytest.raises(Refused):
        pin(root, is_loopback_allowed=False, ask=lambda _host, _port: numbers)


@pytest.mark.parametrize("error", [socket.gaierror(), UnicodeError("label empty")])
def test_a_name_that_cannot_be_looked_up_is_asked_again_later(error: Exception) -> None:
    root = parse("https://tickets.example", is_loopback_allowed=False)

    def ask(_host: str, _port: int) -> list[str]:
        raise error

    with pytest.raises(Pushback):
        pin(root, is_loopback_allowed=False, ask=ask)
    with pytest.raises(Pushback):
        pin(root, is_loopback_allowed=False, ask=lambda _host, _port: [])
    assert pin(root, is_loopback_allowed=False, ask=lambda _host, _port: [PUBLIC]) == Pinned(root, PUBLIC)  # fmt: skip


class _Rebinding:
    """A name server that says another number each time it is asked."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, _host: str, _port: int) -> list[str]:
        self.asked += 1
        return [self.answers.pop(0)]


class _Big(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.hosts.append(self.headers["Host"])  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()
        if self.path == "/big":
            try:
                for _ in range(ANSWER_BYTES_MAX // 65_536 + 2):
                    self.wfile.write(b" " * 65_536)
            except OSError:
                # Whoever asked has had enough, and hung up.
                return
        else:
            self.wfile.write(b"{}")

    def log_message(self, *_words: object) -> None:
        """Keep quiet."""


def test_a_connection_goes_to_the_number_that_was_judged_whatever_the_name_says_next() -> (
    None
):
    server = HTTPServer(("127.0.0.1", 0), _Big)
    server.hosts = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    names = _Rebinding("127.0.0.1", "10.0.0.7")
    root = parse(f"http://localhost:{server.server_port}", is_loopback_allowed=True)
    try:
        with Asker(root, {}, is_loopback_allowed=True, ask_name=names) as asker:
            assert asker.get("/a").body == b"{}"
            assert asker.get("/b").body == b"{}"
            with pytest.raises(Refused) as refused:
                asker.get("/big")
    finally:
        server.shutdown()
        server.server_close()

    assert names.asked == 1
    assert set(server.hosts) == {f"localhost:{server.server_port}"}  # type: ignore[attr-defined]
    assert refused.value.code == "peer_answer_too_large"
