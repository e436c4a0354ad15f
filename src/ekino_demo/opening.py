"""The pilot: what the 68 connected cinemas had sold when the country opened, to the tenge."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from math import exp
from operator import attrgetter
from random import Random

import msgspec

from ekino_demo.books import Books, ticket_id
from ekino_demo.country.films import film_of_version
from ekino_demo.country.places import cinemas
from ekino_demo.country.prices import (
    CONCESSIONS,
    STEP_MINOR,
    draw_channel,
    draw_payment,
    fee_minor,
    weights_for,
)
from ekino_demo.country.programme import Showing, programme_of
from ekino_demo.demand import (
    admitted_at,
    draw_party,
    draw_sold_at,
    is_open,
    share_sold,
)
from ekino_demo.dice import dice
from ekino_demo.events import Event
from ekino_demo.seats import SeatPlan, is_vip, place

# The state of the pilot, as given: 30.4 million tenge, 20,310 tickets.
OPENING_TICKETS = 20_310
OPENING_GROSS_MINOR = 3_040_000_000
# Sold as well, and given back or undone before the country opened.
_REFUNDED = 386
_VOIDED = 121
# Of the tickets sold at a box office for less than the full price, how many were first
# printed at the full price.
_CORRECTED_SHARE = 0.05
_BONUS_SHARE = 0.06
# Silent cinemas stopped talking this long before.
SILENCE = timedelta(hours=3)
# A showing is not sold fuller than this before the country opens.
_OCCUPANCY_MAX = 0.9
# How far the mix of concessions may lean; at the ends everybody would pay the same.
_LEAN_MAX = 4.0
# Times a draw may be repeated before the country is called too small for its opening.
_DRAWS_MAX = 400_000
_LEANINGS = 50


class OpeningError(Exception):
    """The opening does not come out as it must."""


@dataclass(slots=True, kw_only=True)
class _Sale:
    """A ticket in the making."""

    showing: Showing
    seat: int
    sold_at: datetime
    # Till this instant the cinema has said what happened.
    until: datetime
    sales_channel: str
    payment: str
    # Which concession it is, once the leaning of the whole mix is known: 0 … 1.
    luck: float
    # By concession, in the order of CONCESSIONS.
    prices: tuple[int, ...]
    bonus_minor: int = 0
    # kept | refunded | voided
    fate: str = "kept"
    undone_at: datetime | None = None
    concession: str = "adult"
    price_minor: int = 0
    ticket: str = ""


def opening_events(day: date, opened_at: datetime, seed: int) -> list[Event]:
    """
    Give everything the connected cinemas said before the country opened, cinema by cinema.

    All of it happened at or before `opened_at` and concerns showings of the business date
    `day`. Tickets still good at the end are OPENING_TICKETS and came to OPENING_GROSS_MINOR
    without fees. Day, instant and seed decide every byte. Raises `OpeningError` when the
    country cannot come to those figures.
    """
    roll = dice("opening", seed, day.isoformat(), opened_at.isoformat())
    sales = _draw_sales(roll, day, opened_at, seed)
    _set_prices(sales)
    events = list(_in_order(_number(sales), roll))
    _verify(events)
    return events


# ---- who bought what, and when ------------------------------------------------------------


def _draw_sales(roll: Random, day: date, opened_at: datetime, seed: int) -> list[_Sale]:
    habit = {cinema.code: cinema.habit for cinema in cinemas() if cinema.is_connected}
    showings = [each for each in programme_of(day, seed) if each.venue in habit]
    until = [
        opened_at - SILENCE if habit[each.venue] == "silent" else opened_at
        for each in showings
    ]
    odds = list(
        accumulate(
            each.pull * share_sold(each.starts_at, moment)
            for each, moment in zip(showings, until, strict=True)
        )
    )
    plans = [SeatPlan(each.capacity) for each in showings]
    sales: list[_Sale] = []
    wanted = {"kept": OPENING_TICKETS, "refunded": _REFUNDED, "voided": _VOIDED}
    draws = 0
    for fate, tickets in wanted.items():
        missing = tickets
        while missing:
            draws += 1
            if draws > _DRAWS_MAX:
                message = f"{missing} tickets find no seat: the country is too small"
                raise OpeningError(message)
            index = bisect_left(odds, roll.random() * odds[-1])
            party = _draw_party(
                roll,
                showings[index],
                plans[index],
                until=until[index],
                fate=fate,
                missing=missing,
            )
            sales.extend(party)
            missing -= len(party)
    return sales


def _draw_party(
    roll: Random,
    showing: Showing,
    plan: SeatPlan,
    *,
    until: datetime,
    fate: str,
    missing: int,
) -> list[_Sale]:
    """Draw a party of viewers of one showing; empty when they do not fit."""
    people = min(draw_party(roll), missing)
    if plan.capacity - plan.free + people > _OCCUPANCY_MAX * plan.capacity:
        return []
    sold_at = _to_second(draw_sold_at(roll, showing.starts_at, until))
    if sold_at > until:
        return []
    lead_h = (showing.starts_at - sold_at).total_seconds() / 3600
    channel = draw_channel(roll, is_open=is_open(sold_at), lead_h=lead_h)
    undone_at = _draw_undone_at(roll, fate, channel, showing, sold_at)
    if fate != "kept" and (undone_at is None or undone_at > until):
        return []
    payment = draw_payment(roll, channel)
    return [
        _Sale(
            showing=showing,
            seat=seat,
            sold_at=sold_at,
            until=until,
            sales_channel=channel,
            payment=payment,
            luck=roll.random(),
            prices=tuple(full_price(showing, seat, each) for each in CONCESSIONS),
            bonus_minor=_draw_bonus(roll, channel),
            fate=fate,
            undone_at=undone_at,
        )
        for seat in plan.seat_party(roll, people)
    ]


def _draw_undone_at(
    roll: Random, fate: str, channel: str, showing: Showing, sold_at: datetime
) -> datetime | None:
    """Draw when a sale is given back or undone; None when such a sale never is."""
    at_desk = channel in ("box_office", "kiosk")
    if fate == "voided" and at_desk:
        return sold_at + timedelta(seconds=roll.randint(25, 240))
    if fate == "refunded" and showing.starts_at - sold_at > timedelta(minutes=40):
        chance = (showing.starts_at - sold_at - timedelta(minutes=20)).total_seconds()
        return _to_second(sold_at + timedelta(seconds=120 + chance * roll.random() ** 2))
    return None


def _draw_bonus(roll: Random, channel: str) -> int:
    """Draw what a loyal customer saves on line, in tiyn."""
    if channel not in ("web", "app") or roll.random() > _BONUS_SHARE:
        return 0
    return roll.choice((2, 3, 4)) * STEP_MINOR


def _to_second(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)


# ---- what they paid -----------------------------------------------------------------------


def _set_prices(sales: list[_Sale]) -> None:
    """
    Give every sale its concession and price, so that what is kept adds up to the tenge.

    The mix of concessions leans towards the dear or the cheap ones until the sum is just
    reached: leaning one way moves every price one way, so halving the interval finds it.
    What is over is then given away as bonuses, a few steps of fifty tenge to each.
    """
    low, high = -_LEAN_MAX, _LEAN_MAX
    for _ in range(_LEANINGS):
        middle = (low + high) / 2
        if _lean(sales, middle) >= OPENING_GROSS_MINOR:
            high = middle
        else:
            low = middle
    over = _lean(sales, high) - OPENING_GROSS_MINOR
    if over < 0 or over % STEP_MINOR:
        message = f"the prices of the day miss the pilot's takings by {-over} tiyn"
        raise OpeningError(message)
    for sale in sales:
        if not over:
            return
        if sale.fate == "kept" and sale.sales_channel == "app" and not sale.bonus_minor:
            sale.bonus_minor = min(over, 4 * STEP_MINOR)
            sale.price_minor -= sale.bonus_minor
            over -= sale.bonus_minor
    if over:
        message = f"{over} tiyn are over and nobody is left to give them to"
        raise OpeningError(message)


def _lean(sales: Sequence[_Sale], leaning: float) -> int:
    """Set every price at this leaning of the mix and give what the kept ones come to."""
    films = film_of_version()
    marks_of: dict[str, list[float]] = {}
    for film in films.values():
        weights = weights_for(film.drawn_to)
        leant = accumulate(
            weight * exp(leaning * rank) for rank, weight in enumerate(weights)
        )
        marks_of[film.drawn_to] = list(leant)
    total = 0
    for sale in sales:
        marks = marks_of[films[sale.showing.version].drawn_to]
        rank = bisect_left(marks, sale.luck * marks[-1])
        sale.concession = CONCESSIONS[rank]
        sale.price_minor = sale.prices[rank] - sale.bonus_minor
        if sale.fate == "kept":
            total += sale.price_minor
    return total


def full_price(showing: Showing, seat: int, concession: str) -> int:
    """Give what a seat costs before any bonus, in tiyn: armchairs know no concession."""
    name = "vip" if is_vip(showing.capacity, seat) else concession
    return showing.prices[name]


# ---- what the tills said of it ------------------------------------------------------------


def _number(sales: list[_Sale]) -> list[_Sale]:
    """Print the tickets of each cinema in the order in which they were sold."""
    printed: dict[str, int] = {}
    in_order = sorted(sales, key=lambda sale: (sale.showing.venue, sale.sold_at))
    for sale in in_order:
        venue = sale.showing.venue
        printed[venue] = printed.get(venue, 0) + 1
        sale.ticket = ticket_id(venue, printed[venue])
    return in_order


def _in_order(sales: list[_Sale], roll: Random) -> Iterator[Event]:
    """Give the events cinema by cinema, each cinema's in the order in which they happened."""
    events = [event for sale in sales for event in _events_of(sale, roll)]
    # The sort is stable: a ticket's own events stay in their order within one second.
    events.sort(key=attrgetter("venue", "happened_at"))
    numbered: dict[str, int] = {}
    for event in events:
        numbered[event.venue] = numbered.get(event.venue, 0) + 1
        yield msgspec.structs.replace(event, sequence=numbered[event.venue])


