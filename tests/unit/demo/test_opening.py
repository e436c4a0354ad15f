"""The pilot comes out to the ticket and the tenge, whatever the hour."""

from collections import Counter
from datetime import date, datetime, timedelta
from functools import lru_cache

import pytest

from ekino_demo.books import Books
from ekino_demo.country import calendar
from ekino_demo.country.programme import programme_of
from ekino_demo.events import Event
from ekino_demo.opening import OPENING_GROSS_MINOR, OPENING_TICKETS, opening_events

TUESDAY = date(2026, 11, 24)
SATURDAY = date(2026, 11, 28)
# Minutes after the midnight with which the calendar day begins; the business day turns at 6:00.
HOURS = {
    "the business day has just begun": 360,
    "before the first showing": 545,
    "the first showings": 660,
    "early afternoon": 800,
    "the evening's peak": 1170,
    "the last minute of the calendar day": 1439,
    "after midnight": 1475,
    "the last minute of the business day": 1799,
}


@lru_cache(maxsize=8)
def _evening(day: date = TUESDAY, minutes: int = 1170, seed: int = 1) -> list[Event]:
    return opening_events(day, calendar.at(day, minutes=minutes), seed)


@pytest.mark.parametrize("day", [TUESDAY, SATURDAY], ids=["weekday", "weekend"])
@pytest.mark.parametrize("minutes", HOURS.values(), ids=HOURS.keys())
def test_the_opening_is_exact_at_any_hour(day: date, minutes: int) -> None:
    opened_at = calendar.at(day, minutes=minutes)
    events = _evening(day, minutes)
    books = Books()
    for event in events:
        books.fold(event)
    assert calendar.business_date(opened_at) == day
    assert (books.sums.admissions, books.sums.gross_minor) == (20_310, 3_040_000_000)
    assert (OPENING_TICKETS, OPENING_GROSS_MINOR) == (20_310, 3_040_000_000)
    assert max(event.happened_at for event in events) <= opened_at
    assert len({event.venue for event in events}) == 68
    kinds = Counter(event.kind for event in events)
    assert kinds["refunded"] > 0
    assert kinds["voided"] > 0
    assert kinds["sold"] == 20_310 + kinds["refunded"] + kinds["voided"]


def test_the_same_day_instant_and_seed_give_the_same_bytes() -> None:
    opened_at = calendar.at(TUESDAY, minutes=1170)
    assert opening_events(TUESDAY, opened_at, 1) == _evening()
    assert _evening(seed=2) != _evening()


def test_every_price_is_a_whole_number_of_tenge() -> None:
    prices = [event.price_minor for event in _evening() if event.price_minor is not None]
    assert [price for price in prices if price % 100 or price <= 0] == []


def test_fees_are_paid_on_line_only() -> None:
    channels = {
        event.sales_channel
        for event in _evening()
        if event.fee_minor and event.kind == "sold"
    }
    assert channels == {"web", "app", "agent"}


def test_no_seat_is_sold_twice() -> None:
    taken: Counter[tuple[str, str, str, str]] = Counter()
    place: dict[str, tuple[str, str, str, str]] = {}
    for event in sorted(_evening(), key=lambda event: event.happened_at):
        if event.kind == "sold":
            place[event.ticket] = (event.venue, event.showing, event.row, event.seat)
            taken[place[event.ticket]] += 1
        elif event.kind in ("refunded", "voided"):
            taken[place[event.ticket]] -= 1
    assert max(taken.values()) == 1


def test_every_ticket_is_for_a_showing_of_the_day() -> None:
    known = {(each.venue, each.code) for each in programme_of(TUESDAY, 1)}
    assert {(event.venue, event.showing) for event in _evening()} - known == set()


def test_early_in_the_morning_everything_is_presale_and_nobody_has_gone_in() -> None:
    events = _evening(minutes=361)
    assert Counter(event.kind for event in events)["admitted"] == 0
    starts = {(each.venue, each.code): each.starts_at for each in programme_of(TUESDAY, 1)}
    sold_ahead: list[datetime] = [
        event.happened_at
        for event in events
        if event.happened_at < starts[event.venue, event.showing] - timedelta(hours=2)
    ]
    assert len(sold_ahead) > 0.95 * len(events)


def test_each_cinemas_events_are_numbered_without_gaps_in_the_order_they_happened() -> None:
    last: dict[str, Event] = {}
    for event in _evening():
        before = last.get(event.venue)
        assert event.sequence == (before.sequence if before else 0) + 1
        assert before is None or event.happened_at >= before.happened_at
        last[event.venue] = event
