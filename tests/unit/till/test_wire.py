"""What the client makes of a wire that lies: nothing is settled, and nothing waits for ever."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ekino_till import Client, Key, NotAnswered, client

KEY = Key("vendor.example/till-1", Ed25519PrivateKey.from_private_bytes(bytes(32)))
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextmanager
def answering(*parts: bytes) -> Iterator[str]:
    """Answer every connection with these bytes, whatever was asked, and hang up."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.05)
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(5)
                try:
                    connection.recv(65_536)
                    for part in parts:
                        connection.sendall(part)
                except OSError:
                    continue

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        over.set()
        thread.join()
        server.close()


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (b"\x16\x03\x01\x02\x00",),
        (b"HTTP/1.1 200",),
        (b"garbage\r\n\r\n",),
        (HEAD + b'Content-Length: 100\r\n\r\n{"outcomes":["entered"]',),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n{}",),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",),
        (HEAD + b"Content-Length: 0\r\n\r\n",),
        (HEAD + b"\r\n" + b"[" * 100_000,),
        (HEAD + b"\r\n\xff\xfe{}",),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n{}",),
        (b"HTTP/1.1 204 No Content\r\n\r\n",),
    ],
    ids=str,
)
def test_what_is_no_whole_answer_is_none(parts: tuple[bytes, ...]) -> None:
    with answering(*parts) as url:
        asking = Client(url, KEY)
        with pytest.raises(NotAnswered):
            asking.send(b"{}")
        asking.close()


def test_an_answer_that_does_not_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "ANSWER_BYTES_MAX", 1_000)
    whole = b'{"a":"' + b"x" * 992 + b'"}'
    with answering(HEAD + b"\r\n" + whole) as url:
        asking = Client(url, KEY)
        assert asking.send(b"{}")["a"] == "x" * 992
        asking.close()
    with (
        answering(HEAD + b"\r\n" + whole + b" ") as url,
        pytest.raises(NotAnswered, match="1000 bytes"),
    ):
        Client(url, KEY).send(b"{}")
    monkeypatch.setattr(client, "ANSWER_WAIT_MAX_S", -1)
    with (
        answering(HEAD + b"\r\n" + whole) as url,
        pytest.raises(NotAnswered, match="does not end"),
    ):
        Client(url, KEY).send(b"{}")


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NotAnswered, match="refused"):
        Client(f"http://127.0.0.1:{port}", KEY).send(b"{}")
