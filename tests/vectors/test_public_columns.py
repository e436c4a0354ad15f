"""Columns of public tables: once published they stay, in their order; new ones are written down."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from ekino.opendata.pages.film_regions import COLUMNS as REGION_COLUMNS
from ekino.totals.pages import calendar, compare, film_tables, period_table
from ekino.ui.tables import Column

PUBLISHED: dict[str, list[list[str]]] = json.loads(
    Path(__file__).with_name("public_columns.json").read_text("utf-8")
)
TABLES: dict[str, tuple[Column, ...]] = {
    "period": period_table.columns(with_fees=False),
    "period-with-fees": period_table.columns(with_fees=True),
    "calendar": calendar.COLUMNS,
    "films": film_tables.LIST_COLUMNS,
    "film-days": film_tables.DAY_COLUMNS,
    "film-weekends": film_tables.WEEKEND_COLUMNS,
    "film-languages": film_tables.LANGUAGE_COLUMNS,
    "film-regions": REGION_COLUMNS,
    "film-hours": film_tables.HOUR_COLUMNS,
    "compare-films": compare.FILM_COLUMNS,
    "compare-days": compare.DAY_COLUMNS,
}


@pytest.mark.parametrize("table", list(TABLES))
def test_every_column_is_written_down_and_none_has_gone(table: str) -> None:
    now = {column.name: column.kind.value for column in TABLES[table]}

    # Mend a failure by adding lines to public_columns.json, never by taking one away.
    assert dict(PUBLISHED[table]) == now


@pytest.mark.parametrize("table", list(TABLES))
def test_published_columns_keep_their_order(table: str) -> None:
    place = {column.name: number for number, column in enumerate(TABLES[table])}

    for (first, _), (second, _) in pairwise(PUBLISHED[table]):
        assert place[first] < place[second]


def test_no_table_is_forgotten() -> None:
    assert set(PUBLISHED) == set(TABLES)
