"""What an answer means for whoever sent: settled, sign again, send less, come back, refused."""

# Pure, and with vectors (`answers` of tests/vectors/kit.json): the part of a client that is
# easiest to get wrong and hardest to see, since it shows only on the worst evening.

import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

# Shorter than a cashier notices; most troubles of a network are over by then.
FIRST_PAUSE_S = 0.2
# A till that is away for an evening is back within a minute of the network.
PAUSE_MAX_S = 60.0
# Whoever asks us to stay away longer is asked again all the same.
RETRY_AFTER_MAX_S = 3_600.0
# 2^9 times the first pause is above the longest.
_DOUBLINGS_MAX = 9
_OK = range(200, 300)
_CLIENT_ERRORS = range(400, 500)
# A proxy's time-out, too early, and too many requests.
_COME_BACK = frozenset({408, 425, 429})
# The clock was wrong, or the nonce was used: the same body under a new signature may pass.
_SIGN_AGAIN = frozenset({"created_out_of_window", "nonce_used"})
# Something in this batch cannot be read: in halves, the rest of it can.
_SEND_LESS = frozenset(
    {
        "batch_has_too_many_events",
        "batch_is_malformed",
        "body_is_malformed",
        "body_too_large",
    }
)


class Meaning(StrEnum):
    """What to do next."""

    ANSWERED = "answered"
    SIGN_AGAIN = "sign_again"
    SEND_LESS = "send_less"
    COME_BACK = "come_back"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer of HTTP and what it means."""

    meaning: Meaning
    http: int
    # The register's stable code; "" when the register said none, or was not the one that spoke.
    code: str
    words: str
    retry_after_s: float
    # The JSON object; empty when there is none.
    members: Mapping[str, Any]


def read_answer(
    http: int, headers: Mapping[str, str], body: bytes, *, now_s: float
) -> Answer:
    """
    Say what an answer means; header names are lower case.

    Only a JSON object is the register's own word: a portal, a proxy or a wrong address that
    answers anything else is no reason to believe that a sale was entered or refused.
    """
    whole = _members(body)
    retry_after_s = read_seconds(headers.get("retry-after", ""), now_s=now_s)
    code = str(whole["code"]) if whole and isinstance(whole.get("code"), str) else ""
    if http in _OK:
        meaning = Meaning.COME_BACK if whole is None else Meaning.ANSWERED
    elif http not in _CLIENT_ERRORS or http in _COME_BACK or not code:
        meaning = Meaning.COME_BACK
    elif code in _SIGN_AGAIN:
        meaning = Meaning.SIGN_AGAIN
    else:
        meaning = Meaning.SEND_LESS if code in _SEND_LESS else Meaning.REFUSED
    words = str((whole or {}).get("detail") or body[:200].decode("utf-8", "replace"))
    if meaning is Meaning.COME_BACK and not code:
        words = f"answer {http} is not the register's: {words!r}"
    return Answer(
        meaning=meaning,
        http=http,
        code=code,
        words=words,
        retry_after_s=retry_after_s,
        members=whole or {},
    )


def pause_s(tries: int, retry_after_s: float, dice: float) -> float:
    """
    Give the seconds to wait after `tries` attempts without an answer (1 after the first).

    `dice` is 0 … 1, thrown anew each time. Never shorter than what the register asks for, and
    never the same for two tills: a thousand that come back at once are turned away at once.
    """
    widest_s = min(FIRST_PAUSE_S * float(1 << min(tries - 1, _DOUBLINGS_MAX)), PAUSE_MAX_S)
    return retry_after_s + dice * widest_s


def read_instant_s(header: str) -> float | None:
    """Read an HTTP date as Unix seconds; None when there is none or it is none."""
    try:
        return parsedate_to_datetime(header).timestamp()
    except (ValueError, OverflowError):
        return None


def read_seconds(header: str, *, now_s: float) -> float:
    """Read a Retry-After, which may be seconds or an HTTP date; 0 when it is neither."""
    text = header.strip()
    if text.isascii() and text.isdigit():
        wanted_s = float(text)
    else:
        instant_s = read_instant_s(text)
        wanted_s = 0.0 if instant_s is None else instant_s - now_s
    return min(max(wanted_s, 0.0), RETRY_AFTER_MAX_S)


def _members(body: bytes) -> dict[str, Any] | None:
    try:
        whole = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return whole if isinstance(whole, dict) else None
