"""The earlier weeks: the same whenever they are made, and nothing sold twice."""

from collections import Counter
from datetime import date, timedelta

from ekino_demo.country.programme import earlier_programme_of
from ekino_demo.office import release_dates
from ekino_demo.past import YEAR, days_before, on_show, sales_of

OPENED_ON = date(2026, 11, 26)
DAY = date(2026, 11, 17)
RELEASES = release_dates(OPENED_ON)


def test_what_people_compare_with_comes_first() -> None:
    days = days_before(OPENED_ON, 2)

    assert days[:4] == [
        date(2026, 11, 19),
        date(2025, 11, 20),
        date(2026, 11, 25),
        date(2025, 11, 26),
    ]
    assert len(days) == len(set(days)) == 28
    assert {day.weekday() - (day - YEAR).weekday() for day in days} == {0}
    assert min(days) == OPENED_ON - timedelta(days=14) - YEAR


def test_a_film_is_shown_from_its_release_on_and_draws_less_every_week() -> None:
    film, released = RELEASES[0]

    def popularity(day: date) -> int:
        found = {each.code: each.popularity for each in on_show(RELEASES, day)}
        return found.get(film.code, 0)

    assert popularity(released - timedelta(days=1)) == 0
    assert popularity(released) == film.popularity
    assert popularity(released + timedelta(days=14)) < film.popularity
    assert popularity(released + timedelta(weeks=8)) == 0


def test_every_day_of_both_years_has_films_to_show() -> None:
    assert all(len(on_show(RELEASES, day)) > 4 for day in days_before(OPENED_ON, 4))


def test_a_day_is_the_same_whenever_it_is_made_and_no_seat_is_sold_twice() -> None:
    showings = earlier_programme_of(DAY, 1, on_show(RELEASES, DAY))
    events = list(sales_of(DAY, showings, 1))
    sold = [each for each in events if each.kind == "sold"]
    seats = Counter((each.venue, each.showing, each.row, each.seat) for each in sold)

    assert list(sales_of(DAY, showings, 1)) == events
    assert max(seats.values()) == 1
    assert len({each.ticket for each in sold}) == len(sold)
    assert {each.kind for each in events} == {"sold", "refunded"}
    assert 10_000 < len(sold) < 20_000
