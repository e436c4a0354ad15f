"""The health of a product: days of the feeds that report it, on line and in all."""

from dataclasses import replace
from datetime import date, timedelta

from ekino.feeds.model.health import Health, health_of
from ekino.feeds.model.picture import Feed, VenueDay
from ekino.feeds.model.states import State

DAY = date(2026, 11, 20)
FEED = Feed(
    source_id=1, source="s", source_name="S", vendor="Acme", vendor_code="acme",
    operator_code="", allowed_delay_s=0, venue_id=1, venue="v", venue_name="V", city="",
    region="", timezone="Asia/Almaty", state=State.SILENT, since=None, reason="",
    heard_at=None, reported_at=None, product="POS", version="4.2", missing=0, alarms=0,
)  # fmt: skip
WHOLE = VenueDay(
    source_id=1, venue_id=1, business_date=DAY, entered=9, refused=0, unmended=0, late=0,
    duplicates=0, declared_tickets=9, declared_gross_minor=900, registered_tickets=9,
    registered_gross_minor=900, registered_at=None, showings_announced=3,
    showings_with_sales=2, gaps=0, state="on_line", completeness_ppm=1_000_000,
    is_excused=False, is_closed=True, as_of=1,
)  # fmt: skip


def day(
    number: int, state: str, *, venue_id: int = 1, is_excused: bool = False
) -> VenueDay:
    return replace(
        WHOLE,
        business_date=DAY + timedelta(days=number),
        state=state,
        venue_id=venue_id,
        is_excused=is_excused,
    )


def test_days_on_line_are_counted_of_those_that_say_anything() -> None:
    days = [
        day(0, "on_line"),
        day(1, "late"),
        day(2, "incomplete"),
        day(3, "silent"),
        # Closed, nothing known, taken off by the operator, excused: nobody's fault.
        day(4, "closed"),
        day(5, ""),
        day(6, "suspended"),
        day(7, "silent", is_excused=True),
        day(0, "on_line", venue_id=2),
    ]

    found = health_of([FEED, replace(FEED, venue_id=2)], days)

    assert found == {("acme", "POS", "4.2"): Health(feeds=2, days=5, on_line=2)}


def test_versions_are_told_apart_and_what_does_not_report_is_nobodys() -> None:
    feeds = [
        FEED,
        replace(FEED, venue_id=2, version="4.1"),
        replace(FEED, venue_id=3, product="", version=""),
        replace(FEED, venue_id=4, vendor_code=""),
    ]
    days = [day(0, "on_line", venue_id=number) for number in range(1, 6)]

    assert health_of(feeds, days) == {
        ("acme", "POS", "4.2"): Health(feeds=1, days=1, on_line=1),
        ("acme", "POS", "4.1"): Health(feeds=1, days=1, on_line=1),
    }
    assert health_of(feeds, []) == {}
