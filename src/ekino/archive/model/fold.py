"""The fold: what entries add to the cells of a showing, a sales channel and a concession."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple


class Key(NamedTuple):
    """Whose figures a cell holds."""

    showing_id: int
    sales_channel: str
    # As the seller named it; "" when it named none.
    concession: str


@dataclass(frozen=True, slots=True)
class Sums:
    """What a cell holds; amounts in minor units of the venue's currency."""

    admissions: int = 0
    gross_minor: int = 0
    fees_minor: int = 0
    # Tickets given back.
    refunded: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        """Add sums to sums."""
        return Sums(
            self.admissions + other.admissions,
            self.gross_minor + other.gross_minor,
            self.fees_minor + other.fees_minor,
            self.refunded + other.refunded,
        )


class Change(NamedTuple):
    """One entry of a ticket, as much of it as counts here."""

    position: int
    kind: str
    # Which ticket: its source and its name there.
    source_id: int
    subject: str
    showing_id: int
    sales_channel: str
    admissions: int
    gross_minor: int
    fees_minor: int
    # What a sale or a correction names; later events of other kinds name none.
    concession: str


# All entries of one ticket, in the order of their positions.
History = Callable[[int, str], Sequence[Change]]


def fold(changes: Iterable[Change], history: History) -> dict[Key, Sums]:
    """
    Give what entries add to the cells.

    `history` gives every entry of a ticket, asked only for what happens to it after its sale:
    a refund goes back to the concession under which the ticket stands, and a correction that
    names another one takes the ticket there with all it has paid. What is given depends on the
    entries alone, so any cutting into runs adds up to the same.
    """
    cells: dict[Key, Sums] = {}

    def add(change: Change, concession: str, sums: Sums) -> None:
        key = Key(change.showing_id, change.sales_channel, concession)
        cells[key] = cells.get(key, Sums()) + sums

    for change in changes:
        own = Sums(change.admissions, change.gross_minor, change.fees_minor)
        if change.kind == "sold":
            add(change, change.concession, own)
            continue
        concession, paid = _standing(change, history(change.source_id, change.subject))
        if change.kind == "corrected" and change.concession != concession:
            add(change, concession, Sums() + _negative(paid))
            add(change, change.concession, paid + own)
        else:
            add(change, concession, replace(own, refunded=int(change.kind == "refunded")))
    return cells


def _negative(sums: Sums) -> Sums:
    return Sums(-sums.admissions, -sums.gross_minor, -sums.fees_minor)


def _standing(change: Change, history: Sequence[Change]) -> tuple[str, Sums]:
    """Give the concession under which a ticket stood before a change, and what it had paid."""
    concession, paid = "", Sums()
    for each in history:
        if each.position >= change.position:
            break
        if each.kind in {"sold", "corrected"}:
            concession = each.concession
        paid += Sums(each.admissions, each.gross_minor, each.fees_minor)
    return concession, paid
