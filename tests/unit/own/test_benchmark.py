"""Where a cinema stands among others, and what is never told."""

from dataclasses import fields, replace
from fractions import Fraction

import pytest

from ekino.own.model.benchmark import (
    FIFTHS,
    OWNERS_MIN,
    PEERS_MIN,
    Benchmark,
    Measure,
    Reporting,
    Withheld,
    compare,
)


def a_cinema(number: int, *, gross: int | None = None, seats: int = 300) -> Reporting:
    return Reporting(
        venue_id=number,
        organisation_id=number,
        seats=seats,
        places=10_000,
        admissions=1_000,
        gross_minor=number * 1_000_000 if gross is None else gross,
    )


TEN = [a_cinema(number) for number in range(1, PEERS_MIN + 1)]


def fifth(venue_id: int, peers: list[Reporting]) -> int:
    found = compare(venue_id, peers)
    assert not isinstance(found, Withheld)
    return next(each.fifth for each in found if each.measure is Measure.TAKINGS_PER_SEAT)


def test_ten_cinemas_are_two_in_each_fifth() -> None:
    assert [fifth(each.venue_id, TEN) for each in TEN] == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]


def test_nine_are_too_few() -> None:
    assert compare(1, TEN[:-1]) == Withheld(reports=True, peers=PEERS_MIN - 1)


def test_ten_of_too_few_owners_are_too_few() -> None:
    chain = [
        replace(each, organisation_id=min(each.organisation_id, OWNERS_MIN)) for each in TEN
    ]

    assert not isinstance(compare(1, chain), Withheld)
    chain = [
        replace(each, organisation_id=min(each.organisation_id, OWNERS_MIN - 1))
        for each in TEN
    ]
    assert compare(1, chain) == Withheld(reports=True, peers=PEERS_MIN)


def test_who_does_not_report_is_told_nothing() -> None:
    assert compare(99, TEN) == Withheld(reports=False, peers=0)


@pytest.mark.parametrize(
    ("seats", "is_peer"), [(149, False), (150, True), (600, True), (601, False)]
)
def test_peers_have_half_to_twice_the_seats(seats: int, *, is_peer: bool) -> None:
    found = compare(1, [*TEN[:-1], a_cinema(50, seats=seats)])

    assert isinstance(found, Withheld) is not is_peer


def test_equal_cinemas_share_the_better_fifth() -> None:
    assert {
        fifth(each.venue_id, [replace(each, gross_minor=5) for each in TEN]) for each in TEN
    } == {1}


def test_values_are_of_ones_own() -> None:
    found = compare(3, TEN)

    assert found == (
        Benchmark(Measure.TAKINGS_PER_SEAT, Fraction(3_000_000, 300), 4),
        Benchmark(Measure.OCCUPANCY, Fraction(1, 10), 1),
        Benchmark(Measure.AVERAGE_PRICE, Fraction(3_000), 4),
    )


def test_nothing_but_a_rank_of_five_depends_on_the_others() -> None:
    """Whatever the others take, what is told is one's own value and one of five ranks."""
    told = {
        (each.measure, each.value)
        for factor in range(1, 40)
        for each in compare(
            3,
            [
                one
                if one.venue_id == 3
                else replace(one, gross_minor=one.gross_minor * factor)
                for one in TEN
            ],
        )  # type: ignore[union-attr]
    }

    assert len(told) == len(Measure)
    assert {field.name for field in fields(Benchmark)} == {"measure", "value", "fifth"}
    assert FIFTHS == 5