def _events_of(sale: _Sale, roll: Random) -> Iterator[Event]:
    sold = sold_event(
        sale.showing,
        seat=sale.seat,
        ticket=sale.ticket,
        sold_at=sale.sold_at,
        sales_channel=sale.sales_channel,
        payment=sale.payment,
        concession=sale.concession,
        price_minor=sale.price_minor,
        bonus_minor=sale.bonus_minor,
        roll=roll,
    )
    if sale.fate == "kept":
        corrected_at = sale.sold_at + timedelta(seconds=roll.randint(40, 300))
        if _is_corrected(sale, roll) and corrected_at <= sale.until:
            full_minor = full_price(sale.showing, sale.seat, "adult")
            yield msgspec.structs.replace(sold, price_minor=full_minor, concession="")
            yield corrected_event(
                sold,
                at=corrected_at,
                price_minor=sale.price_minor,
                concession=sale.concession,
            )
        else:
            yield sold
        at = admitted_at(sale.ticket, sale.showing.starts_at)
        if at is not None:
            at = max(at, sale.sold_at + timedelta(minutes=6))
            if at <= sale.until:
                yield later_event("admitted", sold, at=at, gate=f"{sale.showing.hall}")
        return
    yield sold
    if sale.undone_at is not None and sale.fate == "voided":
        yield later_event("voided", sold, at=sale.undone_at, reason="pressed twice")
    elif sale.undone_at is not None:
        yield refunded_event(sold, at=sale.undone_at, reason="viewer cannot come")


