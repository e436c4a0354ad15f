"""Out of the register: events of some days as they were sent, and a venue's day as facts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import msgspec

from ekino.db.database import Database, Role
from ekino.ingest.formats.facts import (
    Admission,
    Facts,
    FilmName,
    Reversal,
    ReversalKind,
    Sale,
    Showing,
)
from ekino.ingest.wire import (
    Admitted,
    Corrected,
    Event,
    Refunded,
    Sold,
    Voided,
    raw_events,
    read_event,
)
from ekino.intake.model.events import SPREAD
from ekino.intake.store import exports as store
from ekino.kernel.errors import NotFound
from ekino.kernel.moments import zone
from ekino.register import service as register

# Entries read in one question.
_ENTRIES_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueDay:
    """What the register holds of a venue's business date, as facts."""

    venue: str
    day: date
    timezone: str
    day_starts_hour: int
    facts: Facts
    # Hall, as the facts name it → its name for people.
    halls: Mapping[str, str]
    # Codes of showings that were cancelled and of whose tickets none stands.
    cancelled: frozenset[str]

    @property
    def held(self) -> Facts:
        """The facts without the showings that were cancelled and wholly given back."""
        facts, gone = self.facts, self.cancelled
        return replace(
            facts,
            showings=[each for each in facts.showings if each.code not in gone],
            sales=[each for each in facts.sales if each.showing not in gone],
            reversals=[each for each in facts.reversals if each.showing not in gone],
            admissions=[each for each in facts.admissions if each.showing not in gone],
        )


def read_events(
    db: Database,
    *,
    from_date: date,
    to_date: date,
    venue: str | None = None,
    source: str | None = None,
) -> Iterator[dict[str, Any]]:
    """
    Give the events of showings of these business dates, `[from, to)`, in the register's order.

    Each is as its sender wrote it, its own number included; one at a time, however many.
    """
    for _, raw in _read_raw(
        db, from_date=from_date, to_date=to_date, venue=venue, source=source
    ):
        yield msgspec.json.decode(raw)


def _read_raw(
    db: Database,
    *,
    from_date: date,
    to_date: date,
    venue: str | None,
    source: str | None,
) -> Iterator[tuple[store.EntryOut, bytes]]:
    after = -1
    while True:
        with db.transaction(Role.READER) as tx:
            found = store.list_entries(
                tx,
                after=after,
                from_date=from_date,
                to_date=to_date,
                venue=venue,
                source=source,
                limit=_ENTRIES_AT_ONCE,
            )
            bodies = register.read_bodies(tx, {each.batch_no for each in found})
        raws = {batch_no: raw_events(body) for batch_no, body in bodies.items()}
        for each in found:
            yield each, raws[each.batch_no][each.ordinal]
            after = each.position
        if len(found) < _ENTRIES_AT_ONCE:
            return


def read_day(
    db: Database, venue: str, day: date, *, halls: Mapping[str, str] | None = None
) -> VenueDay:
    """
    Give a venue's business date as facts: what a sale was corrected to, and what was undone.

    `halls` gives the name that the facts are to have for a hall of ours; else it is our code. A
    ticket's name here holds its source: two sources of a house may number alike. A showing that
    was cancelled and of which nothing was sold is left out. Raises `NotFound` (venue_not_found).
    """
    with db.transaction(Role.READER) as tx:
        its = store.find_venue(tx, venue)
        if its is None:
            detail = f"the catalog has no venue {venue!r}"
            raise NotFound(detail, code="venue_not_found")
        showings = store.list_showings(tx, venue=venue, day=day)
    tickets = _Tickets(currency=its.currency)
    for entry, raw in _read_raw(
        db, from_date=day, to_date=day + timedelta(days=1), venue=venue, source=None
    ):
        tickets.add(f"position {entry.position}", entry.source, read_event(raw))
    sold = {sale.showing for sale in tickets.sales.values()}
    standing = {
        sale.showing
        for name, sale in tickets.sales.items()
        if name not in tickets.reversals
    }
    named = halls or {}
    told = [each for each in showings if not each.is_cancelled or each.code in sold]
    return VenueDay(
        venue=venue,
        day=day,
        timezone=its.timezone,
        day_starts_hour=its.day_starts_hour,
        facts=Facts(
            format="register",
            currency=its.currency,
            showings=[
                _showing(each, venue, named.get(each.hall, each.hall), its.timezone)
                for each in told
            ],
            sales=list(tickets.sales.values()),
            reversals=list(tickets.reversals.values()),
            admissions=tickets.admissions,
        ),
        halls={
            named.get(each.hall, each.hall): each.hall_name or each.hall for each in told
        },
        cancelled=frozenset(
            each.code for each in told if each.is_cancelled and each.code not in standing
        ),
    )


