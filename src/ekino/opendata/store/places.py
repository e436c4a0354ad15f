"""Regions, venues and schedules, as they stand in PostgreSQL."""

from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row

from ekino.db.queries import load_queries
from ekino.opendata.store.publish import Place
from ekino.totals.model.board import ON_LINE_WITHIN

_QUERIES = load_queries("ekino.opendata")

# A country has some hundred venues, a venue some fifty showings a day.
ROWS_MAX = 2_000


class RegionPlace(NamedTuple):
    """A region with what stands in it."""

    code: str
    names: dict[str, str]
    is_city: bool
    venues: int
    connected: int
    on_line: int
    halls: int
    capacity: int

    def name(self, language: str) -> str:
        """Name the region in the reader's language, else as the catalog knows it."""
        return self.names.get(language) or next(iter(self.names.values()), self.code)


class VenuePlace(NamedTuple):
    """A venue with its halls and how it reports."""

    venue_id: int
    code: str
    name: str
    kind: str
    region_code: str
    region_names: dict[str, str]
    city: str
    address: str | None
    organisation: str | None
    timezone: str
    is_connected: bool
    last_recorded_at: datetime | None
    halls: int
    capacity: int

    def region(self, language: str) -> str:
        """Name the venue's region."""
        names = self.region_names
        return names.get(language) or next(iter(names.values()), self.region_code)

    def state(self, at: datetime) -> str:
        """Say how the venue reports: `on_line`, `silent` or `unconnected`."""
        if not self.is_connected:
            return "unconnected"
        heard = self.last_recorded_at
        return "on_line" if heard and at - heard <= ON_LINE_WITHIN else "silent"


class HallPlace(NamedTuple):
    """A hall as it is today."""

    code: str
    name: str
    capacity: int
    numbered: bool


class ShowingPlace(NamedTuple):
    """An announced showing."""

    starts_at: datetime
    hall: str
    film: str
    titles: dict[str, str]
    original_language: str | None
    language: str
    version_kind: str
    subtitle_language: str | None
    format: str
    capacity: int
    prices: dict[str, int]
    age_mark: str | None


class FilmPlace(NamedTuple):
    """A film announced in a region."""

    film: str
    titles: dict[str, str]
    original_language: str | None
    is_domestic: bool
    is_stated: bool
    showings: int
    venues: int
    languages: list[str]


def list_regions(tx: Connection[Any], place: Place, *, at: datetime) -> list[RegionPlace]:
    """Give every region by code."""
    asked = {**place._asdict(), "at": at, "on_line_since": at - ON_LINE_WITHIN}
    with tx.cursor(row_factory=class_row(RegionPlace)) as cursor:
        return cursor.execute(_QUERIES.list_region_places, asked).fetchall()


def list_venues(
    tx: Connection[Any],
    place: Place,
    *,
    at: datetime,
    region: str | None = None,
    kind: str | None = None,
    words: str | None = None,
    code: str | None = None,
) -> list[VenuePlace]:
    """Give the venues that fit, by code."""
    asked = {
        **place._asdict(),
        "at": at,
        "region": region,
        "kind": kind,
        "words": words,
        "code": code,
        "rows_max": ROWS_MAX,
    }
    with tx.cursor(row_factory=class_row(VenuePlace)) as cursor:
        return cursor.execute(_QUERIES.list_venue_places, asked).fetchall()


def list_halls(tx: Connection[Any], venue_id: int) -> list[HallPlace]:
    """Give a venue's halls."""
    with tx.cursor(row_factory=class_row(HallPlace)) as cursor:
        return cursor.execute(_QUERIES.list_hall_places, {"venue_id": venue_id}).fetchall()


def list_showings(
    tx: Connection[Any], venue_id: int, business_date: date
) -> list[ShowingPlace]:
    """Give a venue's announced showings of a business date."""
    asked = {"venue_id": venue_id, "business_date": business_date, "rows_max": ROWS_MAX}
    with tx.cursor(row_factory=class_row(ShowingPlace)) as cursor:
        return cursor.execute(_QUERIES.list_showing_places, asked).fetchall()


def list_films(
    tx: Connection[Any], place: Place, region: str, business_date: date
) -> list[FilmPlace]:
    """Give the films announced in a region on a business date, the most shown first."""
    asked = {
        **place._asdict(),
        "region": region,
        "business_date": business_date,
        "rows_max": ROWS_MAX,
    }
    with tx.cursor(row_factory=class_row(FilmPlace)) as cursor:
        return cursor.execute(_QUERIES.list_film_places, asked).fetchall()
