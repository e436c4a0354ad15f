"""A country's sender reports at once and rests at the end; a silent one speaks once."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ekino_demo.books import Day
from ekino_demo.country import calendar
from ekino_demo.network import Answers, Sender
from register_stand_in import StandIn

SOFTWARE = {"product": "Esik", "version": "1.9.2"}
WAIT_S = 10.0


@contextmanager
def reporting(
    register: StandIn, folder: Path, *, is_silent: bool, is_on: bool = True
) -> Iterator[Sender]:
    sender = Sender("esik-1", folder, register.url, Answers())
    sender.set_line(is_on=is_on)
    sender.start()
    today = calendar.business_date(calendar.now())
    sender.begin_reports(
        SOFTWARE, ["v-1"], lambda _: {today: Day(3, 300_000, 1)}, is_silent=is_silent
    )
    yield sender
    sender.close()


def wait_for_reports(register: StandIn, count: int) -> None:
    until = time.monotonic() + WAIT_S
    while len(register.reports) < count and time.monotonic() < until:
        time.sleep(0.01)  # another thread's turn
    assert len(register.reports) >= count


def test_a_sender_says_what_it_runs_and_what_its_day_came_to_and_rests_at_the_end(
    tmp_path: Path,
) -> None:
    with StandIn() as register:
        with reporting(register, tmp_path, is_silent=False):
            wait_for_reports(register, 1)
        first, last = register.reports

    assert first["software"] == SOFTWARE
    assert [
        (each["venue"], each["tickets"], each["gross_minor"], each["refunds"])
        for each in first["days"]
    ] == [("v-1", 3, 300_000, 1)]
    assert "resting_until" not in first
    assert last["resting_until"] > last["sent_at"]


@pytest.mark.parametrize(("is_on", "reports"), [(True, 1), (False, 0)])
def test_a_silent_one_speaks_once_and_one_off_line_not_at_all(
    tmp_path: Path, *, is_on: bool, reports: int
) -> None:
    with StandIn() as register:
        with reporting(register, tmp_path, is_silent=is_on, is_on=is_on) as sender:
            wait_for_reports(register, reports)
            # Its line is up, and it has nothing more to say: not even that it rests.
            assert sender.failure is None
        assert len(register.reports) == reports