def _showing(row: store.ShowingOut, venue: str, hall: str, timezone: str) -> Showing:
    return Showing(
        place=f"showing {row.code}",
        code=row.code,
        venue=venue,
        hall=hall,
        starts_at=row.starts_at.astimezone(zone(timezone)),
        film=FilmName(
            certificate=row.certificate,
            title=row.title,
            language=row.language,
            format=row.format,
            distributor=row.distributor,
        ),
        capacity=row.capacity,
        prices=row.prices,
    )


@dataclass(slots=True, kw_only=True)
class _Tickets:
    """Tickets as entries are told in their order: a later one changes what an earlier one said."""

    currency: str
    sales: dict[str, Sale] = field(default_factory=dict)
    reversals: dict[str, Reversal] = field(default_factory=dict)
    admissions: list[Admission] = field(default_factory=list)

    def add(self, place: str, source: str, event: Event) -> None:
        """Take the next entry; events of showings are in the catalog already."""
        if isinstance(event, Sold):
            name = f"{source}/{event.ticket}"
            self.sales[name] = self._sale(place, name, event)
        elif isinstance(event, Corrected):
            name = f"{source}/{event.ticket}"
            self.sales[name] = replace(
                self.sales[name],
                price_minor=event.price_minor,
                fee_minor=event.fee_minor,
                discount_minor=event.discount_minor,
                concession=event.concession,
                section=event.section,
                row=event.row,
                seat=event.seat,
            )
        elif isinstance(event, Refunded | Voided):
            name = f"{source}/{event.ticket}"
            self.reversals[name] = self._reversal(place, self.sales[name], event)
        elif isinstance(event, Admitted):
            self.admissions.append(
                Admission(
                    place=place,
                    showing=event.showing,
                    ticket=f"{source}/{event.ticket}",
                    at=event.happened_at,
                    gate=event.gate,
                )
            )

    def _sale(self, place: str, name: str, event: Sold) -> Sale:
        return Sale(
            place=place,
            showing=event.showing,
            ticket=name,
            sold_at=event.happened_at,
            price_minor=event.price_minor,
            currency=self.currency,
            fee_minor=event.fee_minor,
            discount_minor=event.discount_minor,
            section=event.section,
            row=event.row,
            seat=event.seat,
            sales_channel=event.sales_channel,
            payment=event.payment,
            concession=event.concession,
            season_ticket=event.season_ticket,
            is_synthetic=event.till == SPREAD,
        )

    def _reversal(self, place: str, sale: Sale, event: Refunded | Voided) -> Reversal:
        """Undo a sale: a refund gives back what it names, a void everything."""
        kind, back = ReversalKind.VOIDED, (sale.price_minor, sale.fee_minor)
        if isinstance(event, Refunded):
            kind, back = ReversalKind.REFUNDED, (event.price_minor, event.fee_minor)
        return Reversal(
            place=place,
            showing=sale.showing,
            ticket=sale.ticket,
            at=event.happened_at,
            kind=kind,
            price_minor=back[0],
            fee_minor=back[1],
            reason=event.reason,
        )
