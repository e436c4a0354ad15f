"""What is published, as it stands in PostgreSQL."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from ekino.db.queries import load_queries
from ekino.opendata.model.choice import Sold
from ekino.opendata.model.figures import Published
from ekino.opendata.model.periods import PeriodKind

_QUERIES = load_queries("ekino.opendata")


class Place(NamedTuple):
    """Of whose venues figures are asked."""

    # ISO 3166-1 and ISO 4217.
    country: str
    currency: str


class RegionFigure(NamedTuple):
    """A line of what was published of regions; withheld where `figures` is None."""

    first_date: date
    region: str
    passes: bool
    venues: int
    figures: Published | None


class _FigureRow(NamedTuple):
    first_date: date
    region: str
    passes: bool
    admissions: int | None
    gross_minor: int | None
    domestic_minor: int | None
    venues: int


class FilmFigure(NamedTuple):
    """A line of what was published of a film's week in a region; None: withheld."""

    first_date: date
    region: str
    admissions: int | None
    gross_minor: int | None


class LiveFigure(NamedTuple):
    """A region's running day as everybody is told it; None: withheld."""

    region: str
    at: datetime
    as_of: int
    admissions: int | None
    gross_minor: int | None
    domestic_minor: int | None


def lock_progress(tx: Connection[Any], place: Place) -> date | None:
    """Take the turn to publish and give the next day; None when nothing was ever sold."""
    row = tx.execute(_QUERIES.lock_progress).fetchone()
    return row[0] if row and row[0] else read_first_date(tx, place)


def is_behind(tx: Connection[Any], closes_at: datetime) -> bool:
    """Say whether totals lack something that was recorded before an instant."""
    row = tx.execute(_QUERIES.read_is_behind, {"closes_at": closes_at}).fetchone()
    return bool(row and row[0])


def read_first_date(tx: Connection[Any], place: Place) -> date | None:
    """Give the first day of which anything was sold; None when nothing ever was."""
    row = tx.execute(_QUERIES.read_first_date, place._asdict()).fetchone()
    return row[0] if row else None


def move_progress(tx: Connection[Any], next_date: date) -> None:
    """Say that every day before this one is published."""
    tx.execute(_QUERIES.move_progress, {"next_date": next_date})


def read_progress(tx: Connection[Any]) -> date | None:
    """Give the day before which every day is published."""
    row = tx.execute(_QUERIES.read_progress).fetchone()
    return row[0] if row else None


def read_sold(
    tx: Connection[Any], place: Place, first: date, past_end: date
) -> dict[date, list[Sold]]:
    """Give what was sold on the days of a span, by day."""
    asked = {**place._asdict(), "first": first, "past_end": past_end}
    days: defaultdict[date, list[Sold]] = defaultdict(list)
    for day, *row in tx.execute(_QUERIES.read_sold, asked):
        days[day].append(Sold(*row))
    return dict(days)


def read_by_month(tx: Connection[Any], first_date: date) -> frozenset[str]:
    """Give the regions that are published by whole months only."""
    rows = tx.execute(_QUERIES.read_by_month, {"first_date": first_date})
    return frozenset(row[0] for row in rows)


def insert_by_month(tx: Connection[Any], first_date: date, regions: Iterable[str]) -> None:
    """Publish these regions by whole months only."""
    asked = {"first_date": first_date, "regions": sorted(regions)}
    tx.execute(_QUERIES.insert_by_month, asked)


def insert_region_figures(
    tx: Connection[Any], kind: PeriodKind, lines: Iterable[RegionFigure]
) -> None:
    """Publish regions' figures of one period."""
    by_date: defaultdict[date, list[dict[str, object]]] = defaultdict(list)
    for line in lines:
        told = _told(line.figures)
        by_date[line.first_date].append(
            {"region": line.region, "passes": line.passes, "venues": line.venues, **told}
        )
    for first_date, rows in by_date.items():
        asked = {"kind": kind.value, "first_date": first_date, "rows": Jsonb(rows)}
        tx.execute(_QUERIES.insert_region_figures, asked)


