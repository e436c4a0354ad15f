"""Permanent tables from PostgreSQL, against a plain GROUP BY of the register."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from ekino.db.database import Database, Role
from ekino.totals import service as totals
from ekino.totals.model.box_office import BoxOffice
from ekino.totals.model.calendar import Measure
from ekino.totals.model.day import Figures
from ekino.totals.model.periods import (
    Period,
    PeriodKind,
    day_period,
    month_period,
    period_of,
    year_period,
)
from evening import KAZAKHSTAN
from season import NOON

TRADE = totals.trade_of("KZ")
SATURDAY = date(2026, 11, 21)
TAKEN = """
SELECT showing.film_id, sum(admissions)::int, sum(gross_minor)::bigint, sum(fees_minor)::bigint
  FROM register.entry JOIN catalog.showing USING (showing_id)
 WHERE showing.business_date >= %(first)s AND showing.business_date < %(past_end)s
 GROUP BY 1
"""
SHOWN = """
SELECT film_id, sum(showings)::int, sum(capacity)::int, max(venues)::int
  FROM (SELECT film_id, business_date, count(*) AS showings, sum(capacity) AS capacity,
               count(DISTINCT venue_id) AS venues
          FROM catalog.showing
         WHERE business_date >= %(first)s AND business_date < %(past_end)s AND state = 'announced'
         GROUP BY 1, 2) AS each
 GROUP BY 1
"""
VENUES = """
SELECT count(DISTINCT showing.venue_id)
  FROM register.entry JOIN catalog.showing USING (showing_id)
 WHERE showing.business_date >= %(first)s AND showing.business_date < %(past_end)s
"""


def ask(db: Database, question: str, first: date, past_end: date) -> list[tuple[Any, ...]]:
    with db.transaction(Role.READER) as tx:
        return tx.execute(question, {"first": first, "past_end": past_end}).fetchall()


def figures(db: Database, first: date, past_end: date) -> dict[int, Figures]:
    return {film: Figures(*rest) for film, *rest in ask(db, TAKEN, first, past_end)}


def read(db: Database, period: Period, *, with_fees: bool = False) -> BoxOffice:
    return totals.read_box_office(db, KAZAKHSTAN, period, at=NOON, with_fees=with_fees)


@pytest.mark.parametrize("kind", list(PeriodKind))
@pytest.mark.parametrize("day", [SATURDAY, date(2026, 11, 2), date(2025, 11, 8)])
def test_every_period_equals_a_plain_group_by(
    season: Database, kind: PeriodKind, day: date
) -> None:
    period = period_of(kind, day, TRADE)
    taken = figures(season, period.first, period.past_end)
    shown = {
        film: tuple(rest)
        for film, *rest in ask(season, SHOWN, period.first, period.past_end)
    }
    to_date = figures(season, date(2000, 1, 1), period.past_end)

    box_office = read(season, period)

    assert {run.film.film_id: run.film.figures for run in box_office.runs} == {
        film: taken.get(film, Figures()) for film in taken.keys() | shown.keys()
    }
    for run in box_office.runs:
        film = run.film
        assert (film.showings, film.capacity, run.venues) == shown.get(
            film.film_id, (0, 0, 0)
        )
        assert run.to_date == to_date.get(film.film_id, Figures())
    reporting = ask(season, VENUES, period.first, period.past_end)[0][0]
    assert (box_office.venues_reporting, box_office.venues_known) == (reporting, 103)


def test_lines_add_up_to_the_total_and_stand_by_takings(season: Database) -> None:
    for with_fees in (False, True):
        box_office = read(season, month_period(SATURDAY), with_fees=with_fees)
        lines, total = box_office.lines, box_office.total_line

        assert sum(line.takings_minor for line in lines) == total.takings_minor > 0
        assert sum(line.admissions for line in lines) == total.admissions
        assert sum(line.showings for line in lines) == total.showings
        assert sum(line.takings_share or 0 for line in lines) == 1
        assert sum(line.showings_share or 0 for line in lines) == 1
        assert [line.rank for line in lines] == list(range(1, len(lines) + 1))
        taken = [line.takings_minor for line in lines]
        assert taken == sorted(taken, reverse=True)
        paid = box_office.figures
        assert total.takings_minor == paid.gross_minor + with_fees * paid.fees_minor


def test_a_day_is_compared_with_its_weekday_a_week_before(season: Database) -> None:
    box_office = read(season, day_period(SATURDAY))
    now = figures(season, SATURDAY, date(2026, 11, 22))
    then = figures(season, date(2026, 11, 14), date(2026, 11, 15))

    for line in box_office.lines:
        assert line.run is not None
        film = line.run.film.film_id
        before = then.get(film, Figures()).gross_minor
        assert line.change == (
            Fraction(now[film].gross_minor - before, before) if before else None
        )
        ranked = sorted(then, key=lambda each: -then[each].gross_minor)
        assert line.rank_before == (ranked.index(film) + 1 if film in then else None)


def test_a_running_month_is_compared_with_as_many_days_of_the_last(
    season: Database,
) -> None:
    box_office = read(season, month_period(SATURDAY))

    def gross(first: date, past_end: date) -> int:
        return sum(each.gross_minor for each in figures(season, first, past_end).values())

    # Today, the 24th, has not ended.
    now = gross(date(2026, 11, 1), date(2026, 11, 24))
    year_before = gross(date(2025, 11, 1), date(2025, 11, 24))

    assert box_office.ended_days == 23
    assert box_office.change_on(box_office.year_before) == Fraction(
        now - year_before, year_before
    )


def test_what_the_register_did_not_see_whole_is_compared_with_nothing(
    season: Database,
) -> None:
    assert read(season, year_period(SATURDAY)).total_line.change is None
    assert read(season, day_period(date(2025, 11, 3))).total_line.change is None
    assert read(season, day_period(date(2025, 11, 8))).total_line.change is not None


def test_today_has_figures_and_no_change_yet(season: Database) -> None:
    today = read(season, day_period(date(2026, 11, 24)))

    assert today.takings_minor > 0
    assert {line.change for line in today.lines} == {None}


def test_days_and_weeks_count_from_the_release(season: Database) -> None:
    lines = {
        line.run.code: line for line in read(season, day_period(SATURDAY)).lines if line.run
    }

    # Out on Thursday, 15 October, and 22 October; the last but one was never released.
    assert (lines["film-0"].day_of_release, lines["film-0"].week_of_release) == (38, 6)
    assert lines["film-2"].day_of_release == 31
    assert lines["film-0"].run is not None
    assert lines["film-0"].run.distributor == "Бозторғай прокат"


@pytest.mark.parametrize("measure", list(Measure))
def test_the_calendar_adds_up_to_the_year(season: Database, measure: Measure) -> None:
    calendar = totals.read_calendar(season, KAZAKHSTAN, 2026, measure=measure, at=NOON)
    year = read(season, year_period(SATURDAY))

    assert calendar.figures == year.figures
    assert sum(day.showings for day in calendar.own_days) == year.showings
    by_month = [calendar.month_figures(month) for month in range(1, 13)]
    assert sum(each.gross_minor for each in by_month) == year.figures.gross_minor
    shades = [calendar.shade(day.day) for day in calendar.own_days]
    assert set(shades) <= set(range(1, 6))
    assert max(shades) == len(calendar.limits)
    for day in calendar.own_days:
        if day.day < calendar.today:
            of_day = read(season, day_period(day.day))
            assert of_day.figures == day.figures
            assert of_day.domestic_share == day.domestic_share
            assert of_day.total_line.change == calendar.change(day.day)
