"""The foyer prints what its tills sell, and the other till keeps its sale to itself."""

import base64
from pathlib import Path

from ekino_demo.country import calendar
from ekino_demo.country.people import PEOPLE
from ekino_demo.country.programme import programme_of
from ekino_demo.events import Event
from ekino_demo.foyer import CHEATING_DELAY_S, Foyer
from ekino_till.token import make_token


def a_sale() -> Event:
    """Give a sale of today's first showing, as the market makes it."""
    now = calendar.now()
    showing = next(iter(programme_of(calendar.business_date(now), 1)))
    return Event(
        kind="sold",
        venue=showing.venue,
        showing=showing.code,
        happened_at=now,
        price_minor=200_000,
        sales_channel="web",
        row="1",
        seat="2",
    )


def test_a_sale_becomes_a_ticket_of_its_showing_and_seat(tmp_path: Path) -> None:
    foyer = Foyer(tmp_path, "http://127.0.0.1:8000", 1)
    sale = a_sale()
    rows = [
        {"venue": sale.venue, "hall": str(number), "number": 100 + number}
        for number in range(30)
    ]
    foyer.learn_halls(lambda _: {"rows": rows})

    ticket = foyer.ticket_of(sale)

    assert ticket is not None
    assert (ticket.price_minor, ticket.place, ticket.is_sold_online) == (200_000, 2, True)


def test_the_other_till_sells_the_last_seat_again_and_shows_it_first(
    tmp_path: Path,
) -> None:
    foyer = Foyer(tmp_path, "http://127.0.0.1:8000", 1)
    foyer.cheat()
    sale = a_sale()
    ticket = foyer.ticket_of(sale)
    assert ticket is not None
    foyer.show(sale, make_token(foyer.cheating_key, ticket, 7))
    foyer.cheat()
    foyer.cheat()

    page = foyer.page()

    assert page.count("till that keeps its sales:") == 2
    assert page.count("honest till:") == 1
    tokens = [
        base64.b32decode(each[:167] + "=")
        for each in page.split('href="HTTP://127.0.0.1:8000/T/')[1:]
    ]
    assert [int.from_bytes(token[17:21], "big") for token in tokens] == [2, 1, 7]


def test_its_source_has_a_minute(tmp_path: Path) -> None:
    source = Foyer(tmp_path, "http://127.0.0.1:8000", 1).source()

    assert source["allowed_delay_s"] == CHEATING_DELAY_S == 60
    assert source["keys"][0]["kind"] == "till"


def test_a_visitor_enters_as_one_of_the_countrys_people_and_as_nobody_else(
    tmp_path: Path,
) -> None:
    foyer = Foyer(tmp_path, "http://127.0.0.1:8000", 1)
    shut = foyer.page()
    foyer.open_door(lambda email: f"http://127.0.0.1:8000/invitation/for-{email}")

    page = foyer.page()

    assert "Enter as" not in shut
    assert page.count("Enter as") == len({each.role for each in PEOPLE}) == 7
    assert foyer.enter("analyst@demo.example").endswith("/for-analyst@demo.example")
    assert foyer.enter("minister@demo.example") == ""
