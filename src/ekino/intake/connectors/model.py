"""A connector: another ticketing system that is read, where we are in it, and how it goes."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from ekino.ingest.formats.readings import Reading

# A code begins the name of every ticket and showing: 20 characters leave 44 for the number.
CODE_CHARACTERS = 20
# Connectors of one register: each asks every POLL_S, in turn.
CONNECTORS_MAX = 500
# Events that one connector may be held to.
EVENTS_OF_ONE_MAX = 200
# Seconds from one look to the next when all is read; a hint makes it at once.
POLL_S = 30.0
# After a failure the next look waits this long, then twice as long, up to the most.
AGAIN_AFTER_S = 5.0
AGAIN_AFTER_MAX_S = 900.0
# So that connectors which failed together do not come back together.
JITTER = 0.2
# Whoever reads holds the connector this long; then another process may.
LEASE_S = 180.0
# Hints that wait for one connector; one more only says: look.
HINTS_MAX = 500
# What cannot be mapped is kept once and counted; beyond this only counted.
UNMAPPED_MAX = 10_000

Cursor = Mapping[str, Any]


class System(StrEnum):
    """What is read."""

    PRETIX = "pretix"
    HI_EVENTS = "hi_events"
    ALFIO = "alfio"
    ATTENDIZE = "attendize"


class ConnectorState(StrEnum):
    """Whether it is read."""

    RUNNING = "running"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """Another ticketing system as an operator set it up."""

    connector_id: int
    # Begins the name of every ticket of it.
    code: str
    system: System
    url: str
    # Whose: an organiser's slug, or "" where the token says so.
    account: str
    # The events that are read; none: all that the token shows.
    events: tuple[str, ...]
    # The source that speaks for it, as `access` knows it.
    source_code: str
    # Path of the file with the secret; what it holds is nowhere else.
    secret_file: str
    state: ConnectorState
    cursor: Cursor
    failures: int
    # Of the source's venues, for systems that say neither; "" where they have several.
    currency: str = ""
    timezone: str = ""
    # Which claim of it this is; whoever claimed it later has taken it over.
    lease_no: int = 0


@dataclass(slots=True, kw_only=True)
class Look:
    """What one look into another system gave: a page, or an order that a hint named."""

    readings: list[Reading] = field(default_factory=list)
    cursor: Cursor = field(default_factory=dict)
    # False: there is more to read at once.
    is_done: bool = True
    # All that changed in the other system before it has been read; None: not known yet.
    read_until: datetime | None = None


class Puller(Protocol):
    """Reads one system; raises `Pushback`, `Refused` and `Malformed` as an `Asker` does."""

    def look(self, cursor: Cursor) -> Look:
        """Read the next page after a cursor; {} is the beginning."""

    def look_at(self, subject: str) -> Look:
        """Read what a hint named; its cursor is not used."""


def after_failure(
    at: datetime, failures: int, *, retry_after_s: float = 0, dice: random.Random
) -> datetime:
    """
    Say when to try again after so many failures in a row, the first being 1.

    Twice as long each time up to AGAIN_AFTER_MAX_S, give or take JITTER; never before the other
    system said that it may be.
    """
    pause_s = min(AGAIN_AFTER_S * 2 ** min(failures - 1, 20), AGAIN_AFTER_MAX_S)
    pause_s *= 1 + JITTER * (2 * dice.random() - 1)
    return at + timedelta(seconds=max(pause_s, retry_after_s))


def next_look(at: datetime, *, is_done: bool, dice: random.Random) -> datetime:
    """Say when to look again after a look that went well."""
    if not is_done:
        return at
    return at + timedelta(seconds=POLL_S * (1 + JITTER * (2 * dice.random() - 1)))


def is_code(text: str) -> bool:
    """Say whether a text can begin tickets' names: small letters, digits, `-`; a letter first."""
    letters = text.replace("-", "")
    return (
        0 < len(text) <= CODE_CHARACTERS
        and text[0].isalpha()
        and letters.isascii()
        and letters.isalnum()
        and text == text.lower()
    )


def in_scope(events: Sequence[str], event: str) -> bool:
    """Say whether an event is one of those that a connector reads."""
    return not events or event in events
