"""What the country's systems declare: their own books' days, final once, within the limit."""

from collections import Counter
from datetime import date, datetime, timedelta

from ekino_demo.books import Books, Day, business_date_of
from ekino_demo.country.calendar import ZONE
from ekino_demo.country.places import cinemas, lost, software_of, sources
from ekino_demo.country.programme import earlier_programme_of, programme_of
from ekino_demo.events import Event
from ekino_demo.office import release_dates
from ekino_demo.opening import OPENING_GROSS_MINOR, OPENING_TICKETS, opening_events
from ekino_demo.past import days_of, left_in, on_show, sales_of
from ekino_demo.reporting import DAYS_MAX, Declaring

TODAY = date(2026, 11, 26)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
OPENED_AT = datetime(2026, 11, 26, 19, 30, tzinfo=ZONE)


class Till:
    """What a report asks of a source: its books, its spool and its clock."""

    def __init__(self, venues: int) -> None:
        self.waiting = 0
        self.today = TODAY
        self.books = {f"v-{n}": {TODAY: Day(3, 300_000, 1)} for n in range(venues)}
        self.declaring = Declaring(
            self.books, self.books.__getitem__,
            waiting=lambda: self.waiting, today=lambda: self.today,
        )  # fmt: skip

    def days(self) -> list[tuple[str, bool]]:
        return [(each.business_date, each.is_final) for each in self.declaring()]


def test_a_day_is_final_when_it_is_over_and_nothing_waits_and_is_declared_until_answered() -> (
    None
):
    till = Till(1)
    till.books["v-0"] |= {YESTERDAY: Day(5, 500_000, 0), TOMORROW: Day(1, 100_000, 0)}
    till.waiting = 1
    running = [("2026-11-26", False), ("2026-11-27", False)]

    assert till.days() == running
    till.waiting = 0
    final = ("2026-11-25", True)
    assert till.days() == [running[0], final, running[1]]
    assert till.days() == [running[0], final, running[1]]
    till.declaring.answered()
    assert till.days() == running
    # A refund on the morning after is declared again.
    till.books["v-0"][YESTERDAY] = Day(4, 400_000, 1)
    assert till.days() == [running[0], final, running[1]]


def test_a_report_holds_no_more_days_than_the_register_takes_and_the_others_follow() -> (
    None
):
    till = Till(15)
    for days in till.books.values():
        days |= {TODAY - timedelta(days=n): Day(n, n * 100_000, 0) for n in range(1, 4)}

    told: Counter[tuple[str, str]] = Counter()
    for _ in range(4):
        sent = till.declaring()
        assert len(sent) <= DAYS_MAX
        told.update((each.venue, each.business_date) for each in sent if each.is_final)
        till.declaring.answered()

    assert len(told) == 15 * 3
    assert set(told.values()) == {1}


def test_the_days_of_the_books_come_to_what_the_country_sold() -> None:
    books = Books()
    for event in opening_events(TODAY, OPENED_AT, 1):
        books.fold(event)

    days = [day for venue in books.feeds for day in books.days(venue).items()]

    assert {date for date, _ in days} == {TODAY}
    assert sum(day.tickets for _, day in days) == OPENING_TICKETS
    assert sum(day.gross_minor for _, day in days) == OPENING_GROSS_MINOR
    assert sum(day.refunds for _, day in days) == 386 + 121
    assert books.days("nowhere") == {}


def test_a_showing_says_its_business_date_also_after_midnight() -> None:
    for showing in programme_of(TODAY, 1):
        assert business_date_of(showing.code) == TODAY


def test_an_earlier_day_is_declared_as_it_was_sold() -> None:
    day = date(2026, 11, 17)
    releases = release_dates(TODAY)
    events = list(sales_of(day, earlier_programme_of(day, 1, on_show(releases, day)), 1))
    kinds = Counter(event.kind for event in events)

    found = days_of(day, events)

    assert sum(each.tickets for each in found) == kinds["sold"] - kinds["refunded"]
    assert sum(each.refunds for each in found) == kinds["refunded"]
    signs = {"sold": 1, "refunded": -1}
    assert sum(each.gross_minor for each in found) == sum(
        signs[event.kind] * (event.price_minor or 0) for event in events
    )
    assert {(each.business_date, each.is_final) for each in found} == {("2026-11-17", True)}
    assert len({each.venue for each in found}) == len(found)


def test_what_an_upload_lost_is_in_the_books_and_not_in_the_upload() -> None:
    ((cinema, days_ago), tickets) = next(iter(lost().items()))
    day = TODAY - timedelta(days=days_ago)
    releases = release_dates(TODAY)
    booked = list(sales_of(day, earlier_programme_of(day, 1, on_show(releases, day)), 1))

    sent = list(left_in(booked, days_ago))

    def tickets_of(events: list[Event]) -> Counter[str]:
        return Counter({each.venue: each.tickets for each in days_of(day, events)})

    assert tickets_of(booked) - tickets_of(sent) == {cinema: tickets}
    assert len(booked) - len(sent) == tickets
    assert cinema in {each.code for each in cinemas() if each.is_connected}
    assert list(left_in(booked, days_ago + 1)) == booked


def test_every_system_says_what_it_is_and_most_of_a_vendors_are_of_one_version() -> None:
    for source in sources():
        assert set(source.software) == {"product", "version"}
        assert source.software["product"] == software_of(source.vendor_code)["product"]
    versions = {tuple(each.software.values()) for each in sources()}
    assert len(versions) > len({each.vendor_code for each in sources()})
    assert sum(each.is_silent for each in sources()) == 3
