"""Every table that is published for good: its address, its part there, and its columns."""

from ekino.opendata.pages import about, region_tables, venues
from ekino.opendata.pages.film_regions import COLUMNS as REGION_COLUMNS
from ekino.totals.pages import calendar, compare, film_tables, period_table
from ekino.ui.tables import Column

TABLES: dict[str, tuple[str, tuple[Column, ...]]] = {
    "period": (
        "/day/{yyyy-mm-dd}, /weekend/{yyyy-mm-dd}, /month/{yyyy-mm}, /year/{yyyy}",
        period_table.columns(with_fees=False),
    ),
    "period-with-fees": (
        "the same with ?fees=1",
        period_table.columns(with_fees=True),
    ),
    "calendar": ("/calendar/{yyyy}", calendar.COLUMNS),
    "films": ("/films", film_tables.LIST_COLUMNS),
    "film-days": ("/film/{code}, ?table=days", film_tables.DAY_COLUMNS),
    "film-weekends": ("/film/{code}, ?table=weekends", film_tables.WEEKEND_COLUMNS),
    "film-languages": ("/film/{code}, ?table=languages", film_tables.LANGUAGE_COLUMNS),
    "film-hours": ("/film/{code}, ?table=hours", film_tables.HOUR_COLUMNS),
    "film-regions": ("/film/{code}, ?table=regions", REGION_COLUMNS),
    "regions": ("/regions", region_tables.REGION_COLUMNS),
    "region-days": ("/region/{code}, ?table=days", region_tables.DAY_COLUMNS),
    "region-films": ("/region/{code}, ?table=films", region_tables.FILM_COLUMNS),
    "venues": (
        "/venues; without the region also /region/{code}, ?table=venues",
        region_tables.VENUE_COLUMNS,
    ),
    "venue-schedule": ("/venue/{code}", venues.SCHEDULE_COLUMNS),
    "coverage": ("/about/coverage", about.COVERAGE_COLUMNS),
    "compare-films": ("/compare?film={code}…, ?table=films", compare.FILM_COLUMNS),
    "compare-days": ("/compare?film={code}…, ?table=days", compare.DAY_COLUMNS),
}
