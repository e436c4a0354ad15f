"""Seats: every one has one place, and none is given twice."""

import pytest

from ekino_demo.country.places import cinemas
from ekino_demo.dice import dice
from ekino_demo.seats import SeatPlan, place, seat_at

CAPACITIES = sorted({hall.capacity for each in cinemas() for hall in each.halls})


@pytest.mark.parametrize("capacity", CAPACITIES)
def test_a_place_and_a_seat_name_each_other(capacity: int) -> None:
    places = [place(capacity, seat) for seat in range(capacity)]
    assert len(set(places)) == capacity
    assert [seat_at(capacity, *each) for each in places] == list(range(capacity))


@pytest.mark.parametrize("people", [1, 2, 5])
def test_a_hall_is_sold_to_the_last_seat_and_not_one_more(people: int) -> None:
    plan = SeatPlan(121)
    roll = dice("test", people)
    given: list[int] = []
    while party := plan.seat_party(roll, people):
        given.extend(party)
    assert sorted(given) == list(range(121))
    assert plan.free == 0


def test_a_seat_cannot_be_taken_or_given_back_twice() -> None:
    plan = SeatPlan(40)
    plan.take(7)
    with pytest.raises(ValueError, match="seat 7 is taken"):
        plan.take(7)
    plan.give_back(7)
    with pytest.raises(ValueError, match="seat 7 is free"):
        plan.give_back(7)
