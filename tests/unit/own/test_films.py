"""When a film has earned its costs, and over which dates it is looked at."""

from datetime import date
from fractions import Fraction

import pytest

from ekino.own.model.films import BreakEven, Run, Span, add, dates
from ekino.totals.model.day import Figures
from ekino.totals.service.trade import trade_of


def even(
    *, budget: int = 1_000, grant: int = 400, share: int = 50, gross: int = 600
) -> BreakEven:
    return BreakEven(budget, grant, Fraction(share, 100), gross)


def test_what_the_grant_does_not_cover_is_to_be_earned() -> None:
    found = even()

    assert (found.to_earn_minor, found.earned_minor, found.left_minor) == (600, 300, 300)
    assert found.covered == Fraction(1, 2)
    assert found.gross_needed_minor == 1_200


def test_takings_needed_are_enough_and_one_less_is_not() -> None:
    for share in range(1, 101):
        needed = even(share=share).gross_needed_minor
        assert needed is not None
        assert even(share=share, gross=needed).left_minor == 0
        assert even(share=share, gross=needed - 1).left_minor > 0


def test_a_grant_of_everything_leaves_nothing_to_earn() -> None:
    found = even(grant=5_000)

    assert (found.to_earn_minor, found.covered, found.left_minor) == (0, None, 0)


def test_without_a_share_nothing_is_ever_earned() -> None:
    assert even(share=0).gross_needed_minor is None


def test_more_refunds_than_sales_earn_nothing() -> None:
    assert even(gross=-5).earned_minor == 0


@pytest.mark.parametrize(
    ("span", "first", "past_end"),
    [
        (Span.TODAY, date(2026, 11, 24), date(2026, 11, 25)),
        (Span.WEEKEND, date(2026, 11, 19), date(2026, 11, 23)),
    ],
)
def test_spans_are_half_open(span: Span, first: date, past_end: date) -> None:
    assert dates(span, date(2026, 11, 24), trade_of("KZ")) == (first, past_end)


def test_a_whole_run_is_before_and_after_today() -> None:
    first, past_end = dates(Span.ALL, date(2026, 11, 24), trade_of("KZ"))

    assert first < date(1996, 1, 1)
    assert past_end > date(2027, 6, 1)


def test_runs_add_up_and_cinemas_do_not() -> None:
    one = Run(Figures(1, 2, 3), 4, 5, 6, 7, 8)

    assert add([one, one]) == Run(Figures(2, 4, 6), 8, 10, 0, 14, 16)
    assert add([Run(), Run()]).before_minor is None
