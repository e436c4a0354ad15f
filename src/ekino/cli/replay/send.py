"""Sending: signed requests that are tried again until they are answered."""

import base64
import http.client
import json
import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heapreplace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ekino.access.signature import content_digest, signature_base, signature_parameters
from ekino.cli.replay.plan import Feed
from ekino.kernel.errors import Pushback, Refused

# Twice as long as the register lets a batch wait before it answers 503.
REQUEST_TIMEOUT_S = 60
# After a failure the first pause; each further one is twice as long, up to the most.
FIRST_PAUSE_S = 0.1
PAUSE_MAX_S = 5.0
# However long a register asks us to stay away, we ask again after this.
RETRY_AFTER_MAX_S = 60.0
_OK = (200, 201)
_TOO_MANY = 429
_SERVER_ERROR = 500


@dataclass(slots=True)
class Progress:
    """What has been answered so far; shared by all tills."""

    sent: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    register_size: int = 0
    acks_ms: list[float] = field(default_factory=list)
    answered_at: float = field(default_factory=time.monotonic)
    lock: threading.Lock = field(default_factory=threading.Lock)
    failure: BaseException | None = None


class Line:
    """One connection to the register and the key that signs on it."""

    def __init__(
        self,
        url: str,
        key_id: str,
        private: Ed25519PrivateKey,
        give_up_after_s: float,
        *,
        public_url: str = "",
    ) -> None:
        """Open nothing yet; `public_url` is what is signed where the register has one."""
        self._url = url.rstrip("/")
        self._signed_url = public_url.rstrip("/") or self._url
        self._key_id = key_id
        self._private = private
        self._give_up_after_s = give_up_after_s
        self._connection: http.client.HTTPConnection | None = None

    def _headers(self, method: str, path: str, body: bytes) -> dict[str, str]:
        parameters = signature_parameters(
            created=int(time.time()),
            key_id=self._key_id,
            nonce=base64.urlsafe_b64encode(secrets.token_bytes(12)).decode(),
        )
        digest = content_digest(body)
        base = signature_base(
            method=method,
            target_uri=self._signed_url + path,
            digest=digest,
            content_type="application/json",
            parameters=parameters,
        )
        signature = base64.b64encode(self._private.sign(base)).decode()
        return {
            "Content-Type": "application/json",
            "Content-Digest": digest,
            "Signature-Input": f"ekino={parameters}",
            "Signature": f"ekino=:{signature}:",
        }

    def _open(self) -> http.client.HTTPConnection:
        if self._connection is None:
            parts = urlsplit(self._url)
            kind = (
                http.client.HTTPSConnection
                if parts.scheme == "https"
                else http.client.HTTPConnection
            )
            self._connection = kind(parts.netloc, timeout=REQUEST_TIMEOUT_S)
        return self._connection

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def ask(
        self, method: str, path: str, body: bytes = b"", *, is_signed: bool = True
    ) -> Any:
        """
        Ask until there is an answer, and give it.

        Raises `Refused` with the register's words for a 4xx, and `Pushback` when there was no
        answer for the time to give up after.
        """
        began = time.monotonic()
        pause_s = FIRST_PAUSE_S
        while True:
            retry_after_s = 0.0
            try:
                connection = self._open()
                headers = self._headers(method, path, body) if is_signed else {}
                connection.request(method, path, body=body or None, headers=headers)
                response = connection.getresponse()
                answer = response.read()
            except (OSError, http.client.HTTPException) as error:
                self.close()
                words = f"{type(error).__name__}: {error}"
            else:
                if response.status in _OK:
                    return json.loads(answer)
                words = f"{response.status}: {answer[:500].decode('utf-8', 'replace')}"
                if response.status < _SERVER_ERROR and response.status != _TOO_MANY:
                    detail = f"{method} {path} was refused with {words}"
                    raise Refused(detail, code="request_refused")
                retry_after_s = _seconds(response.headers.get("Retry-After", ""))
            if time.monotonic() - began > self._give_up_after_s:
                detail = f"{self._url} does not answer ({words}); run it again to go on"
                raise Pushback(detail, retry_after_s=60, code="register_away")
            # Full jitter: many tills that lost one server do not come back as one.
            time.sleep(max(retry_after_s, random.uniform(0, pause_s)))  # noqa: S311 - no secret
            pause_s = min(pause_s * 2, PAUSE_MAX_S)


def _seconds(retry_after: str) -> float:
    """Read Retry-After; a date, or nonsense, leaves the pause to us."""
    if retry_after.isascii() and retry_after.isdigit():
        return min(float(retry_after), RETRY_AFTER_MAX_S)
    return 0.0


def read_key(path: Path) -> Ed25519PrivateKey:
    """Read an Ed25519 key from a PEM file; `Refused` when it is none."""
    try:
        private = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        detail = f"the key {path} cannot be read: {error}. Name another with --operator-key"
        raise Refused(detail, code="key_unreadable") from error
    if not isinstance(private, Ed25519PrivateKey):
        detail = f"{path} holds no Ed25519 key"
        raise Refused(detail, code="key_unreadable")
    return private


def share(feeds: Sequence[Feed], tills: int) -> list[list[Feed]]:
    """
    Give each till its venues, about as many tickets to each till.

    The same plan is always shared the same way: a replay that is run again sends the very
    batches it sent before, which a register that remembers them answers at once.
    """
    shares: list[list[Feed]] = [[] for _ in range(min(tills, max(1, len(feeds))))]
    loads = [(0, number) for number in range(len(shares))]
    heapify(loads)
    for feed in sorted(feeds, key=lambda feed: -feed.tickets):
        load, number = loads[0]
        shares[number].append(feed)
        heapreplace(loads, (load + feed.tickets, number))
    return shares


def _batches(feeds: Sequence[Feed], events_max: int) -> Iterator[tuple[int, bytes]]:
    """Give (events, body) of one till's batches, each venue's events in order."""
    waiting: list[bytes] = []
    for feed in feeds:
        for event in feed.events():
            waiting.append(event)
            if len(waiting) == events_max:
                yield len(waiting), b'{"events":[' + b",".join(waiting) + b"]}"
                waiting = []
    if waiting:
        yield len(waiting), b'{"events":[' + b",".join(waiting) + b"]}"


def send(
    feeds: list[Feed],
    open_line: Callable[[], Line],
    *,
    tills: int,
    batch_events: int,
    on_answer: Callable[[Progress], None],
) -> Progress:
    """Send every feed's events with `tills` lines at once, and give what was answered."""
    progress = Progress()

    def work(own: list[Feed]) -> None:
        line = open_line()
        try:
            for events, body in _batches(own, batch_events):
                if progress.failure is not None:
                    return
                began = time.perf_counter()
                answer = line.ask("POST", "/v1/batches", body)
                took_ms = (time.perf_counter() - began) * 1000
                with progress.lock:
                    progress.sent += events
                    progress.outcomes.update(answer["outcomes"])
                    progress.register_size = max(
                        progress.register_size, answer["register_size"]
                    )
                    progress.acks_ms.append(took_ms)
                on_answer(progress)
        except BaseException as error:
            progress.failure = error
        finally:
            line.close()

    threads = [
        threading.Thread(target=work, args=(own,), daemon=True)
        for own in share(feeds, tills)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        # In short waits, so that Ctrl-C is heard.
        while thread.is_alive():
            thread.join(0.2)
    if progress.failure is not None:
        raise progress.failure
    return progress
