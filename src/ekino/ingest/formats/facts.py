"""
Facts: what every foreign format is read into, whatever its own words for it are.

A reader is a pure function `read(content, *, currency, timezone, …) -> Facts`. It raises
`Malformed` when the file as a whole cannot be taken, and names what it cannot map in
`unmapped`, row by row: nothing is dropped. Names of venues, halls and films are the file's own;
turning them into the register's codes is the business of the room `intake`, not of a reader.

Money is whole minor units of `currency`. Every moment is aware: a format without zones is read
in the zone its reader is given.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from ekino.kernel.bounds import CODE_CHARACTERS_MAX
from ekino.kernel.errors import Malformed, Problem

# A file handed in is read into memory whole, up to this many bytes once unpacked; a chain's
# month of single tickets has about 40 MB.
FILE_BYTES_MAX = 64 * 1024 * 1024
_DIGEST_CHARACTERS = 32


# What a reader tells of a file that is right: a format's own fields and records for which the
# register has no place. Nothing is to be mended, and no ticket waits.
NOTICES = frozenset(
    {
        "field_without_a_place",
        "programme",
        "incident",
        "hall_incident",
        "film_beyond_the_first",
        "access_totals",
        "season_pass_sold",
        "season_pass_annulled",
        "season_pass_price",
        "season_passes",
        "other_income",
    }
)


class ReversalKind(StrEnum):
    """How a sale was undone: money given back, or as if it had never been made."""

    REFUNDED = "refunded"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmName:
    """What a file says about what is shown; empty where it says nothing."""

    # The number of the state's document that allows the release, as written.
    certificate: str = ""
    title: str = ""
    # As the file names it: `ru`, `Hindi`, `озвучка`.
    language: str = ""
    # `2D`, `IMAX`; for a concert or a play whatever the house calls it.
    format: str = ""
    # The distributor of a film, or the promoter of a concert, as the file names it.
    distributor: str = ""

    @property
    def text(self) -> str:
        """The one text by which the film is mapped to a version: certificate, title, language."""
        return " | ".join(
            part for part in (self.certificate, self.title, self.language) if part
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """A film, play or concert in one hall at one time."""

    # Where it stands in the file: `line 17`, `Transazione 3`.
    place: str
    # What sales refer to; the same file always gives the same, whatever else is in it.
    code: str
    venue: str
    hall: str
    starts_at: datetime
    film: FilmName
    # Places on sale, standing room included; None where the file does not say.
    capacity: int | None = None
    # Ticket class → price in minor units, where the file announces prices.
    prices: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """One ticket sold."""

    place: str
    # The showing's code.
    showing: str
    # The ticket's identity, deterministic: the same file again names the same tickets.
    ticket: str
    sold_at: datetime
    # What the viewer paid for the ticket, without the fee; 0 is a free ticket.
    price_minor: int
    currency: str
    fee_minor: int = 0
    discount_minor: int = 0
    section: str = ""
    row: str = ""
    seat: str = ""
    # One of the native format's channels: box_office, web, app, kiosk, agent.
    sales_channel: str = "box_office"
    # One of the native format's ways to pay: cash, card, transfer, voucher, mobile, other.
    payment: str = "other"
    # Why the price was lower, as the file names it: `student`, `Пенсионный`.
    concession: str = ""
    # The number of the season ticket it was given for, if any.
    season_ticket: str = ""
    # Spread from a sum over many tickets; the file knows no single ones.
    is_synthetic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """A sale undone, by a refund or as if it had never been made."""

    place: str
    showing: str
    ticket: str
    at: datetime
    kind: ReversalKind
    # What was given back; for a voided sale what it had cost.
    price_minor: int
    fee_minor: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A sale that was told with other figures than are true now; the ticket stands."""

    place: str
    showing: str
    ticket: str
    at: datetime
    # What the ticket costs now, not the difference.
    price_minor: int
    reason: str
    fee_minor: int = 0
    discount_minor: int = 0
    section: str = ""
    row: str = ""
    seat: str = ""
    concession: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """A viewer went in."""

    place: str
    showing: str
    ticket: str
    at: datetime
    gate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """A sum that the file declares itself; compared with what is entered, never entered."""

    place: str
    # What it is the sum of, in the file's own codes, with what it does not name left empty.
    venue: str = ""
    hall: str = ""
    showing: str = ""
    film: str = ""
    # The film's language, where the sum is of one version of it at all venues.
    language: str = ""
    # A business date; None where the sum is of the file or of a longer period.
    day: date | None = None
    tickets: int
    # None where the file counts tickets and says nothing of money.
    gross_minor: int | None
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmapped:
    """Something in the file that is none of the facts above: kept and told, never dropped."""

    place: str
    # The exact text, or JSON where the file has no text of its own for it.
    raw: str
    # Stable, for programs: snake_case.
    reason: str
    # A sentence for people.
    words: str


