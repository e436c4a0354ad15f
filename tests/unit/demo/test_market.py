"""The evening: seats are sold once, sold-out showings sell nothing, and the books agree."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from ekino_demo.__main__ import read_pace
from ekino_demo.books import Books
from ekino_demo.country import calendar
from ekino_demo.country.places import cinemas
from ekino_demo.country.programme import programme_of
from ekino_demo.dice import dice
from ekino_demo.events import Event
from ekino_demo.journal import Journal
from ekino_demo.market import PACE_MAX, Market

TUESDAY = date(2026, 11, 24)
EVENING = calendar.at(TUESDAY, minutes=19 * 60)
SPEAKING = [each for each in cinemas() if each.is_connected and each.habit != "silent"]


def _play(*, minutes: int, pace: float) -> tuple[Books, list[Event]]:
    books = Books()
    market = Market(books, SPEAKING, dice("test"))
    market.offer(programme_of(TUESDAY, 1), EVENING)
    events: list[Event] = []
    since = EVENING
    for _ in range(minutes * 60):
        now = since + timedelta(seconds=1)
        events.extend(market.step(since, now, pace))
        since = now
    return books, events


def test_the_country_sells_at_the_pace_asked_for() -> None:
    _, events = _play(minutes=5, pace=8)
    sold = Counter(event.kind for event in events)["sold"]
    assert 0.9 * 2_400 <= sold <= 1.1 * 2_400


def test_no_seat_is_sold_twice_while_people_change_their_minds() -> None:
    _, events = _play(minutes=6, pace=40)
    kinds = Counter(event.kind for event in events)
    assert {"sold", "refunded", "voided", "corrected", "admitted"} <= set(kinds)
    taken: Counter[tuple[str, str, str, str]] = Counter()
    place: dict[str, tuple[str, str, str, str]] = {}
    for event in events:
        if event.kind == "sold":
            place[event.ticket] = (event.venue, event.showing, event.row, event.seat)
            taken[place[event.ticket]] += 1
            assert taken[place[event.ticket]] == 1
        elif event.kind in ("refunded", "voided"):
            taken[place[event.ticket]] -= 1


def test_a_pace_of_nothing_sells_nothing() -> None:
    _, events = _play(minutes=5, pace=0)
    assert Counter(event.kind for event in events)["sold"] == 0


def test_books_read_back_from_the_journal_are_the_same(tmp_path: Path) -> None:
    books, events = _play(minutes=5, pace=20)
    journal = Journal(tmp_path / "journal.jsonl")
    journal.write(events)
    again = Books()
    for event in journal.read():
        again.fold(event)
    journal.close()
    assert (again.sums, again.feeds) == (books.sums, books.feeds)
    assert again.tickets == books.tickets


def test_a_torn_last_line_of_the_journal_is_cut_off(tmp_path: Path) -> None:
    _, events = _play(minutes=1, pace=5)
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.write(events)
    whole = path.stat().st_size
    with path.open("ab") as file:
        file.write(b'{"kind":"sold","ven')
    assert list(journal.read()) == events
    journal.close()
    assert path.stat().st_size == whole


def test_tickets_of_showings_that_are_over_are_forgotten_and_their_sums_stay() -> None:
    books = Books()
    market = Market(books, SPEAKING, dice("test"))
    market.offer(programme_of(TUESDAY, 1), EVENING)
    market.step(EVENING, EVENING + timedelta(seconds=10), 40)
    admissions = books.sums.admissions
    assert market.clear(EVENING + timedelta(days=2)) == admissions
    assert (len(books.tickets), books.sums.admissions) == (0, admissions)


@pytest.mark.parametrize("pace", [0, PACE_MAX])
def test_a_pace_within_its_limits_is_taken(pace: float) -> None:
    assert read_pace(str(pace)) == pace


@pytest.mark.parametrize("pace", [-0.1, PACE_MAX + 0.1, float("nan")])
def test_a_pace_past_its_limits_is_refused(pace: float) -> None:
    with pytest.raises(ValueError, match="tickets a second"):
        read_pace(str(pace))


def test_a_country_that_is_sold_out_sells_nothing() -> None:
    books = Books()
    tiny = [each for each in SPEAKING if each.code == "uly-01"]
    market = Market(books, tiny, dice("test"))
    programme = [each for each in programme_of(TUESDAY, 1) if each.venue == "uly-01"]
    market.offer(programme, EVENING)
    seats = sum(each.capacity for each in programme if each.starts_at >= EVENING)
    for second in range(60):
        since = EVENING + timedelta(seconds=second)
        market.step(since, since + timedelta(seconds=1), 400)
    assert 0 < len(books.tickets) <= seats
    assert len({(t.showing, t.row, t.seat) for t in books.tickets.values()}) == len(
        books.tickets
    )
