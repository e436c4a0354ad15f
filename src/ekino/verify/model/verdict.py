"""What a ticket turns out to be: one rule, from what was signed and what the register holds."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from ekino.verify.token import Token

# The register reads its own entries within seconds. When it is further behind than this, an
# answer would speak of a past that nobody asked about: it is not the seller who is late.
BEHIND_MAX_S = 120
# A till's clock may run ahead by this much before its own date is not believed.
TILL_AHEAD_MAX_S = 300
# A code shown oftener than this is said to be so: a ticket is checked at home, in the foyer, by
# friends and at the door; a copied code by many.
CHECKS_REMARKABLE = 12


class Verdict(StrEnum):
    """What whoever holds the ticket is told; in order of precedence."""

    # These characters are no ticket of ours: unreadable, or not what the till signed.
    NOT_OURS = "not_ours"
    # The form is right, and no registered till may have signed it when it says it was issued.
    NOT_GENUINE = "not_genuine"
    # The till signed this, and the register holds something else under the same id.
    ALTERED = "altered"
    RETURNED = "returned"
    REGISTERED = "registered"
    # No sale yet, and nobody is late but perhaps we.
    NOT_YET = "not_yet"
    # The till signed it, the seller's time is over, and no sale stands in the register.
    NOT_REGISTERED = "not_registered"


class Because(StrEnum):
    """Why an answer has to wait."""

    SELLER_HAS_TIME = "seller_has_time"
    REGISTER_IS_BEHIND = "register_is_behind"


@dataclass(frozen=True, slots=True, kw_only=True)
class TillKey:
    """A till's key as the register knows it, with what was agreed with its source."""

    name: str
    public_key: bytes
    source_id: int
    source_code: str
    source_name: str
    valid_from: datetime
    valid_until: datetime
    revoked_at: datetime | None
    # How long after `issued` the sale may reach us; published.
    allowed_delay_s: int

    def was_valid_at(self, instant: datetime) -> bool:
        """Whether a ticket issued at this instant may bear this key's signature."""
        is_in_time = self.valid_from <= instant < self.valid_until
        return is_in_time and (self.revoked_at is None or instant < self.revoked_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """What the register holds under a ticket's id and its source."""

    position: int
    # None when the seller sent the id and no token.
    raw: bytes | None
    showing_id: int
    recorded_at: datetime
    # Of the sale itself; later corrections are no contradiction.
    price_minor: int
    section: str
    row: str
    seat: str
    # Fields in which the sale's entry and its own token say other things.
    differs: tuple[str, ...]
    end_kind: str | None
    ended_position: int | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far the register has been read when an answer was given."""

    # The answer is about entries 0 … size − 1.
    size: int
    # Whatever was recorded before this instant is among them.
    read_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict with what it rests on."""

    verdict: Verdict
    # Of NOT_YET and NOT_REGISTERED: until when the seller may send the sale.
    until: datetime | None = None
    # Of NOT_YET: why we wait.
    because: Because | None = None
    # Of ALTERED: which fields the register has otherwise; of REGISTERED: what has moved since.
    differs: tuple[str, ...] = ()

    @property
    def is_about_absence(self) -> bool:
        """Whether it says that no sale stands among the first entries."""
        return self.verdict in (Verdict.NOT_YET, Verdict.NOT_REGISTERED)


def issued_at(token: Token) -> datetime:
    """When the till says it issued the ticket."""
    return datetime.fromtimestamp(token.issued_s, UTC)


def due_at(
    token: Token, key: TillKey, *, asked_at: datetime, first_stated_at: datetime | None
) -> datetime:
    """
    Say until when the sale may reach us: the source's allowed delay after the issue.

    A till whose clock runs ahead gains nothing: a ticket that was shown to us had been sold,
    so the delay counts from its first check at the latest.
    """
    issued = issued_at(token)
    seen = first_stated_at or asked_at
    if issued > seen + timedelta(seconds=TILL_AHEAD_MAX_S):
        issued = seen
    return issued + timedelta(seconds=key.allowed_delay_s)


def judge(
    token: Token | None,
    key: TillKey | None,
    sale: Sale | None,
    *,
    is_signed: bool,
    reach: Reach,
    at: datetime,
    first_stated_at: datetime | None = None,
) -> Judgement:
    """
    Say what a ticket is.

    `token` is None for characters that are none; `key` is None when no till has the key that
    the token names; `sale` is None when none stands among the first `reach.size` entries.
    `first_stated_at` is when the register first stated that it held no such sale.

    Nobody is asked about a ticket for less than all of this: the signature is good, the key
    was valid when the ticket was issued, the seller's time is over, and the register has read
    everything that was recorded until then, and nearly everything until now.
    """
    if token is None or (key is not None and not is_signed):
        return Judgement(verdict=Verdict.NOT_OURS)
    if key is None or not key.was_valid_at(issued_at(token)):
        return Judgement(verdict=Verdict.NOT_GENUINE)
    if sale is not None:
        return _judge_sale(token, sale)
    due = due_at(token, key, asked_at=at, first_stated_at=first_stated_at)
    if at < due:
        return Judgement(
            verdict=Verdict.NOT_YET, until=due, because=Because.SELLER_HAS_TIME
        )
    is_behind = at - reach.read_until > timedelta(seconds=BEHIND_MAX_S)
    if is_behind or reach.read_until < due:
        return Judgement(
            verdict=Verdict.NOT_YET, until=due, because=Because.REGISTER_IS_BEHIND
        )
    return Judgement(verdict=Verdict.NOT_REGISTERED, until=due)


def _judge_sale(token: Token, sale: Sale) -> Judgement:
    if sale.raw is not None and sale.raw != token.raw:
        return Judgement(verdict=Verdict.ALTERED, differs=_differences(token.raw, sale.raw))
    if sale.end_kind is not None:
        return Judgement(verdict=Verdict.RETURNED)
    if sale.raw is None and sale.price_minor != token.price_minor:
        return Judgement(verdict=Verdict.ALTERED, differs=("price",))
    if "price" in sale.differs:
        return Judgement(verdict=Verdict.ALTERED, differs=("price",))
    # A showing may have been moved to another hall or hour since the ticket was sold: that is
    # told, and held against nobody.
    return Judgement(verdict=Verdict.REGISTERED, differs=sale.differs)


# Where each field stands in a token; docs/reference/ticket-token.md.
_FIELDS = {
    "seq": slice(17, 21),
    "hall": slice(21, 25),
    "start": slice(25, 29),
    "price": slice(29, 33),
    "place": slice(33, 35),
    "issued": slice(35, 39),
    "flags": slice(39, 40),
}


def _differences(one: bytes, other: bytes) -> tuple[str, ...]:
    return tuple(name for name, where in _FIELDS.items() if one[where] != other[where])


def compare(
    token: Token, *, price_minor: int, hall_id: int, starts_at: datetime
) -> tuple[str, ...]:
    """Name the fields in which a sale's entry and its token say other things."""
    return tuple(
        name
        for name, signed, entered in (
            ("price", token.price_minor, price_minor),
            ("hall", token.hall_id, hall_id),
            ("start", token.start_s, int(starts_at.timestamp())),
        )
        if signed != entered
    )
