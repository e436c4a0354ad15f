"""The client: one signed request at a time, over one connection, answered or said not to be."""

import http.client
import json
import secrets
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from ekino_till.keys import Key
from ekino_till.retry import Answer, Meaning, read_answer, read_instant_s
from ekino_till.signature import sign

# For each step on the wire, and for an answer as a whole: one that drips is none.
REQUEST_TIMEOUT_S = 30
ANSWER_WAIT_MAX_S = 120
# The longest answer to a thousand events is a fraction of it.
ANSWER_BYTES_MAX = 16 * 1024 * 1024
# A till's clock that is off by more than this is corrected by the register's Date.
CLOCK_SKEW_MAX_S = 30
_CHUNK_BYTES = 65_536
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HUNG_UP = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)


class NotAnswered(ConnectionError):
    """No answer came, or the register asks to come back: sending again is always safe."""

    def __init__(self, words: str, *, retry_after_s: float = 0, code: str = "") -> None:
        """Say why, and after how many seconds to ask again (0: the caller's choice)."""
        super().__init__(words)
        self.retry_after_s = retry_after_s
        self.code = code


class RefusedByRegister(RuntimeError):
    """The register refused the request as a whole; asking again changes nothing."""

    def __init__(self, code: str, words: str) -> None:
        """Carry the problem's stable code and its sentence."""
        super().__init__(f"{code}: {words}")
        self.code = code
        self.words = words


class BatchRefused(RefusedByRegister):
    """Something in the batch cannot be read: sent in halves, the rest of it can."""


class Client:
    """
    Speaks to the register with one key; one thread at a time.

    Learns from the register's answers how far the machine's clock is off, and signs by the
    register's. `clock_ahead_s` may be set to what was learned before.
    """

    def __init__(
        self, url: str, key: Key, *, clock: Callable[[], float] = time.time
    ) -> None:
        """
        Name the register's address and the key; nothing is opened before it is needed.

        Raises ValueError for an address that is not http(s)://host[:port][/path].
        """
        self._scheme, self._host, self._prefix = read_address(url)
        self._key = key
        self._clock = clock
        self._connection: http.client.HTTPConnection | None = None
        self.clock_ahead_s = 0.0

    def now_s(self) -> float:
        """Give Unix seconds by the register's clock, as far as it is known."""
        return self._clock() - self.clock_ahead_s

    def send(self, body: bytes) -> dict[str, Any]:
        """Send a batch and give the answer; see `post` for what it raises."""
        return self.post("/v1/batches", body)

    def post(self, path: str, body: bytes) -> dict[str, Any]:
        """
        Send a signed body and give the answer.

        Raises `NotAnswered` when it may be sent again, `BatchRefused` when parts of it may,
        `RefusedByRegister` when it may not.
        """
        return self._ask("POST", path, body)

    def get(self, path: str) -> dict[str, Any]:
        """Read a JSON object, signed as well; raises as `post` does."""
        return self._ask("GET", path, b"")

    def enrol(self, code: str) -> dict[str, Any]:
        """Register this client's own key by a one-time code; raises as `post` does."""
        named = {"key_id": self._key.key_id, "public_key": self._key.public_text}
        return self.post("/v1/keys", json.dumps({**named, "code": code}).encode())

    def replace_by(self, key: Key, *, overlap_s: int | None = None) -> dict[str, Any]:
        """Let another key take the place of this client's; for a while both are taken."""
        named: dict[str, Any] = {
            "key_id": key.key_id,
            "public_key": key.public_text,
            "replaces": self._key.key_id,
            "signature": key.proof,
        }
        if overlap_s is not None:
            named["overlap_s"] = overlap_s
        return self.post("/v1/keys", json.dumps(named).encode())

    def _ask(self, method: str, path: str, body: bytes) -> dict[str, Any]:
        answer = self._once(method, path, body)
        if answer.meaning is Meaning.SIGN_AGAIN:
            # Signed by a wrong clock: the answer has told us the right one.
            answer = self._once(method, path, body)
        match answer.meaning:
            case Meaning.ANSWERED:
                return dict(answer.members)
            case Meaning.COME_BACK | Meaning.SIGN_AGAIN:
                raise NotAnswered(
                    f"{answer.code or answer.http}: {answer.words}",
                    retry_after_s=answer.retry_after_s,
                    code=answer.code,
                )
            case Meaning.SEND_LESS:
                raise BatchRefused(answer.code, answer.words)
        raise RefusedByRegister(answer.code, answer.words)

    def _once(self, method: str, path: str, body: bytes) -> Answer:
        is_fresh = self._connection is None
        try:
            return self._exchange(method, path, body)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            if is_fresh or not isinstance(error, _HUNG_UP):
                words = f"{type(error).__name__}: {error}"
                raise NotAnswered(words) from error
        # A connection that lay idle was closed from the other side: that is no failure.
        try:
            return self._exchange(method, path, body)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            words = f"{type(error).__name__}: {error}"
            raise NotAnswered(words) from error

    def _exchange(self, method: str, path: str, body: bytes) -> Answer:
        headers = {"Accept": "application/json"}
        headers |= sign(
            self._key,
            method=method,
            uri=f"{self._scheme}://{self._host}{self._prefix}{path}",
            body=body,
            created=int(self.now_s()),
            nonce=secrets.token_urlsafe(12),
        )
        began_s = self._clock()
        connection = self._open()
        connection.request(method, self._prefix + path, body=body or None, headers=headers)
        response = connection.getresponse()
        whole = self._read(response)
        ended_s = self._clock()
        named = {name.lower(): value for name, value in response.headers.items()}
        answer = read_answer(response.status, named, whole, now_s=ended_s)
        if answer.members:
            # A portal's clock is nobody's: only an answer of the register teaches.
            self._learn_clock(named.get("date", ""), (began_s + ended_s) / 2)
        return answer

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        deadline = time.monotonic() + ANSWER_WAIT_MAX_S
        parts: list[bytes] = []
        size = 0
        while part := response.read1(_CHUNK_BYTES):
            parts.append(part)
            size += len(part)
            if size > ANSWER_BYTES_MAX or time.monotonic() > deadline:
                message = f"the answer is over {ANSWER_BYTES_MAX} bytes, or does not end"
                raise http.client.HTTPException(message)
        # Read in parts, an answer does not know that it is over.
        response.close()
        return b"".join(parts)

    def _learn_clock(self, date: str, at_s: float) -> None:
        register_s = read_instant_s(date)
        if register_s is not None:
            ahead_s = at_s - register_s
            self.clock_ahead_s = ahead_s if abs(ahead_s) > CLOCK_SKEW_MAX_S else 0.0

    def _open(self) -> http.client.HTTPConnection:
        if self._connection is None:
            is_secure = self._scheme == "https"
            kind = http.client.HTTPSConnection if is_secure else http.client.HTTPConnection
            self._connection = kind(self._host, timeout=REQUEST_TIMEOUT_S)
        return self._connection

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def read_address(url: str) -> tuple[str, str, str]:
    """
    Give (scheme, host, path before /v1) of a register's address, in the one spelling.

    The address is signed, so both sides must spell it alike: lower case, no default port, no
    slash at the end. Raises ValueError.
    """
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not parts.hostname:
        message = f"{url!r} is no address such as https://ekino.example"
        raise ValueError(message)
    if parts.username is not None or parts.query or parts.fragment:
        message = f"{url!r} holds more than a host and a path"
        raise ValueError(message)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = parts.port
    if port is not None and port != _DEFAULT_PORTS[scheme]:
        host = f"{host}:{port}"
    return scheme, host, parts.path.rstrip("/")