@dataclass(slots=True, kw_only=True)
class Facts:
    """All that a file says, every row accounted for."""

    # The format's name as `FORMATS` has it, and the version of it that was met.
    format: str
    version: str = ""
    currency: str
    # Told by a system that was asked how things stand, in the order in which it was asked: a
    # showing that it tells otherwise than before has moved. A file may be of any day.
    is_current: bool = False
    showings: list[Showing] = field(default_factory=list)
    sales: list[Sale] = field(default_factory=list)
    reversals: list[Reversal] = field(default_factory=list)
    # Only where a format tells changes of one ticket; `gross_minor` below knows nothing of them.
    corrections: list[Correction] = field(default_factory=list)
    admissions: list[Admission] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)
    unmapped: list[Unmapped] = field(default_factory=list)
    # Rows of the file by what they are, in the reader's own snake_case words.
    counts: Counter[str] = field(default_factory=Counter)
    # What is wrong with single rows, none of which sinks the file: `pointer` is the place.
    problems: list[Problem] = field(default_factory=list)

    @property
    def tickets(self) -> int:
        """Tickets sold and not given back."""
        return len(self.sales) - len(self.reversals)

    @property
    def gross_minor(self) -> int:
        """What was paid for them, in minor units."""
        return sum(sale.price_minor for sale in self.sales) - sum(
            reversal.price_minor for reversal in self.reversals
        )


def code_of(prefix: str, *words: str) -> str:
    """
    Name something by what it is: a prefix and 32 hexadecimal digits, the same every time.

    Where a file has no name of its own for a showing or a ticket. The words are told apart, so
    that `("ab", "c")` and `("a", "bc")` have different names.
    """
    digest = hashlib.sha256("\n".join(f"{len(word)}:{word}" for word in words).encode())
    return f"{prefix}{digest.hexdigest()[:_DIGEST_CHARACTERS]}"


def fit(text: str, prefix: str) -> str:
    """Give a text as a code of at most 64 printable characters, or a digest where it is none."""
    if 0 < len(text) <= CODE_CHARACTERS_MAX and text.isprintable():
        return text
    return code_of(prefix, text)


def malformed(place: str, code: str, detail: str, fix: str) -> Malformed:
    """Give the error with which a reader refuses a whole file: where, why, and what to do."""
    problem = Problem(pointer=place, code=code, detail=detail, fix=fix)
    where = f"{place}: " if place else ""
    return Malformed(f"{where}{detail}", problems=[problem], code=code)


def verify_size(content: bytes) -> None:
    """Raise `Malformed` for a file above FILE_BYTES_MAX, and for an empty one."""
    if len(content) > FILE_BYTES_MAX:
        raise malformed(
            "",
            "file_too_large",
            f"the file has {len(content)} bytes; at most {FILE_BYTES_MAX} are read",
            "Split it by days, or send the tickets as native batches.",
        )
    if not content.strip():
        raise malformed(
            "", "file_empty", "the file is empty", "Send the file again, whole."
        )


def spread(gross_minor: int, tickets: int) -> list[int]:
    """
    Give `tickets` prices that add up to `gross_minor` exactly, the dearer ones first.

    Where a file knows a sum and no single tickets: the first `gross mod tickets` cost one minor
    unit more.
    """
    if tickets <= 0:
        return []
    base, more = divmod(gross_minor, tickets)
    return [base + 1] * more + [base] * (tickets - more)
