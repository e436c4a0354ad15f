"""The worker's minute: measurements, coverage, corrections and the running day's regions."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ekino.db.database import Database, Role
from ekino.kernel.errors import NotFound, Refused
from ekino.opendata import service
from ekino.opendata.model.state import Component, State
from ekino.opendata.service.state import follow_changes, record_minute
from evening import ALMATY, EVENING, KAZAKHSTAN, Evening, fill

MINUTE = timedelta(minutes=1)


def up() -> tuple[bool, float | None]:
    return True, 3.0


def test_each_minute_is_measured_once_and_a_gap_stays_a_gap(db: Database) -> None:
    for ago in (9, 8, 8, 1, 0):
        record_minute(db, KAZAKHSTAN, at=EVENING - ago * MINUTE, probe=up)

    state = service.read_state(db, KAZAKHSTAN, at=EVENING)

    web = next(each for each in state.components if each.component is Component.WEB)
    assert (web.state, web.share_up) == (State.UP, 1.0)
    assert (web.bars[-1].measured, web.bars[-1].up) == (4, 4)
    assert web.bars[-2].state is State.NOT_MEASURED
    assert len(web.bars) == 90


def test_a_web_that_does_not_answer_is_down_and_takes_nothing_in(db: Database) -> None:
    record_minute(db, KAZAKHSTAN, at=EVENING, probe=lambda: (False, None))

    state = service.read_state(db, KAZAKHSTAN, at=EVENING)

    states = {each.component: each.state for each in state.components}
    assert states[Component.WEB] is states[Component.INGEST] is State.DOWN
    assert states[Component.DATABASE] is State.UP
    assert not state.is_all_up


def test_what_was_measured_long_ago_says_nothing_of_now(db: Database) -> None:
    record_minute(db, KAZAKHSTAN, at=EVENING - 10 * MINUTE, probe=up)

    state = service.read_state(db, KAZAKHSTAN, at=EVENING)

    assert {each.state for each in state.components} == {State.NOT_MEASURED}


def test_coverage_counts_venues_known_connected_and_heard_from_today(db: Database) -> None:
    fill(db, has_last_week=False)
    record_minute(db, KAZAKHSTAN, at=EVENING, probe=up)

    day = service.read_coverage(db)[0]

    assert day.day == date(2026, 11, 24)
    assert (day.known, day.connected) == (103, 68)
    assert 60 <= (day.reporting or 0) <= 68


def test_what_was_put_right_is_counted_by_the_day_it_was_recorded(db: Database) -> None:
    evening = Evening()
    evening.load_country(db)
    showings = evening.announce(db, date(2026, 11, 24), showings=68)
    evening.enter(db, evening.sales(showings, tickets=500))
    with db.transaction(Role.READER) as tx:
        plain = dict(
            tx.execute(
                "SELECT (recorded_at AT TIME ZONE 'Asia/Almaty')::date, count(*) FROM register.entry GROUP BY 1"
            ).fetchall()
        )

    # Cut into runs, asked again, and by two at once in turn: the same.
    while follow_changes(db, KAZAKHSTAN, entries_max=37):
        pass
    assert follow_changes(db, KAZAKHSTAN) == 0

    assert {each.day: each.entries for each in service.read_coverage(db)} == plain


def test_live_regions_move_in_coarse_steps_and_only_at_the_quarter(db: Database) -> None:
    fill(db, has_last_week=False)
    first = service.read_live(db, date(2026, 11, 24))
    told = {code: each for code, each in first.items() if each.admissions is not None}

    assert told
    assert all((each.admissions or 0) % 25 == 0 for each in told.values())
    assert all((each.gross_minor or 0) % 5_000_000 == 0 for each in told.values())
    # Ulytau has one cinema.
    assert first["KZ-62"].admissions is None
    # Three minutes later, in the same quarter of an hour, nothing moves.
    service.move_live(db, KAZAKHSTAN, at=EVENING + 2 * MINUTE)
    assert service.read_live(db, date(2026, 11, 24)) == first


def test_no_region_joins_those_that_are_shown_before_the_next_step(db: Database) -> None:
    """Beside a choice that hid another region behind it, it would give that one away."""
    evening = Evening()
    evening.load_country(db)
    day = date(2026, 11, 24)
    sales = evening.sales(evening.announce(db, day, showings=300), tickets=6_000)
    evening.enter(db, sales[:4_500])
    service.move_live(db, KAZAKHSTAN, at=EVENING)
    first = service.read_live(db, day)
    evening.enter(db, sales[4_500:])

    service.move_live(db, KAZAKHSTAN, at=EVENING + 2 * MINUTE)
    assert service.read_live(db, day) == first
    service.move_live(db, KAZAKHSTAN, at=EVENING + 15 * MINUTE)
    assert service.read_live(db, day) != first


def test_two_readings_of_the_running_day_enclose_no_few_tickets(db: Database) -> None:
    """Whatever is sold between two readings, the difference is nothing or a whole step."""
    evening = Evening()
    evening.load_country(db)
    day = date(2026, 11, 24)
    sales = evening.sales(evening.announce(db, day, showings=300), tickets=6_000)
    at = datetime(2026, 11, 24, 18, 0, tzinfo=ALMATY).astimezone(UTC)
    before: dict[str, int] = {}
    entered = 0
    for number in range(8):
        moment = at + number * 15 * MINUTE
        due = [sale for sale in sales[entered:] if sale.recorded_at <= moment]
        evening.enter(db, due)
        entered += len(due)
        service.move_live(db, KAZAKHSTAN, at=moment)
        now = {
            code: each.admissions
            for code, each in service.read_live(db, day).items()
            if each.admissions is not None
        }
        steps = {now[code] - before[code] for code in now.keys() & before.keys()}
        assert all(step % 25 == 0 for step in steps)
        before = now
    assert before


def test_an_incident_is_noted_in_three_languages_and_ended(db: Database) -> None:
    words = {"kk": "Үзіліс", "ru": "Перерыв", "en": "A break"}
    number = service.note_incident(
        db, "web", begins_at=EVENING - 20 * MINUTE, ends_at=None, words=words
    )
    service.end_incident(db, number, ends_at=EVENING - 10 * MINUTE)

    noted = service.read_state(db, KAZAKHSTAN, at=EVENING).incidents[0]

    assert (noted.component, noted.words) == ("web", words)
    assert noted.ends_at == EVENING - 10 * MINUTE
    with pytest.raises(NotFound):
        service.end_incident(db, number + 1, ends_at=EVENING)
    with pytest.raises(Refused):
        service.note_incident(db, "moon", begins_at=EVENING, ends_at=None, words=words)


def test_the_recorder_publishes_first_and_measures_once_a_minute(db: Database) -> None:
    evening = Evening()
    evening.load_country(db)
    showings = evening.announce(db, date(2026, 11, 20), showings=136)
    evening.enter(db, evening.sales(showings, tickets=2_000))
    at = EVENING
    asked = []

    def probe() -> tuple[bool, float | None]:
        asked.append(1)
        return True, None

    recorder = service.Recorder(KAZAKHSTAN, probe, clock=lambda: at)
    published = 0
    while recorder.follow(db):
        published += 1
    assert recorder.follow(db) == 0

    # 20, 21 and 22 November are over for a day; the 23rd is not.
    assert published == 3
    assert service.read_published_until(db) == date(2026, 11, 23)
    assert len(asked) == 1
