"""The evening itself: viewers buy, change their minds and go in; cinemas change their plans."""

import heapq
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import accumulate, count
from random import Random

import msgspec

from ekino_demo.books import Books, Ticket
from ekino_demo.country.films import film_of_version
from ekino_demo.country.places import Cinema
from ekino_demo.country.prices import (
    CONCESSIONS,
    draw_channel,
    draw_payment,
    weights_for,
)
from ekino_demo.country.programme import Showing, ends_at
from ekino_demo.demand import (
    admitted_at,
    draw_party,
    is_open,
    pull_now,
)
from ekino_demo.events import Event
from ekino_demo.opening import (
    corrected_event,
    full_price,
    later_event,
    refunded_event,
    sold_event,
)
from ekino_demo.seats import SeatPlan, seat_at

# Sales in one second, over the whole country. More than this one process could not account
# for in time; a load test has its own command.
PACE_MAX = 500.0
# How often the odds of the showings are worked out anew.
_ODDS_REFRESHED = timedelta(seconds=4)
_REFUNDED_SHARE = 0.016
_VOIDED_SHARE = 0.007
_CORRECTED_SHARE = 0.006
# A cinema that was off for longer than this does not catch up on who went in meanwhile.
_DOORS_CATCH_UP_MAX = timedelta(minutes=10)
# Seats stay in the books for this long after the hall is empty.
_KEPT_AFTER_END = timedelta(minutes=30)
# On average one showing of the country is moved, and one cancelled, in so many seconds.
_MOVED_EVERY_S = 150
_CANCELLED_EVERY_S = 420
_CANCELLED_TICKETS_MAX = 8
_CHANGES_BEGIN = timedelta(minutes=45)


@dataclass(slots=True)
class _OnSale:
    """A showing that tickets are sold for."""

    showing: Showing
    seats: SeatPlan
    is_cancelled: bool = False


@dataclass(order=True, slots=True)
class _Intention:
    """Something a viewer or a cinema is going to do, unless something comes between."""

    at: datetime
    number: int
    kind: str = field(compare=False)
    ticket: str = field(compare=False)


