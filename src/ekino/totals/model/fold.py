"""The fold: what entries add to totals. The SQL beside it is the same fold at speed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ekino.register.model import Entry, EventKind, SalesChannel, ShowingId


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one showing took through one sales channel."""

    admissions: int = 0
    gross_minor: int = 0
    fees_minor: int = 0
    sold: int = 0
    refunded: int = 0
    voided: int = 0
    admitted: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Figures by showing and sales channel, and how far the register is in them."""

    # The entries 0 … next_position − 1 are counted.
    next_position: int = 0
    showings: Mapping[tuple[ShowingId, SalesChannel], Figures] = field(default_factory=dict)


def fold(totals: Totals, entries: Iterable[Entry]) -> Totals:
    """
    Add entries to totals and return the new totals.

    Folding one run or many gives the same answer, and an entry before `next_position` is
    already counted and is skipped: a follower that crashes between reading and committing
    may read the same entries again.
    """
    showings = dict(totals.showings)
    next_position = totals.next_position
    for entry in entries:
        if entry.position < next_position:
            continue
        next_position = entry.position + 1
        if entry.sales_channel is None:
            continue
        key = (entry.showing_id, entry.sales_channel)
        before = showings.get(key, Figures())
        showings[key] = replace(
            before,
            admissions=before.admissions + entry.admissions,
            gross_minor=before.gross_minor + entry.gross_minor,
            fees_minor=before.fees_minor + entry.fees_minor,
            sold=before.sold + (entry.kind is EventKind.SOLD),
            refunded=before.refunded + (entry.kind is EventKind.REFUNDED),
            voided=before.voided + (entry.kind is EventKind.VOIDED),
            admitted=before.admitted + (entry.kind is EventKind.ADMITTED),
            late=before.late + entry.is_late,
        )
    return Totals(next_position=next_position, showings=showings)
