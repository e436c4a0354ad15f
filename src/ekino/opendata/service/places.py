"""Regions and venues as everybody may see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ekino.db.database import Database, Role
from ekino.kernel.errors import NotFound
from ekino.opendata.model.figures import Published
from ekino.opendata.model.periods import PeriodKind
from ekino.opendata.service.figures import read_regions
from ekino.opendata.service.live import read_live
from ekino.opendata.service.publish import place_of
from ekino.opendata.store import places as store
from ekino.opendata.store import publish as publish_store
from ekino.opendata.store.places import (
    FilmPlace,
    HallPlace,
    RegionPlace,
    ShowingPlace,
    VenuePlace,
)
from ekino.opendata.store.publish import RegionFigure
from ekino.totals import service as totals
from ekino.totals.model.day import Country

_DAY = timedelta(days=1)
# What a region's page shows of its days.
REGION_DAYS = 60


@dataclass(frozen=True, slots=True)
class RegionsView:
    """What the page of regions is made of."""

    regions: tuple[RegionPlace, ...]
    # None: withheld; a region without a line sold nothing, or nothing is published yet.
    figures: Mapping[str, Published | None]
    # The nation, exactly: (admissions, takings).
    nation: tuple[int, int]
    # When the running day's regions moved last; None for closed periods.
    moved_at: datetime | None
    published_until: date | None
    as_of: int


def read_regions_view(
    db: Database, country: Country, first: date, past_end: date, *, at: datetime
) -> RegionsView:
    """Give every region and what is published of it for [first, past_end), or of today."""
    groups = totals.read_groups(db, by=(), from_date=first, to_date=past_end)
    own = [row for row in groups.rows if row["currency"] == country.currency]
    nation = (
        sum(int(row["tickets"]) for row in own),
        sum(int(row["gross_minor"]) for row in own),
    )
    with db.transaction(Role.READER) as tx:
        regions = tuple(store.list_regions(tx, place_of(country), at=at))
    answer = read_regions(db, first, past_end)
    moved_at = None
    figures = answer.regions
    if past_end - first == _DAY and not answer.is_whole(past_end):
        live = read_live(db, first)
        moved_at = max((each.at for each in live.values()), default=None)
        figures = {
            code: Published(each.admissions, each.gross_minor, each.domestic_minor, 0)
            if each.admissions is not None and each.gross_minor is not None
            else None
            for code, each in live.items()
        }
    return RegionsView(
        regions, figures, nation, moved_at, answer.published_until, groups.as_of
    )


@dataclass(frozen=True, slots=True)
class RegionView:
    """What the page of one region is made of."""

    region: RegionPlace
    # Newest first.
    days: tuple[RegionFigure, ...]
    films: tuple[FilmPlace, ...]
    venues: tuple[VenuePlace, ...]
    today: Published | None
    is_today_withheld: bool
    moved_at: datetime | None
    published_until: date | None


def read_region_view(
    db: Database, country: Country, code: str, *, at: datetime
) -> RegionView:
    """Give a region's published days, today's films and its venues; `NotFound` for another."""
    today = country.today(at)
    place = place_of(country)
    with db.transaction(Role.READER) as tx:
        found = [each for each in store.list_regions(tx, place, at=at) if each.code == code]
        if not found:
            detail = f"there is no region {code[:20]!r}"
            raise NotFound(detail, code="region_not_found")
        films = store.list_films(tx, place, code, today)
        venues = store.list_venues(tx, place, at=at, region=code)
        until = publish_store.read_progress(tx)
        days = publish_store.read_region_figures(
            tx,
            PeriodKind.DAY,
            (until or today) - REGION_DAYS * _DAY,
            until or today,
            region=code,
        )
    live = read_live(db, today).get(code)
    told = None
    if live and live.admissions is not None and live.gross_minor is not None:
        told = Published(live.admissions, live.gross_minor, live.domestic_minor, 0)
    return RegionView(
        region=found[0],
        days=tuple(reversed(days)),
        films=tuple(films),
        venues=tuple(venues),
        today=told,
        is_today_withheld=live is not None and told is None,
        moved_at=live.at if live else None,
        published_until=until,
    )


def list_venues(
    db: Database,
    country: Country,
    *,
    at: datetime,
    region: str | None,
    kind: str | None,
    words: str | None,
) -> tuple[tuple[VenuePlace, ...], tuple[RegionPlace, ...]]:
    """Give the venues that fit, by code, and all regions to choose from."""
    place = place_of(country)
    with db.transaction(Role.READER) as tx:
        venues = store.list_venues(
            tx, place, at=at, region=region, kind=kind, words=words or None
        )
        return tuple(venues), tuple(store.list_regions(tx, place, at=at))


@dataclass(frozen=True, slots=True)
class VenueView:
    """What the page of one venue is made of."""

    venue: VenuePlace
    halls: tuple[HallPlace, ...]
    showings: tuple[ShowingPlace, ...]


def read_venue_view(
    db: Database, country: Country, code: str, business_date: date, *, at: datetime
) -> VenueView:
    """Give a venue, its halls and its schedule of a business date; `NotFound` for another."""
    with db.transaction(Role.READER) as tx:
        venues = store.list_venues(tx, place_of(country), at=at, code=code)
        if not venues:
            detail = f"there is no venue {code[:40]!r}"
            raise NotFound(detail, code="venue_not_found")
        venue = venues[0]
        return VenueView(
            venue,
            tuple(store.list_halls(tx, venue.venue_id)),
            tuple(store.list_showings(tx, venue.venue_id, business_date)),
        )
