"""Takes webhooks to their receivers, and nowhere else: no private address, no redirect."""

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from ekino.kernel.errors import Pushback, Refused
from ekino.kernel.internet import Guard, LookUp, Place
from ekino.notices.model import (
    ANSWER_TIMEOUT_S,
    SAID_CHARACTERS_MAX,
)

_AGENT = "e-Kino webhooks"
_FAILED_FROM, _REDIRECTED_FROM, _DONE_FROM = 400, 300, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """What a delivery met: HTTP's number, or none, and why it is not delivered ("": it is)."""

    answer: int | None
    reason: str
    said: str = ""


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
        resolving: LookUp = resolve,
        tls: ssl.SSLContext | None = None,
        timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> None:
        """
        Take the hosts of our own network that may be called all the same (`host` or `host:port`).

        Only those may be private or without TLS, and only for an endpoint that an operator added.
        """
        self._guard = Guard(inside=inside)
        self._resolve = resolving
        self._tls = tls or ssl.create_default_context()
        self._timeout_s = timeout_s

    def verify_address(self, url: str, *, is_operators: bool) -> None:
        """Refuse an address that no webhook is sent to (`webhook_address_refused`)."""
        try:
            self._guard.take_apart(url, is_operators=is_operators)
        except Refused as error:
            raise Refused(error.detail, code="webhook_address_refused") from error

    def post(
        self, url: str, headers: Mapping[str, str], body: bytes, *, is_operators: bool
    ) -> Met:
        """Post a body, once, and say what was met; whatever goes wrong is met, not raised."""
        try:
            place = self._guard.take_apart(url, is_operators=is_operators)
            address = self._guard.pin(place, self._resolve)
        except Refused as error:
            return Met(answer=None, reason="address_refused", said=_words(error))
        except Pushback as error:
            return Met(answer=None, reason="host_unknown", said=_words(error))
        try:
            return self._send(place, address, headers, body)
        except (OSError, ValueError, http.client.HTTPException) as error:
            if isinstance(error, ssl.SSLError):
                return Met(answer=None, reason="tls_failed", said=_words(error))
            is_late = isinstance(error, TimeoutError | http.client.IncompleteRead)
            reason = "timeout" if is_late else "connection_failed"
            return Met(answer=None, reason=reason, said=_words(error))

    def _send(
        self, place: Place, address: str, headers: Mapping[str, str], body: bytes
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
            if place.scheme == "https":
                held[0] = self._tls.wrap_socket(
                    sock, server_hostname=place.host, do_handshake_on_connect=False
                )
                held[0].do_handshake()  # type: ignore[attr-defined]
            connection.sock = held[0]
            sent = {**headers, "user-agent": _AGENT, "connection": "close"}
            target = place.path or "/"
            if place.query:
                target += f"?{place.query}"
            connection.request("POST", target, body=body, headers=sent)
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


def _words(error: Exception) -> str:
    words = str(error) or type(error).__name__
    return "".join(each if each.isprintable() else " " for each in words)[
        :SAID_CHARACTERS_MAX
    ]
