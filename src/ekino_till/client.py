"""The client: one signed request at a time, over one connection, answered or said not to be."""

import http.client
import json
import secrets
import time
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from ekino_till.keys import Key
from ekino_till.signature import sign

REQUEST_TIMEOUT_S = 30
# Whoever asks us to stay away longer is asked again all the same.
RETRY_AFTER_MAX_S = 3_600.0
# A till's clock that is off by more than this is corrected by the register's Date.
CLOCK_SKEW_MAX_S = 30
_OK = 200
# A proxy's time-out, and too many requests.
_COME_BACK = (408, 429)
_UNKNOWN_WHO = 401
_SERVER_ERROR = 500


class NotAnswered(ConnectionError):
    """No answer came, or the register asks to come back: sending again is always safe."""

    def __init__(self, words: str, *, retry_after_s: float = 0) -> None:
        """Say why, and after how many seconds to ask again (0: the caller's choice)."""
        super().__init__(words)
        self.retry_after_s = retry_after_s


class RefusedByRegister(RuntimeError):
    """The register refused the request as a whole; asking again changes nothing."""

    def __init__(self, code: str, words: str) -> None:
        """Carry the problem's stable code and its sentence."""
        super().__init__(f"{code}: {words}")
        self.code = code


class Client:
    """
    Speaks to the register with one key.

    Learns from each answer how far the machine's clock is off, and signs by the register's.
    """

    def __init__(self, url: str, key: Key) -> None:
        """Name the register's address and the key; nothing is opened before it is needed."""
        self._url = url.rstrip("/")
        self._key = key
        self._connection: http.client.HTTPConnection | None = None
        self.clock_ahead_s = 0.0

    def send(self, body: bytes) -> dict[str, Any]:
        """Send a batch and give the answer; see `post` for what it raises."""
        return self.post("/v1/batches", body)

    def post(self, path: str, body: bytes) -> dict[str, Any]:
        """
        Send a signed body and give the answer.

        Raises `NotAnswered` when it may be sent again, `RefusedByRegister` when it may not.
        """
        try:
            return self._post(path, body)
        except RefusedByRegister as error:
            # Signed by a wrong clock: the answer has told us the right one.
            if error.code != "created_out_of_window":
                raise
            return self._post(path, body)

    def _post(self, path: str, body: bytes) -> dict[str, Any]:
        headers = sign(
            self._key,
            method="POST",
            uri=self._url + path,
            body=body,
            created=int(time.time() - self.clock_ahead_s),
            nonce=secrets.token_urlsafe(12),
        )
        try:
            connection = self._open()
            connection.request("POST", path, body=body, headers=headers)
            response = connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            words = f"{type(error).__name__}: {error}"
            raise NotAnswered(words) from error
        self._learn_clock(response.headers.get("Date"))
        if response.status == _OK:
            whole = _members(answer)
            if whole is None:
                # Something between us answered in the register's place.
                message = "the answer is no JSON object"
                raise NotAnswered(message)
            return whole
        if response.status >= _SERVER_ERROR or response.status in _COME_BACK:
            retry_after_s = _seconds(response.headers.get("Retry-After"))
            raise NotAnswered(f"answer {response.status}", retry_after_s=retry_after_s)
        problem = _members(answer) or {}
        code = str(problem.get("code") or response.status)
        words = str(problem.get("detail") or answer[:200].decode("latin-1"))
        raise RefusedByRegister(code, words)

    def _learn_clock(self, header: str | None) -> None:
        register_s = _instant_s(header)
        if register_s is not None:
            ahead_s = time.time() - register_s
            self.clock_ahead_s = ahead_s if abs(ahead_s) > CLOCK_SKEW_MAX_S else 0.0

    def _open(self) -> http.client.HTTPConnection:
        if self._connection is None:
            parts = urlsplit(self._url)
            is_secure = parts.scheme == "https"
            kind = http.client.HTTPSConnection if is_secure else http.client.HTTPConnection
            self._connection = kind(parts.netloc, timeout=REQUEST_TIMEOUT_S)
        return self._connection

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _members(answer: bytes) -> dict[str, Any] | None:
    """Read a JSON object; None when it is anything else."""
    try:
        whole = json.loads(answer)
    except ValueError:
        return None
    return whole if isinstance(whole, dict) else None


def _instant_s(header: str | None) -> float | None:
    """Read an HTTP date as Unix seconds; None when there is none or it is none."""
    try:
        return parsedate_to_datetime(header or "").timestamp()
    except (ValueError, OverflowError):
        return None


def _seconds(header: str | None) -> float:
    """Read a Retry-After, which may be seconds or an HTTP date; 0 when it is neither."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        wanted_s = float(text)
    else:
        instant_s = _instant_s(text)
        wanted_s = 0.0 if instant_s is None else instant_s - time.time()
    return min(max(wanted_s, 0.0), RETRY_AFTER_MAX_S)
