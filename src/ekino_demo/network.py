"""The tills' way to the register: signed batches, sent in order, again and again until answered."""

import base64
import hashlib
import os
import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx2
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ekino_demo.events import Event

BATCH_EVENTS_MAX = 1_000
_CONTENT = "application/json"
_COMPONENTS = '("@method" "@target-uri" "content-digest" "content-type")'
_ANSWER_WAIT_S = 60.0
_AGAIN_AFTER_S = 0.5
_AGAIN_AFTER_MAX_S = 10.0
# How long an operator's question waits for a register that is being started again.
_AWAY_MAX_S = 60.0
_LATENCIES_MAX = 100_000
_RETRY = (429, 500, 502, 503, 504)


class LineError(Exception):
    """The register refused a request as a whole, and would refuse it again."""


def load_key(path: Path) -> Ed25519PrivateKey:
    """Read a private key."""
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise LineError(f"{path} holds no Ed25519 key")
    return key


def ensure_key(path: Path) -> Ed25519PrivateKey:
    """Read a source's private key, or make it, readable by its owner alone."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        pem = Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        beside = path.with_suffix(".new")
        with os.fdopen(
            os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb"
        ) as file:
            file.write(pem)
        beside.rename(path)
    return load_key(path)


def public_text(key: Ed25519PrivateKey) -> str:
    """Give the public half as the catalog of keys takes it."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


class Line:
    """A connection that signs what it sends (RFC 9421, the profile of the register)."""

    def __init__(self, url: str, key_id: str, key: Ed25519PrivateKey) -> None:
        """Name the register, and who signs."""
        self._url = url
        self._key_id = key_id
        self._key = key
        self._client = httpx2.Client(timeout=_ANSWER_WAIT_S, trust_env=False)

    def post(self, path: str, body: bytes) -> httpx2.Response:
        """Send a body, signed at this moment; raises httpx2.TransportError off line."""
        uri = self._url + path
        digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
        parameters = (
            f'{_COMPONENTS};created={int(time.time())};keyid="{self._key_id}"'
            f';alg="ed25519";nonce="{secrets.token_urlsafe(12)}";tag="ekino-ingest"'
        )
        signed = (
            f'"@method": POST\n"@target-uri": {uri}\n"content-digest": {digest}\n'
            f'"content-type": {_CONTENT}\n"@signature-params": {parameters}'
        )
        signature = base64.b64encode(self._key.sign(signed.encode())).decode()
        return self._client.post(
            uri,
            content=body,
            headers={
                "Content-Type": _CONTENT,
                "Content-Digest": digest,
                "Signature-Input": f"ekino={parameters}",
                "Signature": f"ekino=:{signature}:",
            },
        )

    def get(self, path: str) -> dict[str, Any]:
        """Read a public answer, waiting for a register that is away."""
        answer = _patiently(lambda: self._client.get(self._url + path))
        if not answer.is_success:
            raise LineError(f"{path}: {answer.status_code} {answer.text[:300]}")
        return dict(msgspec.json.decode(answer.content))

    def is_answered(self) -> bool:
        """Whether the register answers just now."""
        try:
            return self._client.get(self._url + "/health").is_success
        except httpx2.TransportError:
            return False

    def tell(self, path: str, document: Mapping[str, object]) -> None:
        """Send an operator's document, waiting for a register that is away."""
        body = msgspec.json.encode(document)
        answer = _patiently(lambda: self.post(path, body))
        if not answer.is_success:
            raise LineError(f"{path}: {answer.status_code} {answer.text[:500]}")

    def close(self) -> None:
        """Hang up."""
        self._client.close()


def _patiently(ask: Callable[[], httpx2.Response]) -> httpx2.Response:
    """Ask until there is an answer that is not about being away, for at most _AWAY_MAX_S."""
    deadline = time.monotonic() + _AWAY_MAX_S
    while True:
        try:
            answer = ask()
        except httpx2.TransportError as error:
            if time.monotonic() > deadline:
                raise LineError(f"the register does not answer: {error}") from error
        else:
            if answer.status_code not in _RETRY or time.monotonic() > deadline:
                return answer
        time.sleep(_AGAIN_AFTER_S)


