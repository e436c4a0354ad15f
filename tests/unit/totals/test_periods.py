"""Periods: how addresses name them, what surrounds them, what closes them."""

from datetime import date

import pytest

from ekino.kernel.errors import NotFound
from ekino.totals.model.periods import (
    Period,
    PeriodKind,
    PeriodState,
    after,
    basis,
    before,
    day_period,
    month_period,
    period_of,
    read_period,
    weekend_period,
    year_before,
    year_period,
)
from ekino.totals.service import trade_of
from ekino.totals.service.trade import holidays_of

DAY, WEEKEND, MONTH, YEAR = PeriodKind
TRADE = trade_of("KZ")
SUNDAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("kind", "text", "first", "last"),
    [
        (DAY, "2026-11-22", date(2026, 11, 22), date(2026, 11, 22)),
        (DAY, "2024-02-29", date(2024, 2, 29), date(2024, 2, 29)),
        (WEEKEND, "2026-11-19", date(2026, 11, 19), date(2026, 11, 22)),
        (WEEKEND, "2026-12-31", date(2026, 12, 31), date(2027, 1, 3)),
        (MONTH, "2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        (MONTH, "2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        (YEAR, "2026", date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_an_address_names_a_period(
    kind: PeriodKind, text: str, first: date, last: date
) -> None:
    period = read_period(kind, text, TRADE)

    assert (period.kind, period.first, period.last) == (kind, first, last)
    assert period.name == text
    assert period.path == f"/{kind}/{text}"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (DAY, "2026-11-31"),
        (DAY, "2025-02-29"),
        (DAY, "20261122"),
        (DAY, "2026-W47-7"),
        (DAY, "22.11.2026"),
        (DAY, "1989-12-31"),
        (DAY, "2100-01-01"),
        (DAY, "0000-00-00"),
        (DAY, "2026-11-22 "),
        (DAY, "٢٠٢٦-١١-٢٢"),
        (WEEKEND, "2026-47"),
        (MONTH, "2026-13"),
        (MONTH, "2026-1"),
        (MONTH, "2026-11-22"),
        (YEAR, "26"),
        (YEAR, "20266"),
        (YEAR, ""),
    ],
)
def test_what_is_no_period_is_refused_with_the_field_and_the_fix(
    kind: PeriodKind, text: str
) -> None:
    with pytest.raises(NotFound) as caught:
        read_period(kind, text, TRADE)

    (problem,) = caught.value.problems
    assert problem.pointer == kind
    assert problem.fix.startswith(f"Write the {kind} YYYY")


@pytest.mark.parametrize("day", [date(2026, 11, day) for day in range(19, 26)])
def test_every_day_belongs_to_the_weekend_that_began_last(day: date) -> None:
    assert weekend_period(day, TRADE).first == date(2026, 11, 19)


@pytest.mark.parametrize("kind", list(PeriodKind))
@pytest.mark.parametrize(
    "day", [SUNDAY, date(2026, 1, 1), date(2024, 2, 29), date(2026, 12, 31)]
)
def test_before_and_after_undo_each_other(kind: PeriodKind, day: date) -> None:
    period = period_of(kind, day, TRADE)

    assert after(before(period, TRADE), TRADE) == period
    assert before(after(period, TRADE), TRADE) == period
    assert before(period, TRADE).past_end <= period.first


def test_changes_are_measured_on_the_comparable_period() -> None:
    bases = {
        period.path: (
            basis(period, TRADE).path,
            earlier.path if (earlier := year_before(period, TRADE)) else None,
        )
        for period in (
            day_period(SUNDAY),
            weekend_period(SUNDAY, TRADE),
            month_period(SUNDAY),
            month_period(date(2024, 2, 29)),
            year_period(SUNDAY),
        )
    }

    assert bases == {
        # A Sunday with a Sunday; 52 weeks before it is a Sunday too.
        "/day/2026-11-22": ("/day/2026-11-15", "/day/2025-11-23"),
        "/weekend/2026-11-19": ("/weekend/2026-11-12", "/weekend/2025-11-20"),
        "/month/2026-11": ("/month/2026-10", "/month/2025-11"),
        "/month/2024-02": ("/month/2024-01", "/month/2023-02"),
        "/year/2026": ("/year/2025", None),
    }


@pytest.mark.parametrize(
    ("today", "state"),
    [
        (date(2026, 11, 18), PeriodState.AHEAD),
        (date(2026, 11, 19), PeriodState.RUNNING),
        (date(2026, 11, 22), PeriodState.RUNNING),
        (date(2026, 11, 23), PeriodState.PROVISIONAL),
        (date(2026, 11, 24), PeriodState.CLOSED),
    ],
)
def test_a_period_closes_a_whole_day_after_its_end(today: date, state: PeriodState) -> None:
    weekend = weekend_period(SUNDAY, TRADE)

    assert weekend.closes_on(TRADE) == date(2026, 11, 24)
    assert weekend.state(today, TRADE) is state


def test_days_that_have_ended_are_counted_within_the_period() -> None:
    month = month_period(SUNDAY)

    assert [
        month.ended_days(day)
        for day in (date(2026, 10, 31), date(2026, 11, 1), SUNDAY, date(2027, 1, 1))
    ] == [0, 0, 21, 30]
    assert month.first_days(21) == Period(MONTH, date(2026, 11, 1), SUNDAY)
    assert month.first_days(99) == month


def test_holidays_are_those_of_their_year_in_three_languages() -> None:
    named = holidays_of("KZ", 2026)

    assert named[date(2026, 5, 27)]["kk"] == "Құрбан айт"
    assert date(2025, 8, 30) in holidays_of("KZ", 2025)
    assert date(2026, 8, 30) not in named
    assert list(named) == sorted(named)
    for year in range(2018, 2033):
        for names in holidays_of("KZ", year).values():
            assert set(names) == {"kk", "ru", "en"}
    assert holidays_of("IN", 2026) == {}
