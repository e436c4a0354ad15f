"""Readings: facts about orders as they stand, with what else a connector has to know of them."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from ekino.ingest.formats.facts import Facts

# Characters of a text in the native format.
_TEXT_MAX = 64


class Secret:
    """The digest of what a ticket's code holds; the code itself is gone by the time it is read."""

    __slots__ = ("sha256",)

    def __init__(self, code: str) -> None:
        """Digest a code, and keep nothing else of it."""
        self.sha256 = hashlib.sha256(code.encode()).hexdigest()


@dataclass(slots=True, kw_only=True)
class Reading:
    """
    How some tickets of another system stand now.

    A ticket that is sold is a sale in `facts`; one that was and is no more is a sale and a
    reversal; one that was never paid for is a reversal alone, which means something only to
    whoever heard of its sale.
    """

    facts: Facts
    # Ticket → digest of its secret, in hexadecimal.
    secrets: dict[str, str] = field(default_factory=dict)
    # Ticket → when the other system last changed it.
    changed: dict[str, datetime] = field(default_factory=dict)


def short(text: str | None) -> str:
    """Give a text as the native format holds it: printable, at most 64 characters."""
    printable = "".join(each for each in text or "" if each.isprintable())
    return printable.strip()[:_TEXT_MAX].strip()
