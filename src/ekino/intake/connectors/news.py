"""
News: what another system says now, less what it said before.

Another system tells how things stand; the register wants what happened. Each ticket is compared
with what was last heard of it, and only the difference is handed on: reading the same order twice
gives nothing. A ticket that comes back after its end, or moves to another showing, is another
ticket to the register: `name~2`, `name~3`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from ekino.ingest.formats.facts import (
    Admission,
    Correction,
    Facts,
    Reversal,
    ReversalKind,
    Sale,
    Showing,
    Unmapped,
)
from ekino.ingest.formats.readings import Reading

# Scans remembered of one ticket; a season of going in and out fits.
SCANS_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was last heard of a ticket."""

    ticket: str
    showing: str
    price_minor: int
    fee_minor: int
    discount_minor: int = 0
    section: str = ""
    row: str = ""
    seat: str = ""
    # How often it was sold: 1, or more when it came back or moved.
    edition: int = 1
    is_sold: bool = True
    # When its scans were, as handed on: one ticket is not scanned twice at one instant.
    scans: frozenset[str] = frozenset()
    # SHA-256 of what its code holds, in hexadecimal; "" where the other system has none.
    secret_sha256: str = ""

    @property
    def name(self) -> str:
        """The ticket's name in the register."""
        return self.ticket if self.edition == 1 else f"{self.ticket}~{self.edition}"


@dataclass(slots=True, kw_only=True)
class News:
    """What to hand on, and what is known of the tickets that changed."""

    facts: Facts
    known: dict[str, Known] = field(default_factory=dict)

    @property
    def events(self) -> int:
        """Count what is to be entered."""
        facts = self.facts
        return (
            len(facts.sales)
            + len(facts.corrections)
            + len(facts.reversals)
            + len(facts.admissions)
        )


def news_of(reading: Reading, known: Mapping[str, Known]) -> News:
    """
    Compare how tickets stand with what is known of them.

    A reading read twice gives nothing the second time, and the news of any cutting of a history
    add up to how it ends. What is about no ticket is handed on as it is: `unmapped`, `counts`.
    """
    facts = reading.facts
    reversals = {each.ticket: each for each in facts.reversals}
    sales = {each.ticket: each for each in facts.sales}
    teller = _Teller(reading, known)
    for ticket in dict.fromkeys([*sales, *reversals]):
        teller.compare(ticket, sales.get(ticket), reversals.get(ticket))
    for scan in facts.admissions:
        teller.let_in(scan)
    for ticket, reversal in teller.to_end.items():
        teller.end(ticket, reversal)
    named = named_showings(teller.facts)
    teller.facts.showings = [each for each in facts.showings if each.code in named]
    return News(facts=teller.facts, known=teller.changed)


def changed_showings(
    showings: Iterable[Showing], told: Mapping[str, Showing]
) -> list[Showing]:
    """Give the showings that were told before, and otherwise: when, where or what they are."""
    return [
        each
        for each in showings
        if each.code in told and replace(told[each.code], place=each.place) != each
    ]


def named_showings(facts: Facts) -> set[str]:
    """Give the codes of the showings that tickets of some facts name."""
    named = {each.showing for each in facts.sales}
    named |= {each.showing for each in facts.corrections}
    named |= {each.showing for each in facts.reversals}
    named |= {each.showing for each in facts.admissions}
    return named


