"""Readings: facts about orders as they stand, with what else a connector has to know of them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

import msgspec

from ekino.ingest.formats.facts import Facts, Unmapped, malformed
from ekino.kernel.money import Minor, split, to_minor

# Characters of a text in the native format.
_TEXT_MAX = 64
Answer = TypeVar("Answer")


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


class NoFact(StrEnum):
    """Why something that another system told is none of the facts."""

    PRODUCT_IS_NO_TICKET = "product_is_no_ticket"
    FEE_OF_NO_TICKET = "fee_of_no_ticket"
    REFUND_OF_NO_TICKET = "refund_of_no_ticket"
    STATE_UNKNOWN = "state_unknown"
    DATE_UNKNOWN = "date_unknown"
    EVENT_UNKNOWN = "event_unknown"
    PRICE_UNKNOWN = "price_unknown"
    CURRENCY_DIFFERS = "currency_differs"
    SCAN_AFTER_END = "scan_after_end"
    SCAN_OF_NO_TICKET = "scan_of_no_ticket"


def short(text: str | None) -> str:
    """Give a text as the native format holds it: printable, at most 64 characters."""
    printable = "".join(each for each in text or "" if each.isprintable())
    return printable.strip()[:_TEXT_MAX].strip()


def keep(
    facts: Facts, place: str, raw: Mapping[str, Any], *, reason: str, words: str
) -> None:
    """Keep what is none of the facts, with values of ours as its raw text."""
    text = msgspec.json.encode(raw, order="sorted").decode()
    # By its member, so that a reason which pages have no words for cannot be kept.
    facts.unmapped.append(
        Unmapped(place=place, raw=text, reason=NoFact(reason).value, words=words)
    )


def moment(text: str) -> datetime:
    """
    Read a moment as PHP and Java write it; without a zone it is UTC.

    Raises ValueError for anything else.
    """
    found = datetime.fromisoformat(text.strip())
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def parts(amount: Decimal, weights: list[int], currency: str) -> list[int]:
    """Divide an amount by weights, losing nothing; equally where all of them are 0."""
    if not weights:
        return []
    whole = to_minor(amount, currency)
    if whole <= 0:
        return [0] * len(weights)
    return list(split(Minor(whole), weights if any(weights) else [1] * len(weights)))


def decoder(wanted: type[Answer]) -> msgspec.json.Decoder[Answer]:
    """Give a decoder that turns a `Secret` into its digest while it decodes."""
    return msgspec.json.Decoder(wanted, dec_hook=_hook)


def _hook(wanted: type, found: Any) -> Any:
    if wanted is Secret and isinstance(found, str | int):
        return Secret(str(found))
    message = f"a {wanted.__name__} is a text"
    raise TypeError(message)


def decode(decoder: msgspec.json.Decoder[Answer], body: bytes, system: str) -> Answer:
    """Decode an answer; `Malformed`, without a value of it, when it is of another kind."""
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, TypeError) as error:
        raise malformed(
            "",
            "answer_malformed",
            f"the answer is not what {system} answers: {error}",
            "Ask the operator of the other system which version it runs.",
        ) from error
