"""Another system is asked at the number that was judged, and nowhere but where connectors may read."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ekino.intake.connectors.address import guard_of
from ekino.intake.connectors.asking import ANSWER_BYTES_MAX, Asker
from ekino.kernel.errors import Refused


@pytest.mark.parametrize(
    "url",
    ["http://10.0.0.7", "http://tickets.example", "https://169.254.169.254", "https://t.example/?a=1"],
)  # fmt: skip
def test_this_machine_is_read_only_where_a_setting_allows_it(url: str) -> None:
    here, elsewhere = (guard_of(is_loopback_allowed=each) for each in (True, False))

    place = here.take_apart("http://127.0.0.1:8345/pretix/", is_operators=True)

    assert (place.host, place.port, place.is_inside) == ("127.0.0.1", 8345, True)
    with pytest.raises(Refused):
        elsewhere.take_apart("http://127.0.0.1:8345/pretix/", is_operators=True)
    for guard in (here, elsewhere):
        with pytest.raises(Refused):
            Asker(url, {}, guard=guard)


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
    root = f"http://localhost:{server.server_port}"
    guard = guard_of(is_loopback_allowed=True)
    try:
        with Asker(root, {}, guard=guard, ask_name=names) as asker:
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
