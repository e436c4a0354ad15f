"""A film's run: weekends from the opening, multiplier, drop, running totals, comparison."""

from datetime import UTC, date, datetime
from fractions import Fraction

from ekino.totals.model.day import Country, Figures, FilmDay
from ekino.totals.model.film import Comparison, FilmPage, RunDay
from ekino.totals.model.films import ListedFilm
from ekino.totals.service import trade_of

KAZAKHSTAN = Country("KZ", "KZT", "Asia/Almaty")
THURSDAY = date(2026, 11, 5)


def a_page(
    taken: dict[int, int],
    *,
    today: date = date(2026, 12, 1),
    release: date | None = THURSDAY,
) -> FilmPage:
    """Give a film that took so many tenge on these days of November."""
    days = tuple(
        RunDay(
            day=date(2026, 11, number),
            figures=Figures(gross // 1_000, 100 * gross, 0),
            showings=10,
            capacity=1_000,
            venues=number,
            market_gross_minor=400 * gross,
            market_showings=50,
        )
        for number, gross in sorted(taken.items())
    )
    listed = ListedFilm(
        film=FilmDay(1, {"kk": "Дала"}, "kk", ("KZ",), Figures(), 0, 0),
        code="dala",
        genres=(),
        running_time_min=None,
        age_mark=None,
        certificate=None,
        distributor=None,
        release_date=release,
        first_day=days[0].day if days else None,
        last_day=days[-1].day if days else None,
    )
    noon = datetime(today.year, today.month, today.day, 7, tzinfo=UTC)
    return FilmPage(
        country=KAZAKHSTAN,
        trade=trade_of("KZ"),
        at=noon,
        as_of=1,
        as_of_at=noon,
        listed=listed,
        days=days,
    )


# A preview on Wednesday, four days of opening, a Monday, and the second weekend's Saturday.
RUN = {4: 1_000, 5: 10_000, 6: 10_000, 7: 20_000, 8: 10_000, 9: 5_000, 14: 25_000}


def test_the_multiplier_is_all_by_the_opening_weekend() -> None:
    page = a_page(RUN)

    assert page.opening is not None
    assert page.opening.figures.gross_minor == 5_000_000
    assert page.opening.venues == 8
    assert page.multiplier == Fraction(81_000, 50_000)
    # While the opening weekend runs there is none.
    assert a_page(RUN, today=date(2026, 11, 8)).multiplier is None


def test_previews_before_the_release_are_no_opening() -> None:
    monday = date(2026, 11, 9)
    page = a_page({7: 1_000, 9: 2_000, 14: 3_000}, release=monday)

    assert page.opening is not None
    assert page.opening.period.first == date(2026, 11, 12)
    assert page.opening.figures.gross_minor == 300_000
    # Nothing on the first weekend after the release: no other stands in for it.
    assert a_page({7: 1_000, 9: 2_000, 21: 3_000}, release=monday).opening is None


def test_a_film_older_than_the_register_has_no_opening_weekend() -> None:
    page = a_page(RUN, release=date(2026, 10, 8))

    assert page.weekends[0].number == 5
    assert (page.opening, page.multiplier) == (None, None)


def test_weekends_say_how_far_they_dropped_and_what_was_taken_by_their_end() -> None:
    first, second = a_page(RUN).weekends

    assert (first.number, second.number) == (1, 2)
    assert (first.change, second.change) == (None, Fraction(-1, 2))
    # The preview is in what was taken until then.
    assert first.to_date.gross_minor == 5_100_000
    assert second.to_date.gross_minor == 8_100_000
    assert a_page(RUN, today=date(2026, 11, 14)).weekends[1].change is None


def test_days_are_compared_with_their_weekday_a_week_before() -> None:
    lines = {line.day.day.day: line for line in a_page(RUN).lines}

    assert lines[14].change == Fraction(1, 4)
    assert lines[9].change is None
    assert lines[4].day_of_release == 0
    assert lines[5].day_of_release == 1
    assert lines[14].to_date == Figures(81, 8_100_000, 0)
    assert lines[14].day.takings_share == Fraction(1, 4)
    assert lines[14].day.showings_share == Fraction(1, 5)


def test_previews_stand_at_the_eve_of_the_release() -> None:
    page = a_page(RUN)

    assert page.running_totals()[:3] == [(0, 100_000), (1, 1_100_000), (2, 2_100_000)]
    assert page.shares()[0][0] == (1, Fraction(1, 4))


def test_without_a_date_of_release_a_run_begins_with_its_first_ticket() -> None:
    page = a_page({14: 5_000, 15: 5_000}, release=None)

    assert page.opened_on == date(2026, 11, 14)
    assert page.running_totals() == [(0, 0), (1, 500_000), (2, 1_000_000)]


def test_a_film_that_nobody_saw_has_no_figures_and_no_weekends() -> None:
    page = a_page({})

    assert page.weekends == ()
    assert page.multiplier is None
    assert page.running_totals() == [(0, 0)]
    assert page.shares() == ([], [])


def test_a_comparison_reads_what_was_taken_until_a_day_and_nothing_after_the_run() -> None:
    both = Comparison(
        country=KAZAKHSTAN,
        at=datetime(2026, 12, 1, tzinfo=UTC),
        as_of=1,
        as_of_at=datetime(2026, 12, 1, tzinfo=UTC),
        films=(a_page(RUN), a_page({5: 7_000})),
    )

    assert both.last_day == 10
    assert both.so_far(0, 7) == 5_600_000
    assert both.so_far(0, 10) == 8_100_000
    assert both.so_far(1, 1) == 700_000
    assert both.so_far(1, 2) is None
