"""Takes webhooks to their receivers, and nowhere else: no private address, no redirect."""

import http.client
import re
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from ekino.kernel.errors import Refused
from ekino.kernel.internet import is_public
from ekino.notices.model import (
    ADDRESS_CHARACTERS_MAX,
    ANSWER_TIMEOUT_S,
    SAID_CHARACTERS_MAX,
)

# Ports below it are other services' own; 443 is ours to call.
PORT_MIN = 1_024
_HTTPS_PORT, _HTTP_PORT = 443, 80
_AGENT = "e-Kino webhooks"
# Characters of a host's name, and of one label of it (RFC 1035, 2.3.4): what is longer, or has an
# empty label, makes the system's own look-up fail in ways that are no answer.
HOST_CHARACTERS_MAX = 253
LABEL_CHARACTERS_MAX = 63
_LABEL = re.compile(rf"[a-z0-9_-]{{1,{LABEL_CHARACTERS_MAX}}}")
_FAILED_FROM, _REDIRECTED_FROM, _DONE_FROM = 400, 300, 200

# Gives the addresses of a host: getaddrinfo, as the standard library has it.
Resolve = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """What a delivery met: HTTP's number, or none, and why it is not delivered ("": it is)."""

    answer: int | None
    reason: str
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    is_https: bool
    host: str
    port: int
    target: str


def resolve(host: str, port: int) -> list[str]:
    """Ask the system for a host's addresses."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


class Courier:
    """Posts webhooks. Safe to share between threads."""

    def __init__(
        self,
        inside: frozenset[str] = frozenset(),
        *,
        resolving: Resolve = resolve,
        tls: ssl.SSLContext | None = None,
        timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> None:
        """
        Take the hosts of our own network that may be called all the same (`host` or `host:port`).

        Only those may be private or without TLS; an operator names them, and never a vendor.
        """
        self._inside = inside
        self._resolve = resolving
        self._tls = tls or ssl.create_default_context()
        self._timeout_s = timeout_s

    def verify_address(self, url: str) -> None:
        """Refuse an address that no webhook is sent to (`webhook_address_refused`)."""
        self._read(url)

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Met:
        """Post a body, once, and say what was met; whatever goes wrong is met, not raised."""
        try:
            place = self._read(url)
            address = self._pin(place)
        except Refused as error:
            return Met(answer=None, reason="address_refused", said=error.detail)
        except (OSError, ValueError) as error:
            # A name that cannot be asked for is a ValueError of the codec, not an OSError.
            return Met(answer=None, reason="host_unknown", said=_words(error))
        try:
            return self._send(place, address, headers, body)
        except (OSError, ValueError, http.client.HTTPException) as error:
            if isinstance(error, ssl.SSLError):
                return Met(answer=None, reason="tls_failed", said=_words(error))
            is_late = isinstance(error, TimeoutError | http.client.IncompleteRead)
            reason = "timeout" if is_late else "connection_failed"
            return Met(answer=None, reason=reason, said=_words(error))

    def _read(self, url: str) -> _Place:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise _refusal(f"{url[:80]!r} is no address") from error
        is_https = parts.scheme == "https"
        port = port or (_HTTPS_PORT if is_https else _HTTP_PORT)
        is_inside = not self._inside.isdisjoint({host, f"{host}:{port}"})
        if len(url) > ADDRESS_CHARACTERS_MAX or not url.isascii() or not url.isprintable():
            raise _refusal(f"at most {ADDRESS_CHARACTERS_MAX} plain characters")
        if not is_https and not (is_inside and parts.scheme == "http"):
            raise _refusal("webhooks go to https:// addresses only")
        if not host or parts.username is not None or parts.fragment or " " in url:
            raise _refusal("an address names a host, and no user and no fragment")
        if ":" not in host and not _is_name(host):
            raise _refusal(f"{host[:80]!r} is no host's name")
        if port != _HTTPS_PORT and port < PORT_MIN and not is_inside:
            raise _refusal(f"port {port} is another service's")
        target = parts.path or "/"
        return _Place(
            is_https=is_https,
            host=host,
            port=port,
            target=f"{target}?{parts.query}" if parts.query else target,
        )

    def _pin(self, place: _Place) -> str:
        """
        Give the one address to connect to; `Refused` when any that the host has is not public.

        It is looked up for every attempt and then connected to by number, so that nobody can
        answer one thing to our question and another to our connection.
        """
        addresses = self._resolve(place.host, place.port)
        if not self._inside.isdisjoint({place.host, f"{place.host}:{place.port}"}):
            return addresses[0]
        private = [each for each in addresses if not is_public(each)]
        if private or not addresses:
            raise _refusal(f"{place.host} is at {', '.join(private) or 'no address'}")
        return addresses[0]

    def _send(
        self, place: _Place, address: str, headers: Mapping[str, str], body: bytes
    ) -> Met:
        sock = socket.create_connection((address, place.port), timeout=self._timeout_s)
        # A receiver that answers a byte now and then would hold us for ever. TLS puts another
        # socket in the first one's place.
        held = [sock]
        is_late = threading.Event()
        watch = threading.Timer(self._timeout_s, _cut, [held, is_late])
        watch.daemon = True
        watch.start()
        connection = http.client.HTTPConnection(place.host, place.port)
        try:
            if place.is_https:
                held[0] = self._tls.wrap_socket(
                    sock, server_hostname=place.host, do_handshake_on_connect=False
                )
                held[0].do_handshake()  # type: ignore[attr-defined]
            connection.sock = held[0]
            sent = {**headers, "user-agent": _AGENT, "connection": "close"}
            connection.request("POST", place.target, body=body, headers=sent)
            answer = connection.getresponse()
            said = answer.read(SAID_CHARACTERS_MAX)
            if is_late.is_set():
                raise TimeoutError("the answer took too long")
            return _met(answer.status, said.decode("utf-8", "replace"))
        except (OSError, http.client.HTTPException) as error:
            if is_late.is_set() and not isinstance(error, ssl.SSLCertVerificationError):
                raise TimeoutError("the answer took too long") from error
            raise
        finally:
            watch.cancel()
            connection.close()
            held[0].close()


def _is_name(host: str) -> bool:
    labels = host.split(".")
    return len(host) <= HOST_CHARACTERS_MAX and all(map(_LABEL.fullmatch, labels))


def _met(answer: int, said: str) -> Met:
    words = "".join(each if each.isprintable() else " " for each in said)
    if _DONE_FROM <= answer < _REDIRECTED_FROM:
        return Met(answer=answer, reason="", said=words)
    if answer < _FAILED_FROM and answer >= _REDIRECTED_FROM:
        return Met(answer=answer, reason="redirected", said=words)
    return Met(answer=answer, reason="refused", said=words)


def _cut(held: list[socket.socket], is_late: threading.Event) -> None:
    """End a connection under whoever waits for it, who then knows why it ended."""
    is_late.set()
    try:
        held[0].shutdown(socket.SHUT_RDWR)
    except OSError:
        # It was over already.
        return


def _refusal(detail: str) -> Refused:
    return Refused(detail, code="webhook_address_refused")


def _words(error: Exception) -> str:
    words = str(error) or type(error).__name__
    return "".join(each if each.isprintable() else " " for each in words)[
        :SAID_CHARACTERS_MAX
    ]
