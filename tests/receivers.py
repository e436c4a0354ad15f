"""Receivers of notices: a real HTTPS server with a certificate of its own, and a real mail server."""

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.x509.oid import NameOID

HOST = "receiver.example"
PEM = "receiver.pem"


@dataclass
class Received:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """An HTTPS server that answers what it is told to."""

    url: str
    port: int
    tls: ssl.SSLContext
    received: list[Received] = field(default_factory=list)
    # Answers in order; the last goes on for ever. A number, or seconds of silence, or bytes a
    # second that never end.
    answers: list[Any] = field(default_factory=lambda: [200])
    location: str = ""
    release: threading.Event = field(default_factory=threading.Event)

    def next_answer(self) -> Any:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Make a certificate for HOST, and what trusts it."""
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    at = dt.datetime.now(dt.UTC)
    names = [x509.DNSName(HOST), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - dt.timedelta(days=1))
        .not_valid_after(at + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / PEM
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    trusting = ssl.create_default_context(
        cadata=made.public_bytes(serialization.Encoding.PEM).decode()
    )
    return path, trusting


@contextmanager
def receiver(folder: Path, *, beside: Receiver | None = None) -> Iterator[Receiver]:
    """Lend a receiver of webhooks on this machine, behind TLS; with another's certificate."""
    path, trusting = (folder / PEM, beside.tls) if beside else certificate(folder)
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(path)

    class Asked(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            made.received.append(Received(self.path, headers, body))
            answer = made.next_answer()
            if answer == "silence":
                made.release.wait(30)
                return
            if answer == "drip":
                self._drip()
                return
            self.send_response(answer)
            if made.location:
                self.send_header("location", made.location)
            self.end_headers()
            self.wfile.write(b"as you like")

        def _drip(self) -> None:
            try:
                while not made.release.wait(0.05):
                    self.wfile.write(b"H")
                    self.wfile.flush()
            except OSError:
                return

        def log_message(self, *_: Any) -> None:
            return

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            return

    server = Quiet(("127.0.0.1", 0), Asked)
    server.socket = own.wrap_socket(server.socket, server_side=True)
    port = server.server_address[1]
    made = Receiver(f"https://{HOST}:{port}/hook", port, trusting)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.release.set()
        server.shutdown()
        server.server_close()
        thread.join(10)


class Post:
    """A mail server that keeps what it is given."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.refusal = ""
        self.url = ""

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        if self.refusal:
            return self.refusal
        found = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(found, EmailMessage)
        self.messages.append(found)
        return "250 taken"


@contextmanager
def post_office() -> Iterator[Post]:
    """Lend a real mail server on this machine."""
    post = Post()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    controller = Controller(post, hostname="127.0.0.1", port=port)
    controller.start()
    post.url = f"smtp://127.0.0.1:{port}"
    try:
        yield post
    finally:
        controller.stop()
