"""What may be told, when it is tried again, and the text that is signed."""

import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum


class Kind(StrEnum):
    """What a notice tells."""

    # A source's feed of a venue is on line, late, silent, incomplete or suspended now.
    FEED_STATE_CHANGED = "feed.state_changed"
    # Something about a feed needs explanation, or needs it no longer.
    FEED_ALARM = "feed.alarm"
    # What became of an excuse: accepted, declined, or more was asked.
    FEED_EXCUSE_DECIDED = "feed.excuse_decided"
    # A cinema asks a source to correct what it reported.
    CORRECTION_REQUESTED = "correction.requested"
    # A certification has come to its end.
    CERTIFICATION_COMPLETED = "certification.completed"
    # A key was let in by a code, or took another's place.
    KEY_REGISTERED = "key.registered"
    # A key ends soon: let another take its place.
    KEY_EXPIRING = "key.expiring"
    # Events of a batch were not entered.
    BATCH_REFUSED = "batch.refused"
    # Somebody tries whether notices arrive.
    TEST_PING = "test.ping"


KINDS = frozenset(each.value for each in Kind)
# From one attempt to the next, in seconds. Source: Standard Webhooks 1.0, "Retry schedule".
DELAYS_S = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
# A delay is longer by up to this share of it, so that those who failed together do not come
# back together.
JITTER_SHARE_MAX = 0.1
# A receiver that has not answered by then has not answered. Source: Standard Webhooks 1.0,
# which asks for 15 to 30 seconds.
ANSWER_TIMEOUT_S = 20
# What a receiver says of a failure is kept to this many characters.
SAID_CHARACTERS_MAX = 500
# How long the delivery log tells of an attempt.
ATTEMPT_DAYS = 30
# Endpoints of one organisation.
ENDPOINTS_MAX = 20
# Deliveries of one organisation that wait, over all its endpoints: as many as a vendor's thousand
# sources make when all fall silent, a few times over, and no dead endpoint fills the disk. One
# more, and the oldest is given up.
WAITING_MAX = 10_000
# Both keys sign for so long after one took the other's place.
KEY_OVERLAP_S = 86_400
# The answer by which a receiver says that it wants nothing more (RFC 9110).
GONE = 410
# Characters of an endpoint's address.
ADDRESS_CHARACTERS_MAX = 500
_SUBJECT = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,199}")
# JSON of a notice: ids and states, a few hundred bytes.
FACTS_BYTES_MAX = 8_192
_EMAIL = re.compile(r"[^\s@<>\"(),:;\[\]\\]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


def new_notice_id() -> str:
    """Give the name under which a notice is known over all its attempts."""
    return f"ntc_{secrets.token_hex(12)}"


def is_subject(text: str) -> bool:
    """Say whether a text can name what a notice is about."""
    return _SUBJECT.fullmatch(text) is not None


def is_email(text: str) -> bool:
    """Say whether a text is an e-mail address that a header can carry."""
    return len(text) <= ADDRESS_CHARACTERS_MAX and _EMAIL.fullmatch(text) is not None


def delay_after(attempts: int, *, chance: float) -> timedelta | None:
    """
    Give how long to wait after so many attempts; None when there were enough.

    `chance` from 0 to 1 says where within the jitter: a schedule is a value, not a die.
    """
    if attempts >= len(DELAYS_S):
        return None
    return timedelta(seconds=DELAYS_S[attempts] * (1 + JITTER_SHARE_MAX * chance))


def signed_text(notice_id: str, timestamp: int, body: bytes) -> bytes:
    """Give the bytes that a webhook's signature is made over (Standard Webhooks 1.0)."""
    return f"{notice_id}.{timestamp}.".encode() + body


def body_of(kind: str, told_at: str, subject: str, facts: Mapping[str, object]) -> object:
    """Give the payload of a webhook: thin, for the truth is read from the API."""
    return {"type": kind, "timestamp": told_at, "data": {"subject": subject, **facts}}


def wants(kinds: frozenset[str], kind: str) -> bool:
    """Say whether an endpoint is told of this: of all kinds when it names none."""
    return not kinds or kind in kinds or kind == Kind.TEST_PING
