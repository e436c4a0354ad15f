"""A request as it was observed, and how times are summed up."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

# Of a body, and of an answer, so much is kept: a full batch of plain sales.
BODY_KEPT_BYTES_MAX = 256 * 1024
ANSWER_KEPT_BYTES_MAX = 64 * 1024
# Of an address, so much is kept: ours have some two hundred characters, a flood's any number.
PATH_KEPT_CHARACTERS_MAX = 1_000
AGENT_CHARACTERS_MAX = 120
# Programs of a key that are told apart within an hour; a vendor's versions are a handful, and
# a program that calls itself anew each time fills no table.
AGENTS_AN_HOUR_MAX = 20
# All the others. No program that we know calls itself so.
OTHER_AGENT = "other"
# How long requests are kept.
REQUEST_DAYS = 30
# And how many, the newest: of a key's own some thousands a day, which its holder looks through;
# of what strangers send in a key's name, enough to see that somebody does.
REQUESTS_KEPT_MAX = 200_000
STRANGERS_KEPT_MAX = 10_000
# What they may take on the disk, as PostgreSQL packs them: a disk has room for both beside the
# register, whoever floods us.
REQUESTS_KEPT_BYTES_MAX = 4 * 1024**3
STRANGERS_KEPT_BYTES_MAX = 128 * 1024**2
# The bounds of how long requests took; above the last everything is one.
TOOK_MS = (2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """A request, what it met, and how long that took; secrets are masked already."""

    request_id: str
    at: datetime
    took_ms: float
    # As the request says it is signed; "" when it is not.
    key_id: str
    # Whether the key's holder made the signature, also where the clock or the key was not good.
    # Of whatever is not verified no body is kept: it may be anybody's.
    is_verified: bool
    method: str
    # With the query.
    path: str
    # HTTP's number; 0: no answer was given, as a simulated time-out wants it.
    answer: int
    # Of the problem; "" for none.
    code: str
    # The program as it calls itself.
    agent: str
    # Lower-case names.
    headers: Mapping[str, str]
    # As it was sent, unpacked and masked; cut at BODY_KEPT_BYTES_MAX.
    body: str
    body_bytes: int
    body_sha256: str
    answer_body: str
    answer_bytes: int

    @property
    def is_failed(self) -> bool:
        """Whether the asker did not get what was asked."""
        return not 200 <= self.answer < 400  # noqa: PLR2004 - HTTP's own bounds


def place_of(took_ms: float) -> int:
    """Give which of the bounds of TOOK_MS a time is within; their number for above the last."""
    return bisect_left(TOOK_MS, took_ms)


def quantile_ms(took: Sequence[int], share: float) -> float | None:
    """
    Give the time below which this share of the requests was answered; None without any.

    `took` counts requests by the bounds of TOOK_MS. Between two bounds it is assumed that they
    came evenly; above the last the bound itself is given.
    """
    total = sum(took)
    if total == 0:
        return None
    wanted = share * total
    below = 0.0
    passed = 0
    for count, bound in zip(took, (*TOOK_MS, TOOK_MS[-1]), strict=True):
        if count and passed + count >= wanted:
            return below + (bound - below) * (wanted - passed) / count
        passed += count
        below = float(bound)
    return float(TOOK_MS[-1])