class _Teller:
    """News as they are gathered."""

    def __init__(self, reading: Reading, known: Mapping[str, Known]) -> None:
        facts = reading.facts
        self.facts = Facts(
            format=facts.format,
            version=facts.version,
            currency=facts.currency,
            unmapped=list(facts.unmapped),
            counts=facts.counts.copy(),
            problems=list(facts.problems),
        )
        self.changed: dict[str, Known] = {}
        # Ended after its scans were told: nobody is let in with a ticket that has ended.
        self.to_end: dict[str, Reversal] = {}
        self._before = known
        self._secrets = reading.secrets
        self._changed = reading.changed

    def _known(self, ticket: str) -> Known | None:
        return self.changed.get(ticket) or self._before.get(ticket)

    def compare(self, ticket: str, sale: Sale | None, reversal: Reversal | None) -> None:
        """Tell a sale, a correction, a move; note an end."""
        before = self._known(ticket)
        if sale is not None:
            if before is None:
                self._sell(sale, edition=1, scans=frozenset())
            elif reversal is None:
                self._update(before, sale)
        now = self._known(ticket)
        if reversal is not None and now is not None and now.is_sold:
            self.to_end[ticket] = reversal

    def _sell(self, sale: Sale, *, edition: int, scans: frozenset[str]) -> None:
        sold = Known(
            ticket=sale.ticket,
            showing=sale.showing,
            price_minor=sale.price_minor,
            fee_minor=sale.fee_minor,
            discount_minor=sale.discount_minor,
            section=sale.section,
            row=sale.row,
            seat=sale.seat,
            edition=edition,
            scans=scans,
            secret_sha256=self._secrets.get(sale.ticket, ""),
        )
        self.changed[sale.ticket] = sold
        self.facts.sales.append(replace(sale, ticket=sold.name))

    def _update(self, before: Known, sale: Sale) -> None:
        """Tell what became of a ticket that was sold before and stands now."""
        if not before.is_sold:
            self._sell(sale, edition=before.edition + 1, scans=before.scans)
            return
        if before.showing != sale.showing:
            self.facts.reversals.append(
                _moved(before, sale, self._changed.get(sale.ticket, sale.sold_at))
            )
            self._sell(sale, edition=before.edition + 1, scans=before.scans)
            return
        secret = self._secrets.get(sale.ticket, before.secret_sha256)
        now = replace(
            before,
            price_minor=sale.price_minor,
            fee_minor=sale.fee_minor,
            discount_minor=sale.discount_minor,
            section=sale.section,
            row=sale.row,
            seat=sale.seat,
            secret_sha256=secret,
        )
        if now == before:
            return
        self.changed[sale.ticket] = now
        if replace(now, secret_sha256=before.secret_sha256) != before:
            self.facts.corrections.append(
                Correction(
                    place=sale.place,
                    showing=sale.showing,
                    ticket=now.name,
                    at=self._changed.get(sale.ticket, sale.sold_at),
                    price_minor=sale.price_minor,
                    fee_minor=sale.fee_minor,
                    discount_minor=sale.discount_minor,
                    section=sale.section,
                    row=sale.row,
                    seat=sale.seat,
                    concession=sale.concession,
                    reason="changed in the other system",
                )
            )

    def let_in(self, scan: Admission) -> None:
        """Tell a scan that was not told before; keep one of a ticket that has ended."""
        known = self._known(scan.ticket)
        if known is None:
            self._keep(scan, "scan_of_no_ticket", "The scan is of no ticket that was sold.")
            return
        moment = scan.at.astimezone(UTC).isoformat()
        if moment in known.scans or len(known.scans) >= SCANS_MAX:
            return
        self.changed[scan.ticket] = replace(known, scans=known.scans | {moment})
        if not known.is_sold:
            self._keep(scan, "scan_after_end", "The ticket had been given back before.")
            return
        self.facts.admissions.append(
            replace(scan, ticket=known.name, showing=known.showing)
        )

    def end(self, ticket: str, reversal: Reversal) -> None:
        """Tell the end of a ticket: what the register believes it cost is given back."""
        known = self._known(ticket)
        if (
            known is None
        ):  # pragma: no cover - `compare` notes the ends of known tickets alone
            return
        self.changed[ticket] = replace(known, is_sold=False)
        self.facts.reversals.append(
            replace(
                reversal,
                ticket=known.name,
                showing=known.showing,
                price_minor=known.price_minor,
                fee_minor=known.fee_minor,
            )
        )

    def _keep(self, scan: Admission, reason: str, words: str) -> None:
        self.facts.unmapped.append(
            Unmapped(place=scan.place, raw=scan.ticket, reason=reason, words=words)
        )


def _moved(before: Known, sale: Sale, at: datetime) -> Reversal:
    return Reversal(
        place=sale.place,
        showing=before.showing,
        ticket=before.name,
        at=at,
        kind=ReversalKind.VOIDED,
        price_minor=before.price_minor,
        fee_minor=before.fee_minor,
        reason="moved to another showing",
    )
