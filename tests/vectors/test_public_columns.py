"""Columns of public tables: once published they stay, in their order; new ones are written down."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from public_tables import TABLES

PUBLISHED: dict[str, list[list[str]]] = json.loads(
    Path(__file__).with_name("public_columns.json").read_text("utf-8")
)
COLUMNS = {name: columns for name, (_, columns) in TABLES.items()}


@pytest.mark.parametrize("table", list(COLUMNS))
def test_every_column_is_written_down_and_none_has_gone(table: str) -> None:
    now = {column.name: column.kind.value for column in COLUMNS[table]}

    # Mend a failure by adding lines to public_columns.json, never by taking one away.
    assert dict(PUBLISHED[table]) == now


@pytest.mark.parametrize("table", list(COLUMNS))
def test_published_columns_keep_their_order(table: str) -> None:
    place = {column.name: number for number, column in enumerate(COLUMNS[table])}

    for (first, _), (second, _) in pairwise(PUBLISHED[table]):
        assert place[first] < place[second]


def test_no_table_is_forgotten() -> None:
    assert set(PUBLISHED) == set(COLUMNS)
