"""Asking another system: bounded answers over a pinned connection, and no address it names."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self

import httpx2

from ekino.intake.connectors.address import look_up
from ekino.kernel.errors import NotFound, Pushback, Refused
from ekino.kernel.internet import Guard, LookUp, Place
from ekino.kernel.moments import now

# An answer is a page of fifty orders, or the list of an event's visitors.
ANSWER_BYTES_MAX = 16 * 1024 * 1024
# Another system is asked for this long before it counts as away.
CONNECT_WAIT_S = 5.0
ANSWER_WAIT_S = 20.0
# A whole answer: a peer that drips a byte a second holds nobody up for longer.
WHOLE_WAIT_S = 60.0
# What another system may make us wait when it has enough of us.
RETRY_AFTER_MAX_S = 3_600
RETRY_AFTER_USUAL_S = 30

# A packed answer could unpack to more than its bound before we see how much it is.
_PLAIN = {"Accept": "application/json", "Accept-Encoding": "identity"}

Parameters = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered with 200; names of headers are lower case."""

    body: bytes
    headers: Mapping[str, str]


class Asker:
    """
    Asks one other system, with its secret in a header.

    Addresses are made of the root that an operator set and paths of ours: an address that comes
    with an answer (`next`, a redirect) is never followed.
    """

    def __init__(
        self,
        root: str,
        headers: Mapping[str, str],
        *,
        guard: Guard,
        ask_name: LookUp = look_up,
    ) -> None:
        """
        Take where the API begins and what goes with each question.

        `Refused` for an address that we do not read from.
        """
        self._root = guard.take_apart(root, is_operators=True)
        self._headers = headers
        self._guard = guard
        self._ask_name = ask_name
        self._number = ""
        self._client: httpx2.Client | None = None

    def __enter__(self) -> Self:
        """Look the name up, once for all questions of this look."""
        self._number = self._guard.pin(self._root, self._ask_name)
        self._client = httpx2.Client(
            timeout=httpx2.Timeout(ANSWER_WAIT_S, connect=CONNECT_WAIT_S),
            follow_redirects=False,
            # Neither a proxy nor a .netrc of whoever started us.
            trust_env=False,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()

    def get(self, path: str, parameters: Parameters = ()) -> Answer:
        """
        Ask for a path below the root.

        Raises `Pushback` when the other system is away, busy or has enough of us; `Refused` when
        it does not let us in or answers something that is no answer; `NotFound` for a 404.
        """
        if self._client is None:
            message = "an asker is entered before it asks"
            raise RuntimeError(message)
        root, number = self._root, self._number
        host = f"[{number}]" if ":" in number else number
        request = self._client.build_request(
            "GET",
            f"{root.scheme}://{host}:{root.port}{root.path.rstrip('/')}{path}",
            params=list(parameters),
            headers={**self._headers, **_PLAIN, "Host": _host_header(root)},
            # The certificate is the name's, although the connection goes to the number.
            extensions={"sni_hostname": root.host},
        )
        try:
            answer = self._client.send(request, stream=True)
            try:
                return _taken(answer, path)
            finally:
                answer.close()
        except httpx2.HTTPError as error:
            detail = f"{root.host} is away: {type(error).__name__}"
            raise Pushback(
                detail, retry_after_s=RETRY_AFTER_USUAL_S, code="peer_away"
            ) from error


def _host_header(root: Place) -> str:
    usual = {"https": 443, "http": 80}[root.scheme]
    host = f"[{root.host}]" if ":" in root.host else root.host
    return host if root.port == usual else f"{host}:{root.port}"


def _taken(answer: httpx2.Response, path: str) -> Answer:
    """Judge an answer by its number, and read it to its bound."""
    number = answer.status_code
    if number in (429, 503):
        detail = f"the other system asks us to come back later ({number})"
        wait_s = _retry_after_s(answer.headers.get("retry-after", ""))
        raise Pushback(detail, retry_after_s=wait_s, code="peer_has_enough")
    if number >= 500:  # noqa: PLR2004 - their failure
        detail = f"the other system failed ({number}) at {path}"
        raise Pushback(detail, retry_after_s=RETRY_AFTER_USUAL_S, code="peer_failed")
    if number in (401, 403):
        detail = f"the other system does not let us in ({number}) at {path}"
        raise Refused(detail, code="peer_refused")
    if number == 404:  # noqa: PLR2004 - not found
        raise NotFound(f"the other system has no {path}", code="peer_has_none")
    if number != 200:  # noqa: PLR2004 - OK; a redirect is none
        detail = f"the other system answered {number} at {path}"
        raise Refused(detail, code="peer_answer_odd")
    body, until = bytearray(), time.monotonic() + WHOLE_WAIT_S
    for chunk in answer.iter_bytes():
        body += chunk
        if len(body) > ANSWER_BYTES_MAX:
            detail = f"the answer at {path} has more than {ANSWER_BYTES_MAX} bytes"
            raise Refused(detail, code="peer_answer_too_large")
        if time.monotonic() > until:
            detail = f"the answer at {path} took longer than {WHOLE_WAIT_S:.0f} s"
            raise Pushback(detail, retry_after_s=RETRY_AFTER_USUAL_S, code="peer_too_slow")
    return Answer(
        bytes(body), {name.lower(): value for name, value in answer.headers.items()}
    )


def _retry_after_s(text: str) -> int:
    """Read how long to wait: seconds, or a date; bounded, and never not at all."""
    try:
        wait_s = int(text)
    except ValueError:
        try:
            wait_s = int((parsedate_to_datetime(text) - now()).total_seconds()) + 1
        except (ValueError, TypeError):
            wait_s = RETRY_AFTER_USUAL_S
    return max(1, min(wait_s, RETRY_AFTER_MAX_S))