class Answers:
    """What the register has answered to all tills together; safe between threads."""

    def __init__(self) -> None:
        """Count from nothing."""
        self._lock = threading.Lock()
        self.outcomes: Counter[str] = Counter()
        self.latencies_ms: deque[float] = deque(maxlen=_LATENCIES_MAX)

    def note(self, outcomes: Iterable[str], latency_ms: float) -> None:
        """Count one answered batch."""
        with self._lock:
            self.outcomes.update(outcomes)
            self.latencies_ms.append(latency_ms)

    def percentile_ms(self, percent: int) -> float | None:
        """Give the latency that so many percent of batches stayed within."""
        with self._lock:
            ordered = sorted(self.latencies_ms)
        if not ordered:
            return None
        return round(ordered[min(len(ordered) - 1, len(ordered) * percent // 100)], 1)


class Till(threading.Thread):
    """
    Sends one source's events in order, one batch after the other.

    What waits here is in the journal too. `acknowledged` says, for each cinema, up to which
    number the register has answered: what is beyond it is offered again after a crash, and
    sending twice changes nothing.
    """

    def __init__(self, source: str, line: Line, answers: Answers) -> None:
        """Begin on line, with nothing to send."""
        super().__init__(name=f"till {source}", daemon=True)
        self.source = source
        self._line = line
        self.answers = answers
        self._waiting: deque[Event] = deque()
        self._changed = threading.Condition()
        self._is_leaving = False
        self.is_on_line = True
        self.acknowledged: dict[str, int] = {}
        self.failure: LineError | None = None

    def send(self, events: Iterable[Event]) -> None:
        """Queue events that are written down already."""
        with self._changed:
            self._waiting.extend(events)
            self._changed.notify_all()

    def set_line(self, *, is_on: bool) -> None:
        """Pull the network cable, or plug it in."""
        with self._changed:
            self.is_on_line = is_on
            self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """How many events have no answer yet."""
        return len(self._waiting)

    def leave(self) -> None:
        """Stop after the batch under way; what waits stays in the journal."""
        with self._changed:
            self._is_leaving = True
            self._changed.notify_all()

    def run(self) -> None:
        """Send whatever waits until told to leave."""
        again_s = _AGAIN_AFTER_S
        while (batch := self._next_batch()) is not None:
            try:
                is_answered = self._offer(batch)
            except LineError as error:
                self.failure = error
                return
            if is_answered:
                again_s = _AGAIN_AFTER_S
                with self._changed:
                    for _ in batch:
                        self._waiting.popleft()
                    self._changed.notify_all()
            else:
                with self._changed:
                    self._changed.wait_for(lambda: self._is_leaving, timeout=again_s)
                again_s = min(again_s * 2, _AGAIN_AFTER_MAX_S)
        self._line.close()

    def _next_batch(self) -> list[Event] | None:
        with self._changed:
            self._changed.wait_for(
                lambda: self._is_leaving or (self._waiting and self.is_on_line)
            )
            if self._is_leaving:
                return None
            return [
                self._waiting[index]
                for index in range(min(len(self._waiting), BATCH_EVENTS_MAX))
            ]

    def _offer(self, batch: list[Event]) -> bool:
        """Send a batch and note what became of it; False when it has to be sent again."""
        body = msgspec.json.encode({"events": [event.to_wire() for event in batch]})
        began = time.perf_counter()
        try:
            answer = self._line.post("/v1/batches", body)
        except httpx2.TransportError:
            return False
        if answer.status_code in _RETRY:
            return False
        if not answer.is_success:
            raise LineError(f"{self.source}: {answer.status_code} {answer.text[:300]}")
        latency_ms = (time.perf_counter() - began) * 1000
        self.answers.note(msgspec.json.decode(answer.content)["outcomes"], latency_ms)
        for event in batch:
            self.acknowledged[event.venue] = event.sequence
        return True