def _told(figures: Published | None) -> dict[str, int | None]:
    if figures is None:
        return {"admissions": None, "gross_minor": None, "domestic_minor": None}
    return {
        "admissions": figures.admissions,
        "gross_minor": figures.gross_minor,
        "domestic_minor": figures.domestic_minor,
    }


def read_region_figures(
    tx: Connection[Any],
    kind: PeriodKind,
    first: date,
    past_end: date,
    *,
    region: str | None = None,
) -> list[RegionFigure]:
    """Give what was published for periods of one kind that begin in a span, in order."""
    asked = {"kind": kind.value, "first": first, "past_end": past_end, "region": region}
    with tx.cursor(row_factory=class_row(_FigureRow)) as cursor:
        return [
            RegionFigure(row.first_date, row.region, row.passes, row.venues, _figures(row))
            for row in cursor.execute(_QUERIES.read_region_figures, asked)
        ]


def _figures(row: _FigureRow) -> Published | None:
    if row.admissions is None or row.gross_minor is None:
        return None
    return Published(row.admissions, row.gross_minor, row.domestic_minor, row.venues)


def insert_film_figures(
    tx: Connection[Any],
    first_date: date,
    figures: Mapping[tuple[str, int], Published | None],
) -> None:
    """Publish what films took in regions in one film week."""
    rows = [
        {"film_id": film_id, "region": region, **_told(each)}
        for (region, film_id), each in figures.items()
    ]
    asked = {"first_date": first_date, "rows": Jsonb(rows)}
    tx.execute(_QUERIES.insert_film_figures, asked)


def read_film_figures(
    tx: Connection[Any], film_id: int, first: date, past_end: date
) -> list[FilmFigure]:
    """Give what was published of a film for the film weeks that lie in a span."""
    asked = {"film_id": film_id, "first": first, "past_end": past_end}
    with tx.cursor(row_factory=class_row(FilmFigure)) as cursor:
        return cursor.execute(_QUERIES.read_film_figures, asked).fetchall()


def put_live_figures(
    tx: Connection[Any],
    business_date: date,
    figures: Mapping[str, Published | None],
    *,
    at: datetime,
    slot_at: datetime,
    as_of: int,
) -> None:
    """Move the running day's regions to this step."""
    rows = [{"region": region, **_told(each)} for region, each in figures.items()]
    asked = {
        "business_date": business_date,
        "at": at,
        "slot_at": slot_at,
        "as_of": as_of,
        "rows": Jsonb(rows),
    }
    tx.execute(_QUERIES.put_live_figures, asked)


def read_live_figures(tx: Connection[Any], business_date: date) -> list[LiveFigure]:
    """Give the running day's regions."""
    with tx.cursor(row_factory=class_row(LiveFigure)) as cursor:
        asked = {"business_date": business_date}
        return cursor.execute(_QUERIES.read_live_figures, asked).fetchall()


def forget_live_figures(tx: Connection[Any], before: date) -> None:
    """Drop the live figures of days that are published."""
    tx.execute(_QUERIES.forget_live_figures, {"before": before})


def read_first_published(tx: Connection[Any]) -> date | None:
    """Give the first day of which anything was published."""
    row = tx.execute(_QUERIES.read_first_published).fetchone()
    return row[0] if row else None


def read_region_names(tx: Connection[Any], country: str) -> dict[str, str]:
    """Give the English names of a country's regions by code, as programs are told them."""
    return dict(tx.execute(_QUERIES.read_region_names, {"country": country}).fetchall())


def read_newest_of_past(
    tx: Connection[Any], last_date: date, *, entries: int
) -> datetime | None:
    """Say when something came last for the days up to this one, among so many newest entries."""
    asked = {"last_date": last_date, "entries": entries}
    row = tx.execute(_QUERIES.read_newest_of_past, asked).fetchone()
    return row[0] if row else None
