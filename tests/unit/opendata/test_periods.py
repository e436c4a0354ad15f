"""Periods, and published figures: rounded once, added up for ever after."""

from datetime import date
from itertools import pairwise

import pytest

from ekino.opendata.model.figures import Published, Steps, add_up, below, nearest
from ekino.opendata.model.limits import Limits
from ekino.opendata.model.periods import PeriodKind, cover, film_week


def test_a_span_is_covered_by_the_longest_periods() -> None:
    parts = list(cover(date(2025, 11, 30), date(2027, 3, 2)))

    assert [(part.kind, part.first_date) for part in parts] == [
        (PeriodKind.DAY, date(2025, 11, 30)),
        (PeriodKind.MONTH, date(2025, 12, 1)),
        (PeriodKind.YEAR, date(2026, 1, 1)),
        (PeriodKind.MONTH, date(2027, 1, 1)),
        (PeriodKind.MONTH, date(2027, 2, 1)),
        (PeriodKind.DAY, date(2027, 3, 1)),
    ]


def test_the_parts_of_a_span_follow_one_another() -> None:
    parts = list(cover(date(2024, 2, 11), date(2026, 7, 19)))

    assert parts[0].first_date == date(2024, 2, 11)
    assert parts[-1].past_end == date(2026, 7, 19)
    assert all(a.past_end == b.first_date for a, b in pairwise(parts))


def test_a_film_week_begins_on_thursday() -> None:
    assert film_week(date(2026, 11, 26)) == date(2026, 11, 26)
    assert film_week(date(2026, 11, 25)) == date(2026, 11, 19)


@pytest.mark.parametrize(
    ("value", "expected"), [(10, 10), (12, 10), (13, 15), (1_002, 1_000), (0, 0)]
)
def test_counts_are_rounded_to_five(value: int, expected: int) -> None:
    assert nearest(value, 5) == expected


def test_the_running_day_is_rounded_down() -> None:
    assert below(74, 25) == 50


def test_takings_are_rounded_to_whole_units_of_their_currency() -> None:
    assert Steps.closed(Limits(), "KZT") == Steps(5, 1_000_000)
    assert Steps.closed(Limits(), "JPY") == Steps(5, 10_000)


def test_a_sum_with_a_withheld_part_is_withheld() -> None:
    assert add_up([Published(10, 1_000, 500, 4), None]) is None


def test_a_sum_is_of_what_was_published_and_nothing_finer() -> None:
    total = add_up([Published(10, 1_000, 500, 4), Published(20, 3_000, None, 5)])

    assert total == Published(30, 4_000, None, 5)
