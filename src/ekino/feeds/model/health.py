"""How the feeds that run one product and version did, over whole days."""

from collections.abc import Iterable
from dataclasses import dataclass

from ekino.feeds.model.board import CLOSED_DAY, NOTHING_KNOWN
from ekino.feeds.model.picture import Feed, VenueDay
from ekino.feeds.model.states import State

# A vendor's code, product and version, as the latest report of a source names them.
Software = tuple[str, str, str]
# Of such days it is not asked how they were.
_NOT_COUNTED = frozenset({CLOSED_DAY, NOTHING_KNOWN, State.SUSPENDED.value})


@dataclass(frozen=True, slots=True)
class Health:
    """Days of feeds: how many feeds, how many days of them, and how many were on line."""

    feeds: int
    days: int
    on_line: int


def health_of(feeds: Iterable[Feed], days: Iterable[VenueDay]) -> dict[Software, Health]:
    """
    Count days by what reports them; feeds that do not report, or have no vendor, are nobody's.

    A day is on line when nothing was the matter with it and it holds what it should.
    Excused days, and those without showings, are not counted.
    """
    software = {
        (each.source_id, each.venue_id): (each.vendor_code, each.product, each.version)
        for each in feeds
        if each.vendor_code and each.product
    }
    counted: dict[Software, list[VenueDay]] = {}
    for day in days:
        named = software.get((day.source_id, day.venue_id))
        if named and day.state not in _NOT_COUNTED and not day.is_excused:
            counted.setdefault(named, []).append(day)
    return {
        named: Health(
            feeds=len({(each.source_id, each.venue_id) for each in found}),
            days=len(found),
            on_line=sum(each.state == State.ON_LINE for each in found),
        )
        for named, found in counted.items()
    }
