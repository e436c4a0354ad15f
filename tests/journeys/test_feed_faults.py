"""Every fault is put into real feeds, over HTTP and through the register, and seen within a minute."""

from datetime import timedelta
from typing import Any

from ekino.db.database import Database
from ekino.feeds import service as feeds
from ekino.feeds.model.numbers import GAP_AFTER
from ekino.feeds.model.states import Kind, State
from feed_country import OPENING, FeedCountry

SEEN_WITHIN = timedelta(seconds=60)
# Cinema → tills.
CINEMAS = {
    "clean": 1,
    "silence": 1,
    "gap": 1,
    "closed-gap": 1,
    "late": 1,
    "duplicate": 1,
    "skew": 1,
    "refused": 1,
    "till": 2,
    "hall": 1,
    "totals": 1,
    "days": 1,
}
# Cinema → what must be asked about it, and nothing else.
EXPECTED = {
    "silence": {Kind.SILENT},
    "gap": {Kind.GAP},
    "late": {Kind.LATE},
    "duplicate": {Kind.DUPLICATE},
    "skew": {Kind.CLOCK},
    "refused": {Kind.REFUSED},
    "till": {Kind.TILL_SILENT},
    "hall": {Kind.HALL_SILENT},
    "totals": {Kind.TOTALS_DIFFER},
    "days": {Kind.TOTALS_DIFFER, Kind.DAY_INCOMPLETE, Kind.DAYS_INCOMPLETE},
}
YESTERDAY = (OPENING - timedelta(days=1)).date()


def sell_the_past(country: FeedCountry) -> None:
    """Sell something of every showing of the weeks before; the hall that fails stopped three days ago."""
    for day in range(24, 0, -1):
        for hour in (-2, 0):
            country.at = OPENING - timedelta(days=day, hours=-hour)
            for hall in ("1", "2"):
                country.sell("clean", hall=hall, showing=f"{day}-{hour}-{hall}")
                if hall == "1" or day > 3:
                    country.sell("hall", hall=hall, showing=f"{day}-{hour}-{hall}")
    country.at = OPENING


def a_day(code: str, days_ago: int, tickets: int) -> dict[str, Any]:
    return {
        "venue": code,
        "business_date": (OPENING - timedelta(days=days_ago)).date().isoformat(),
        "is_final": True,
        "tickets": tickets,
        "gross_minor": tickets * 100_000,
    }


def inject(country: FeedCountry) -> None:
    """Put every fault in, in the first minutes of an evening on which all is well."""
    country.cinemas["silence"].tills[0].is_reporting = False
    country.sell("gap", number=country.cinemas["gap"].tills[0].number + 4)
    country.sell("closed-gap", number=5)
    country.sell("duplicate", number=1, ticket="another")
    country.sell(
        "late",
        showing="1-0-1",
        happened_at=(country.at - timedelta(hours=25)).isoformat(),
    )
    country.cinemas["skew"].tills[0].ahead_s = -120
    for _ in range(5):
        country.sell("skew")
    for _ in range(5):
        country.sell("refused", showing="nowhere")
    country.cinemas["till"].tills[1].is_reporting = False
    answer = country.report("totals", days=(a_day("totals", 1, 12),))
    assert answer["days"][0]["state"] == "differs"
    assert answer["days"][0]["registered"]["tickets"] == 1
    country.report("days", days=tuple(a_day("days", ago, 100) for ago in range(3, 10)))


def test_every_fault_is_seen_within_a_minute_of_when_it_can_be_known(db: Database) -> None:
    country = FeedCountry(db, CINEMAS, days=24)
    names = {feed.source_id: feed.venue for feed in feeds.list_feeds(db)}
    with country.serving():
        sell_the_past(country)
        for code, cinema in CINEMAS.items():
            for till in range(cinema):
                country.report(code, till=till)
                country.sell(code, till=till)
        country.sell("totals", showing="1-0-1")
        country.look()
        inject(country)
        country.look()
        country.move(timedelta(minutes=5))
        country.sell("closed-gap", number=2)
        country.sell("closed-gap", number=3)
        country.sell("closed-gap", number=4)
        country.move(GAP_AFTER + timedelta(minutes=3))
        alarms = feeds.list_alarms(db)
        states = {feed.venue: feed.state for feed in feeds.list_feeds(db)}
        # What is mended is asked about no more.
        country.report("silence")
        for number in (2, 3, 4):
            country.sell("gap", number=number)
        country.cinemas["silence"].tills[0].is_reporting = True
        country.cinemas["till"].tills[1].is_reporting = True
        country.move(timedelta(minutes=12))
        after = feeds.list_alarms(db)

    asked: dict[str, set[Kind]] = {}
    for alarm in alarms:
        asked.setdefault(names[alarm.source_id], set()).add(alarm.kind)
        assert timedelta() <= alarm.opened_at - alarm.known_at <= SEEN_WITHIN, alarm
    assert asked == EXPECTED
    assert {code: states[code] for code in ("clean", "silence", "gap", "late", "till")} == {
        "clean": State.ON_LINE,
        "silence": State.SILENT,
        "gap": State.INCOMPLETE,
        "late": State.LATE,
        "till": State.INCOMPLETE,
    }
    assert {names[alarm.source_id] for alarm in alarms} - {
        names[alarm.source_id] for alarm in after
    } == {"silence", "gap", "till"}
