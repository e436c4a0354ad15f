"""A cinema's day, its reports and its place among others, for people of its exhibitor."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ekino.db.database import Database, Role
from ekino.kernel.errors import NotFound
from ekino.own.model.benchmark import BENCHMARK_DAYS, Benchmark, Withheld, compare
from ekino.own.model.cinema import (
    REPORT_DAYS,
    WEEK,
    HallDay,
    Light,
    Refusal,
    ReportDay,
    Showing,
    Venue,
    day_of,
    due_at,
    halls_of,
    last_quarter,
)
from ekino.own.store import cinema as store
from ekino.totals import service as totals
from ekino.totals.model.day import Figures, total
from ekino.totals.model.groups import Dimension

# Refused events read at once: two bad weeks of a large cinema.
REFUSALS_MAX = 5_000
# A source without an agreement may report until the evening after.
_DELAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """A cinema in the ministry's own table: the same question, the same answer."""

    as_of: int
    at: datetime
    tickets: int
    gross_minor: int
    fees_minor: int
    showings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Everything the page of a cinema shows."""

    venue: Venue
    business_date: date
    at: datetime
    as_of: int
    as_of_at: datetime
    # Both days are compared by this instant; the other lies a week before it.
    until: datetime
    halls: tuple[HallDay, ...]
    lights: tuple[Light, ...]
    heard_at: datetime | None
    mirror: Mirror
    benchmark: tuple[Benchmark, ...] | Withheld

    @property
    def showings(self) -> tuple[Showing, ...]:
        """The day's showings, by hall and time."""
        return tuple(showing for hall in self.halls for showing in hall.showings)

    @property
    def figures(self) -> Figures:
        """What the day took."""
        return total(hall.figures for hall in self.halls)

    @property
    def whole(self) -> HallDay:
        """The cinema as if it were one hall."""
        return HallDay(
            "",
            sum(hall.seats for hall in self.halls),
            self.showings,
            total(hall.now for hall in self.halls),
            total(hall.before for hall in self.halls),
        )


def list_venues(db: Database, organisation_ids: Iterable[int]) -> list[Venue]:
    """Give the cinemas of these organisations."""
    venues: list[Venue] = []
    for organisation_id in dict.fromkeys(organisation_ids):
        with db.transaction(Role.EXHIBITOR, organisation_id=organisation_id) as tx:
            venues.extend(store.list_venues(tx, organisation_id))
    return venues


def choose(venues: list[Venue], code: str) -> Venue:
    """Give the cinema of this code, or the first; `NotFound` for any that is not among them."""
    for venue in venues:
        if code in ("", venue.code):
            return venue
    # Another's cinema and one that does not exist are the same to whoever asks.
    raise NotFound("there is no such cinema of yours", code="venue_not_found")


def read_day(db: Database, venue: Venue, day: date, *, at: datetime) -> Day:
    """Give a business date of a cinema, read as its exhibitor."""
    until = last_quarter(at, venue.timezone)
    with db.transaction(Role.EXHIBITOR, organisation_id=venue.organisation_id) as tx:
        as_of, folded_at, size = store.read_as_of(tx)
        halls = halls_of(
            store.list_halls(tx, venue.venue_id),
            store.read_showings(tx, venue.venue_id, day, day + timedelta(days=1)),
            store.read_hall_pace(tx, venue.venue_id, day, until),
            store.read_hall_pace(tx, venue.venue_id, day - WEEK, until - WEEK),
        )
        lights = tuple(store.list_lights(tx, venue.venue_id))
        heard_at = store.read_heard(tx, venue.venue_id)
    return Day(
        venue=venue,
        business_date=day,
        at=at,
        as_of=as_of,
        as_of_at=at if as_of >= size else folded_at,
        until=until,
        halls=halls,
        lights=lights,
        heard_at=heard_at,
        mirror=read_mirror(db, venue, day),
        benchmark=read_benchmark(db, venue, day),
    )


def read_mirror(db: Database, venue: Venue, day: date) -> Mirror:
    """Ask what the ministry asks, and give this cinema's line of the answer."""
    groups = totals.read_groups(
        db, by=(Dimension.VENUE,), from_date=day, to_date=day + timedelta(days=1)
    )
    line = next((row for row in groups.rows if row["venue"] == venue.code), {})
    return Mirror(
        as_of=groups.as_of,
        at=groups.at,
        tickets=line.get("tickets", 0),
        gross_minor=line.get("gross_minor", 0),
        fees_minor=line.get("fees_minor", 0),
        showings=line.get("showings", 0),
    )


def read_benchmark(
    db: Database, venue: Venue, day: date
) -> tuple[Benchmark, ...] | Withheld:
    """Give a cinema's fifths in the BENCHMARK_DAYS before a business date."""
    with db.transaction(Role.READER) as tx:
        reporting = store.read_peers(
            tx, day - timedelta(days=BENCHMARK_DAYS), day, venue.currency
        )
    return compare(venue.venue_id, reporting)


def read_reports(
    db: Database, venue: Venue, last: date, *, days: int = REPORT_DAYS
) -> tuple[list[ReportDay], int, datetime]:
    """Give business dates up to `last`, the latest first, and as of when."""
    first, past_end = last - timedelta(days=days - 1), last + timedelta(days=1)
    with db.transaction(Role.READER) as tx:
        first_batch = store.read_first_batch(tx, venue.begins(first))
    with db.transaction(Role.EXHIBITOR, organisation_id=venue.organisation_id) as tx:
        as_of, folded_at, _ = store.read_as_of(tx)
        showings = store.read_showings(tx, venue.venue_id, first, past_end)
        refusals = store.list_refusals(
            tx,
            venue.venue_id,
            venue.begins(first),
            venue.begins(past_end),
            first_batch=first_batch,
            limit=REFUSALS_MAX,
        )
        delay_s = max(
            (each.allowed_delay_s for each in store.list_lights(tx, venue.venue_id)),
            default=_DELAY_S,
        )
    reports = [
        _report(venue, past_end - timedelta(days=back), showings, refusals, delay_s)
        for back in range(1, days + 1)
    ]
    return reports, as_of, folded_at


def _report(
    venue: Venue,
    day: date,
    showings: Iterable[Showing],
    refusals: Iterable[Refusal],
    delay_s: int,
) -> ReportDay:
    return ReportDay(
        day,
        tuple(each for each in showings if each.business_date == day),
        tuple(each for each in refusals if day_of(venue, each) == day),
        due_at(venue, day, delay_s),
    )
