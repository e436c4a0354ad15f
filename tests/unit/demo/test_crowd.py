"""The crowd of kiosks: each a source of its own, and what it sold is told by its numbers."""

import threading
from datetime import date
from pathlib import Path

from ekino_demo.country import calendar
from ekino_demo.country.places import cinemas, sources
from ekino_demo.country.programme import Showing
from ekino_demo.crowd import KIOSKS_MAX, PRICE_MINOR, Crowd
from ekino_demo.network import Answers


def a_crowd(folder: Path, kiosks: int) -> Crowd:
    # Nobody listens there: what is sold stays in the spools.
    return Crowd(
        folder,
        "http://127.0.0.1:9",
        Answers(),
        kiosks=kiosks,
        seed=1,
        is_known=lambda _day, _showing: True,
    )


def test_every_kiosk_is_a_source_with_a_key_of_its_own_in_a_hall_that_speaks(
    tmp_path: Path,
) -> None:
    crowd = a_crowd(tmp_path, 400)

    found = crowd.sources()

    assert len({each["code"] for each in found}) == len(found) == 400
    assert len({each["keys"][0]["public_key"] for each in found}) == 400
    speaking = {
        each.code for each in cinemas() if each.is_connected and each.habit != "silent"
    }
    assert {each["halls"][0]["venue"] for each in found} == speaking
    assert {each["vendor_code"] for each in found} == {
        each.vendor_code for each in sources()
    }
    assert not {each["code"] for each in found} & {each.code for each in sources()}
    assert KIOSKS_MAX + len(sources()) < 2_000


def test_what_was_sold_is_known_after_a_crash(tmp_path: Path) -> None:
    crowd = a_crowd(tmp_path, 3)
    day = calendar.business_date(calendar.now())
    sold = threading.Event()
    offered: list[tuple[date, Showing]] = []

    def is_known(day: date, showing: Showing) -> bool:
        offered.append((day, showing))
        sold.set()
        return True

    crowd._is_known = is_known
    for kiosk in crowd._kiosks:
        crowd._sell(kiosk)
    tickets = crowd.waiting

    assert {each for each, _ in offered} <= {day}
    assert (crowd.sums().admissions, crowd.sums().gross_minor) == (
        tickets,
        tickets * PRICE_MINOR,
    )
    for kiosk in crowd._kiosks:
        kiosk.till.close()
    again = a_crowd(tmp_path, 3)
    assert (again.sums().admissions, again.waiting) == (tickets, tickets)