def _is_corrected(sale: _Sale, roll: Random) -> bool:
    at_desk = sale.sales_channel == "box_office" and sale.concession != "adult"
    is_armchair = is_vip(sale.showing.capacity, sale.seat)
    return at_desk and not is_armchair and roll.random() < _CORRECTED_SHARE


def sold_event(  # noqa: PLR0913 - a ticket's fields
    showing: Showing,
    *,
    seat: int,
    ticket: str,
    sold_at: datetime,
    sales_channel: str,
    payment: str,
    concession: str,
    price_minor: int,
    bonus_minor: int,
    roll: Random,
) -> Event:
    """Say that a ticket was sold, as its till would."""
    row, number = place(showing.capacity, seat)
    at_desk = sales_channel == "box_office"
    desk = roll.randint(1, 3)
    return Event(
        kind="sold",
        venue=showing.venue,
        showing=showing.code,
        happened_at=sold_at,
        ticket=ticket,
        price_minor=price_minor,
        fee_minor=fee_minor(sales_channel),
        discount_minor=bonus_minor,
        sales_channel=sales_channel,
        concession="" if concession == "adult" else concession,
        section="vip" if is_vip(showing.capacity, seat) else "",
        row=row,
        seat=number,
        payment=payment,
        operator=f"cashier-{desk}" if at_desk else "",
        till=f"desk-{desk}"
        if at_desk
        else f"kiosk-{desk}"
        if sales_channel == "kiosk"
        else "",
    )


def later_event(
    kind: str, sold: Event, *, at: datetime, reason: str = "", gate: str = ""
) -> Event:
    """Say what happened to a ticket after it was sold."""
    return Event(
        kind=kind,
        venue=sold.venue,
        showing=sold.showing,
        happened_at=at,
        ticket=sold.ticket,
        reason=reason,
        gate=gate,
    )


def refunded_event(sold: Event, *, at: datetime, reason: str) -> Event:
    """Say that a ticket was given back and what it cost returned; the vendor keeps its fee."""
    return msgspec.structs.replace(
        later_event("refunded", sold, at=at, reason=reason), price_minor=sold.price_minor
    )


def corrected_event(
    sold: Event, *, at: datetime, price_minor: int, concession: str
) -> Event:
    """Say that a ticket was printed at the wrong price, and what is right."""
    return msgspec.structs.replace(
        later_event("corrected", sold, at=at, reason="concession shown at the desk"),
        price_minor=price_minor,
        fee_minor=sold.fee_minor,
        concession=concession,
        section=sold.section,
        row=sold.row,
        seat=sold.seat,
    )


def _verify(events: list[Event]) -> None:
    books = Books()
    for event in events:
        books.fold(event)
    found = books.sums.admissions, books.sums.gross_minor
    if found != (OPENING_TICKETS, OPENING_GROSS_MINOR):
        message = f"the opening comes to {found[0]} tickets and {found[1]} tiyn"
        raise OpeningError(message)
