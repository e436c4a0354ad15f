"""A real evening of cinema goes through the door and comes out right to the last ticket."""

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from ekino.catalog.service import shipped_regions
from leave_out import SHARED_DATA
from serving import COMMAND_WAIT_S, Country

DAYS = ("2025-11-18", "2026-03-18", "2026-05-26")


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    with Country(tmp_path_factory.mktemp("replay")) as running:
        yield running


def independent_sums(path: Path) -> dict[str, dict[str, tuple[int, int, int]]]:
    """Add the file up with another tool: tickets, paise and showings by film, language, state."""
    duckdb.execute(
        "CREATE OR REPLACE TABLE day AS SELECT *,"
        " trim(regexp_replace(regexp_extract(film, '^(.*)\\|', 1), '\\s+', ' ', 'g')) AS title,"
        " trim(regexp_extract(film, '([^|]*)$', 1)) AS language,"
        " CAST(round(CAST(gross AS DECIMAL(38, 12)) * 100) AS BIGINT) AS paise"
        f" FROM read_csv('{path}', all_varchar = true, header = true)"
    )
    good = "CAST(sold AS INT) > 0 AND paise >= 0"
    sums: dict[str, dict[str, tuple[int, int, int]]] = {}
    for name, column in (
        ("film", "title"),
        ("language", "language"),
        ("region", "trim(state)"),
        ("all", "''"),
    ):
        rows = duckdb.execute(
            f"SELECT {column}, coalesce(sum(CAST(sold AS INT)) FILTER (WHERE {good}), 0),"
            f" coalesce(sum(paise) FILTER (WHERE {good}), 0), count(*) FROM day GROUP BY 1"
        ).fetchall()
        sums[name] = {row[0]: (int(row[1]), int(row[2]), int(row[3])) for row in rows}
    return sums


def _state(name: str) -> str:
    return " ".join(name.lower().split()).removeprefix("the ")


@pytest.mark.needs_shared_data
@pytest.mark.timeout(2 * COMMAND_WAIT_S)
@pytest.mark.parametrize("day", DAYS)
def test_a_replayed_day_equals_the_files_own_sums_and_a_second_enters_nothing(
    country: Country, day: str
) -> None:
    path = SHARED_DATA / "india_sessions" / f"sessions_{day}.csv.gz"
    expected = independent_sums(path)

    first = json.loads(country.run("replay", str(path), "--json").stdout)
    again = json.loads(
        country.run("replay", str(path), "--json", "--tills", "3", "--batch", "700").stdout
    )

    tickets, paise, showings = expected["all"][""]
    assert (first["tickets"], first["gross_minor"], first["showings"]) == (
        tickets,
        paise,
        showings,
    )
    assert first["events_entered"] == tickets
    assert (again["events_entered"], again["events_already_entered"]) == (0, tickets)
    assert first["totals_equal"]
    assert again["totals_equal"]
    for by, key in (
        ("film", "film_title"),
        ("language", "language"),
        ("region", "region_name"),
    ):
        next_day = f"{day[:-2]}{int(day[-2:]) + 1}"
        rows = json.loads(
            country.run(
                "totals", "--by", by, "--from", day, "--to", next_day, "--json"
            ).stdout
        )
        actual = {
            row[key]: (row["tickets"], row["gross_minor"], row["showings"])
            for row in rows["rows"]
        }
        if by == "region":
            actual = {_state(name): each for name, each in actual.items()}
            expected[by] = {_state(name): each for name, each in expected[by].items()}
        assert actual == expected[by]


def test_the_states_of_india_ship() -> None:
    assert len(shipped_regions("IN").regions) == 36