class Market:
    """
    The viewers of the country, and the cinemas that serve them.

    `step` gives what happened since the last step, numbered and entered in the books.
    """

    def __init__(self, books: Books, cinemas: Iterable[Cinema], roll: Random) -> None:
        """Open the box offices of these cinemas, which are connected and not silent."""
        self.books = books
        self._cinemas = {cinema.code: cinema for cinema in cinemas}
        self._roll = roll
        self._on_sale: dict[tuple[str, str], _OnSale] = {}
        self._agenda: list[_Intention] = []
        self._count = count()
        self._keys: list[tuple[str, str]] = []
        self._odds: list[float] = []
        self._odds_from: datetime | None = None
        # Sales that should have happened by now and have not, in tickets.
        self._owed = 0.0

    # ---- what is on sale ------------------------------------------------------------------

    def offer(self, showings: Iterable[Showing], now: datetime) -> None:
        """
        Put showings on sale, as the books say they were moved, cancelled and sold.

        Showings of cinemas that do not speak, and those that are over, are passed over.
        """
        fresh: set[tuple[str, str]] = set()
        for each in showings:
            key = each.venue, each.code
            if each.venue not in self._cinemas or key in self._on_sale:
                continue
            showing = moved(each, self.books.moved.get(key))
            if self._is_over(showing, now):
                continue
            is_cancelled = key in self.books.cancelled
            self._on_sale[key] = _OnSale(showing, SeatPlan(showing.capacity), is_cancelled)
            fresh.add(key)
        for name, ticket in self.books.tickets.items():
            key = ticket.venue, ticket.showing
            if key in fresh:
                shown = self._on_sale[key]
                shown.seats.take(seat_at(shown.seats.capacity, ticket.row, ticket.seat))
                if not ticket.is_admitted:
                    self._expect_at_door(name, shown.showing, now)
        self._odds_from = None

    def has(self, day: date, venue: str) -> bool:
        """Whether a cinema sells tickets for a business date already."""
        prefix = f"{day:%y%m%d}-"
        return any(key[0] == venue and key[1].startswith(prefix) for key in self._on_sale)

    def _is_over(self, showing: Showing, now: datetime) -> bool:
        film = film_of_version()[showing.version]
        return ends_at(showing, film) + _KEPT_AFTER_END < now

    def clear(self, now: datetime) -> int:
        """Take showings that are over off the books; gives how many tickets were forgotten."""
        over = [
            key for key, each in self._on_sale.items() if self._is_over(each.showing, now)
        ]
        for key in over:
            del self._on_sale[key]
        self._odds_from = None
        return self.books.forget(over)

    # ---- one step -------------------------------------------------------------------------

    def step(self, since: datetime, now: datetime, pace: float) -> list[Event]:
        """
        Give what happens between two moments, at `pace` sales a second on average.

        The events are in the books already, in the order given. A country that is sold out
        sells nothing, whatever the pace.
        """
        happened = list(self._keep_intentions(now))
        span_s = (now - since).total_seconds()
        self._owed += self._arrivals(pace * span_s)
        while self._owed >= 1:
            party = list(self._sell_party(since, now))
            if not party:
                self._owed = 0.0
                break
            self._owed -= len(party)
            happened.extend(party)
        happened.extend(self._change_plans(span_s, now))
        return happened

    def _arrivals(self, mean: float) -> float:
        """Draw how many tickets are asked for: around the mean, and now and then a rush."""
        if mean <= 0:
            return 0.0
        return mean * self._roll.gammavariate(4.0, 0.25)

    def _sell_party(self, since: datetime, now: datetime) -> Iterator[Event]:
        shown = self._draw_showing(now)
        if shown is None:
            return
        roll, showing = self._roll, shown.showing
        lead_h = (showing.starts_at - now).total_seconds() / 3600
        channel = draw_channel(roll, is_open=is_open(now), lead_h=lead_h)
        payment = draw_payment(roll, channel)
        sold_at = to_millisecond(since + (now - since) * roll.random())
        weights = weights_for(film_of_version()[showing.version].drawn_to)
        for seat in shown.seats.seat_party(roll, min(draw_party(roll), shown.seats.free)):
            concession = roll.choices(CONCESSIONS, weights)[0]
            sold = self.books.enter(
                sold_event(
                    showing,
                    seat=seat,
                    ticket=self.books.next_ticket(showing.venue),
                    sold_at=sold_at,
                    sales_channel=channel,
                    payment=payment,
                    concession=concession,
                    price_minor=full_price(showing, seat, concession),
                    bonus_minor=0,
                    roll=roll,
                )
            )
            self._expect_at_door(sold.ticket, showing, now)
            self._change_of_mind(sold, showing)
            yield sold

    def _draw_showing(self, now: datetime) -> _OnSale | None:
        """Draw the showing that the next viewers come for; None when nothing is on sale."""
        if self._odds_from is None or now - self._odds_from > _ODDS_REFRESHED:
            self._work_out_odds(now)
        for _ in range(20):
            if not self._odds or self._odds[-1] <= 0:
                return None
            shown = self._on_sale.get(
                self._keys[bisect_left(self._odds, self._roll.random() * self._odds[-1])]
            )
            if shown is not None and shown.seats.free and not shown.is_cancelled:
                return shown
            self._work_out_odds(now)
        return None

    def _work_out_odds(self, now: datetime) -> None:
        self._odds_from = now
        self._keys = []
        odds = []
        for key, each in self._on_sale.items():
            if each.is_cancelled or not each.seats.free:
                continue
            pull = pull_now(each.showing.starts_at, now)
            if pull > 0:
                self._keys.append(key)
                odds.append(
                    each.showing.pull * pull * each.seats.free / each.seats.capacity
                )
        self._odds = list(accumulate(odds))

    # ---- what was going to happen ---------------------------------------------------------

    def _intend(self, at: datetime, kind: str, ticket: str) -> None:
        heapq.heappush(self._agenda, _Intention(at, next(self._count), kind, ticket))

    def _expect_at_door(self, ticket: str, showing: Showing, now: datetime) -> None:
        at = admitted_at(ticket, showing.starts_at)
        if at is not None:
            at = max(at, self.books.tickets[ticket].sold_at + timedelta(minutes=3))
            if at > now - _DOORS_CATCH_UP_MAX:
                self._intend(at, "admitted", ticket)

    def _change_of_mind(self, sold: Event, showing: Showing) -> None:
        roll = self._roll.random()
        remains = showing.starts_at - sold.happened_at
        at_desk = sold.sales_channel in ("box_office", "kiosk")
        if roll < _REFUNDED_SHARE and remains > timedelta(minutes=25):
            delay = timedelta(seconds=40 + self._roll.expovariate(1 / 240))
            self._intend(
                min(sold.happened_at + delay, showing.starts_at), "refunded", sold.ticket
            )
        elif at_desk and roll > 1 - 2 * _VOIDED_SHARE:
            delay = timedelta(seconds=self._roll.uniform(12, 90))
            self._intend(sold.happened_at + delay, "voided", sold.ticket)
        elif sold.sales_channel == "box_office" and roll > 1 - 4 * _CORRECTED_SHARE:
            delay = timedelta(seconds=self._roll.uniform(15, 120))
            self._intend(sold.happened_at + delay, "corrected", sold.ticket)

    def _keep_intentions(self, now: datetime) -> Iterator[Event]:
        while self._agenda and self._agenda[0].at <= now:
            intention = heapq.heappop(self._agenda)
            ticket = self.books.tickets.get(intention.ticket)
            if ticket is None:
                continue
            shown = self._on_sale.get((ticket.venue, ticket.showing))
            if shown is None:
                continue
            event = self._kept(intention, ticket, shown, now)
            if event is not None:
                yield self.books.enter(event)

    def _kept(
        self, intention: _Intention, ticket: Ticket, shown: _OnSale, now: datetime
    ) -> Event | None:
        """Say that an intention has come about; None when something came between."""
        sold = as_sold(intention.ticket, ticket)
        # Never later than now: the agenda may be read a moment after it was due.
        at = to_millisecond(min(intention.at, now))
        if intention.kind == "admitted":
            if shown.is_cancelled or ticket.is_admitted:
                return None
            return later_event("admitted", sold, at=at, gate=shown.showing.hall)
        if ticket.is_admitted:
            return None
        if intention.kind == "corrected":
            seat = seat_at(shown.seats.capacity, ticket.row, ticket.seat)
            price_minor = full_price(shown.showing, seat, "student")
            if ticket.concession or price_minor >= ticket.price_minor:
                return None
            return corrected_event(
                sold, at=at, price_minor=price_minor, concession="student"
            )
        shown.seats.give_back(seat_at(shown.seats.capacity, ticket.row, ticket.seat))
        if intention.kind == "voided":
            return later_event("voided", sold, at=at, reason="pressed twice")
        reason = "showing cancelled" if shown.is_cancelled else "viewer cannot come"
        return refunded_event(sold, at=at, reason=reason)

    # ---- plans that change ----------------------------------------------------------------

    def _change_plans(self, span_s: float, now: datetime) -> Iterator[Event]:
        if self._roll.random() < span_s / _MOVED_EVERY_S:
            yield from self._move_one(now)
        if self._roll.random() < span_s / _CANCELLED_EVERY_S:
            yield from self._cancel_one(now)

    def _draw_changeable(self, now: datetime) -> _OnSale | None:
        """Draw a showing of a cinema that announces its own, well before its start."""
        for _ in range(12):
            if not self._keys:
                return None
            shown = self._on_sale.get(self._roll.choice(self._keys))
            if (
                shown is not None
                and not shown.is_cancelled
                and shown.showing.starts_at > now + _CHANGES_BEGIN
                and self._announces(shown.showing.venue)
            ):
                return shown
        return None

    def _announces(self, venue: str) -> bool:
        return self._cinemas[venue].announces

    def _move_one(self, now: datetime) -> Iterator[Event]:
        shown = self._draw_changeable(now)
        if shown is None:
            return
        showing = shown.showing
        starts_at = showing.starts_at + timedelta(minutes=self._roll.choice((5, 10)))
        event = Event(
            kind="showing_moved",
            venue=showing.venue,
            showing=showing.code,
            happened_at=to_millisecond(now),
            starts_at=starts_at,
        )
        shown.showing = moved(showing, event)
        yield self.books.enter(event)

    def _cancel_one(self, now: datetime) -> Iterator[Event]:
        shown = self._draw_changeable(now)
        if (
            shown is None
            or shown.seats.capacity - shown.seats.free > _CANCELLED_TICKETS_MAX
        ):
            return
        shown.is_cancelled = True
        key = shown.showing.venue, shown.showing.code
        yield self.books.enter(
            Event(
                kind="showing_cancelled",
                venue=key[0],
                showing=key[1],
                happened_at=to_millisecond(now),
                reason="projector out of order",
            )
        )
        for name, ticket in self.books.tickets.items():
            if (ticket.venue, ticket.showing) == key:
                delay = timedelta(seconds=self._roll.uniform(5, 120))
                self._intend(now + delay, "refunded", name)


