"""Questions: named periods, what they are laid beside, and how much may be asked at once."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from types import MappingProxyType

import pytest
from starlette.datastructures import QueryParams

from ekino.archive.model.answer import Answer, Figures, Group, change
from ekino.archive.model.fold import Change, Key, Sums, fold
from ekino.archive.model.question import (
    CHOICES_MAX,
    DAYS_MAX,
    Compare,
    Dimension,
    Measure,
    Period,
    Question,
    Span,
    period_of,
)
from ekino.archive.pages.asking import View, read_asking, view_for
from ekino.kernel.errors import Refused

# A Thursday.
TODAY = date(2026, 11, 26)


@pytest.mark.parametrize(
    ("span", "first", "last"),
    [
        (Span.TODAY, date(2026, 11, 26), TODAY),
        (Span.YESTERDAY, date(2026, 11, 25), date(2026, 11, 25)),
        (Span.WEEKEND, date(2026, 11, 26), TODAY),
        (Span.WEEK, date(2026, 11, 23), TODAY),
        (Span.MONTH, date(2026, 11, 1), TODAY),
        (Span.QUARTER, date(2026, 10, 1), TODAY),
        (Span.YEAR, date(2026, 1, 1), TODAY),
    ],
)
def test_a_named_period_ends_today(span: Span, first: date, last: date) -> None:
    period = period_of(span, TODAY)

    assert (period.first, period.last) == (first, last)


def test_a_weekend_that_is_over_is_whole() -> None:
    for day in range(30, 33):
        period = period_of(Span.WEEKEND, date(2026, 11, 1) + timedelta(days=day - 1))
        assert (period.first, period.last) == (date(2026, 11, 26), min(date(2026, 11, 29), date(2026, 11, 1) + timedelta(days=day - 1)))  # fmt: skip


@pytest.mark.parametrize(
    ("first", "days", "compare", "compared"),
    [
        (date(2026, 11, 26), 1, Compare.BEFORE, date(2026, 11, 19)),
        (date(2026, 11, 1), 26, Compare.BEFORE, date(2026, 10, 4)),
        (date(2026, 11, 26), 1, Compare.YEAR, date(2025, 11, 27)),
        (date(2026, 10, 1), 62, Compare.YEAR, date(2025, 10, 2)),
        (date(2026, 10, 1), 63, Compare.YEAR, date(2025, 10, 1)),
        (date(2024, 2, 29), 63, Compare.YEAR, date(2023, 2, 28)),
    ],
)
def test_a_weekday_is_laid_beside_the_same_weekday(
    first: date, days: int, compare: Compare, compared: date
) -> None:
    period = Period(first, first + timedelta(days=days))
    found = Question(period=period, compare=compare).compared

    assert found is not None
    assert found.first == compared
    assert Question(period=period).compared is None


def test_a_period_has_only_begun_until_its_first_day_has_ended() -> None:
    period = Period(TODAY, TODAY + timedelta(days=2))

    assert Question(period=period, today=TODAY).has_only_begun
    assert not Question(period=period, today=TODAY + timedelta(days=1)).has_only_begun
    assert not Question(period=period).has_only_begun


@pytest.mark.parametrize(
    ("today", "before", "growth"),
    [
        (TODAY, Figures(admissions=2), None),
        (TODAY + timedelta(days=1), Figures(admissions=2), Fraction(1, 2)),
        (TODAY + timedelta(days=1), None, None),
    ],
)
def test_nothing_has_moved_before_a_day_has_ended(
    today: date, before: Figures | None, growth: Fraction | None
) -> None:
    whole = Group((), Figures(admissions=3), before)
    question = Question(period=Period(TODAY, TODAY + timedelta(days=1)), today=today)
    answer = Answer(
        question=question,
        whole=whole,
        groups=(),
        groups_total=0,
        as_of=1,
        register_size=1,
        at=datetime(2026, 11, 24, tzinfo=UTC),
    )

    assert answer.growth(whole, Measure.ADMISSIONS) == growth


def test_a_question_has_limits() -> None:
    period = Period(TODAY, TODAY + timedelta(days=1))
    everything = tuple(str(number) for number in range(CHOICES_MAX + 1))

    Question(period=Period(TODAY, TODAY + timedelta(days=DAYS_MAX)))
    with pytest.raises(Refused):
        Question(period=Period(TODAY, TODAY + timedelta(days=DAYS_MAX + 1)))
    with pytest.raises(Refused):
        Question(period=Period(TODAY, TODAY))
    with pytest.raises(Refused):
        Question(period=period, by=(Dimension.DAY, Dimension.FILM, Dimension.HALL))
    with pytest.raises(Refused):
        Question(period=period, by=(Dimension.DAY, Dimension.DAY))
    with pytest.raises(Refused):
        Question(period=period, filters=MappingProxyType({Dimension.FILM: everything}))


def test_what_is_sold_by_a_part_of_a_showing_says_nothing_of_showings() -> None:
    figures = Figures(admissions=3, gross_minor=100, showings=None, capacity=None)

    assert figures.value(Measure.OCCUPANCY) is None
    assert figures.value(Measure.PER_SHOWING) is None
    assert figures.value(Measure.AVERAGE) == Fraction(100, 3)
    assert Figures().value(Measure.AVERAGE) is None
    assert change(3, 2) == Fraction(1, 2)
    assert change(3, 0) is None
    assert change(None, 2) is None


def test_an_address_is_read_and_written_the_same_way() -> None:
    text = (
        "measure=refunds&by=film&by=day&from=2026-11-01&to=2026-11-26&compare=year"
        "&region=KZ-75&region=KZ-71&chain=-&limit=500"
    )
    asking = read_asking(QueryParams(text), TODAY)

    assert asking.query() == text
    assert asking.question.filters[Dimension.CHAIN] == ("",)
    again = asking.narrowed({Dimension.FILM: "x", Dimension.DAY: "2026-11-02"})
    assert again.question.by == (Dimension.VENUE,)
    assert again.without(Dimension.FILM, "x").question.filters.get(Dimension.FILM) is None
    assert (
        read_asking(QueryParams("from=0001-01-01&to=9999-12-31"), TODAY).span is Span.MONTH
    )
    assert view_for(asking.question, "map") is View.BARS


def test_a_correction_takes_a_ticket_to_its_concession_with_all_it_paid() -> None:
    sold = Change(0, "sold", 1, "T", 7, "web", 1, 1_000, 50, "adult")
    corrected = Change(1, "corrected", 1, "T", 7, "web", 0, -400, 0, "child")
    refunded = Change(2, "refunded", 1, "T", 7, "web", -1, -600, 0, "")
    history = [sold, corrected, refunded]
    cells = fold(history, lambda _source, _subject: history)

    assert cells == {
        Key(7, "web", "adult"): Sums(0, 0, 0, 0),
        Key(7, "web", "child"): Sums(0, 0, 50, 1),
    }