def announced_event(showing: Showing, now: datetime) -> Event:
    """Say that a showing is on the schedule, as its cinema would."""
    return Event(
        kind="showing_announced",
        venue=showing.venue,
        showing=showing.code,
        happened_at=to_millisecond(now),
        hall=showing.hall,
        film_version=showing.version,
        starts_at=showing.starts_at,
        format=showing.format,
        capacity=showing.capacity,
        prices=showing.prices,
    )


def moved(showing: Showing, event: Event | None) -> Showing:
    """Give a showing as it is after it was moved."""
    if event is None or event.starts_at is None:
        return showing
    return msgspec.structs.replace(showing, starts_at=event.starts_at)


def as_sold(name: str, ticket: Ticket) -> Event:
    """Give a good ticket as if it were sold now: what later events refer to."""
    return Event(
        kind="sold",
        venue=ticket.venue,
        showing=ticket.showing,
        happened_at=ticket.sold_at,
        ticket=name,
        price_minor=ticket.price_minor,
        fee_minor=ticket.fee_minor,
        sales_channel=ticket.sales_channel,
        concession=ticket.concession,
        row=ticket.row,
        seat=ticket.seat,
    )


def to_millisecond(instant: datetime) -> datetime:
    """Cut an instant to the millisecond, never into the future."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
