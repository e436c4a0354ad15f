"""The attacker reads every public table over HTTP, subtracts and solves: nothing withheld falls."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from attacker import attack
from board_server import own_database
from ekino.db.database import Database
from ekino.opendata import service
from ekino.opendata.model.choice import Sold
from ekino.opendata.store.publish import Place, read_sold
from ekino.settings import Settings
from ekino.web.app import create_app
from evening import KAZAKHSTAN, Evening

# Nine days across a month's end, a film week and a weekend among them.
FIRST = date(2026, 10, 28)
DAYS = 9
DAY = timedelta(days=1)
AFTER = datetime(2026, 12, 3, tzinfo=UTC)

Atoms = frozenset[tuple[object, ...]]
Rows = list[tuple[date, Sold]]


@pytest.fixture(scope="module")
def country(server_folder: Path) -> Iterator[Database]:
    with own_database(server_folder) as db:
        evening = Evening(seed=11)
        evening.load_country(db)
        for number in range(DAYS):
            showings = evening.announce(db, FIRST + number * DAY, showings=272)
            evening.enter(db, evening.sales(showings, tickets=5_000))
        while service.publish_next(db, KAZAKHSTAN, at=AFTER):
            pass
        yield db


@pytest.fixture(scope="module")
def client(
    country: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"))
    with TestClient(create_app(settings, country), base_url="http://here") as client:
        yield client


@pytest.fixture(scope="module")
def sold(country: Database) -> Rows:
    """Give what only the ministry knows, to name what each public figure is a sum of."""
    from ekino.db.database import Role

    with country.transaction(Role.READER) as tx:
        days = read_sold(tx, Place("KZ", "KZT"), FIRST, FIRST + DAYS * DAY)
    return [(day, row) for day, rows in days.items() for row in rows]


class Tables:
    """What was read, as sums of atoms."""

    def __init__(self, client: TestClient, sold: Rows) -> None:
        self._client = client
        self._sold = sold
        self.national: list[Atoms] = []
        self.told: dict[str, Atoms] = {}
        self.withheld: dict[str, Atoms] = {}

    def fetch(self, address: str) -> list[dict[str, Any]]:
        answer = self._client.get(address)
        assert answer.status_code == 200, (address, answer.text[:300])
        rows: list[dict[str, Any]] = answer.json()["rows"]
        return rows

    def atoms(self, first: date, past_end: date, **wanted: object) -> Atoms:
        return frozenset(
            (day, row.region, row.film_id, row.language)
            for day, row in self._sold
            if first <= day < past_end
            and all(getattr(row, name) == value for name, value in wanted.items())
        )

    def note(self, name: str, atoms: Atoms, *, is_told: bool) -> None:
        if atoms:
            (self.told if is_told else self.withheld)[name] = atoms


def read_all(client: TestClient, country: Database, sold: Rows) -> Tables:
    tables = Tables(client, sold)
    past_end = FIRST + DAYS * DAY
    films = {row.film_id for _, row in sold}
    for day in (FIRST + number * DAY for number in range(DAYS)):
        for film in films:
            for language in {row.language for _, row in sold}:
                tables.national.append(
                    tables.atoms(day, day + DAY, film_id=film, language=language)
                )
        _read_map(tables, "day", day, day, day + DAY)
    for row in tables.fetch("/v1/totals?by=region,day"):
        day = date.fromisoformat(row["day"])
        atoms = tables.atoms(day, day + DAY, region=row["region"])
        tables.note(f"api {day} {row['region']}", atoms, is_told=not row["suppressed"])
    for first, last in (
        (FIRST, FIRST + 3 * DAY),
        (FIRST + DAY, past_end),
        (FIRST, past_end),
    ):
        for row in tables.fetch(f"/v1/totals?by=region&from={first}&to={last}"):
            atoms = tables.atoms(first, last, region=row["region"])
            tables.note(
                f"span {first} {last} {row['region']}", atoms, is_told=not row["suppressed"]
            )
    _read_map(tables, "weekend", FIRST + 2 * DAY, date(2026, 10, 29), date(2026, 11, 2))
    _read_map(tables, "month", FIRST, date(2026, 10, 1), date(2026, 11, 1))
    for film in films:
        for each in service.read_film_regions(country, film, FIRST, past_end):
            # One whole film week is published: that of 29 October.
            if each.weeks != 1:
                continue
            week = date(2026, 10, 29)
            atoms = tables.atoms(week, week + 7 * DAY, region=each.region, film_id=film)
            tables.note(
                f"film {film} {each.region}", atoms, is_told=each.admissions is not None
            )
    return tables


def _read_map(
    tables: Tables, period: str, asked: date, first: date, past_end: date
) -> None:
    """Read the table of regions of a period, with the parts that its shares tell."""
    for row in tables.fetch(f"/regions.json?period={period}&date={asked}&lang=en"):
        region = row["region_code"]
        atoms = tables.atoms(first, past_end, region=region)
        is_told = isinstance(row["takings_minor"], int | float)
        if row["takings_minor"] is None:
            continue
        tables.note(f"{period} {first} {region}", atoms, is_told=is_told)
        domestic = tables.atoms(first, past_end, region=region, is_domestic=True)
        if domestic and domestic != atoms:
            has_share = isinstance(row["domestic_share"], int | float)
            if period == "day" or has_share:
                tables.note(
                    f"{period} {first} {region} domestic", domestic, is_told=has_share
                )


def test_the_attacker_reads_everything_and_recovers_nothing(
    client: TestClient, country: Database, sold: Rows
) -> None:
    tables = read_all(client, country, sold)

    assert len(tables.told) > 150
    assert len(tables.withheld) > 150
    assert attack(tables.national, tables.told.values(), tables.withheld) == set()


def test_gross_and_admissions_are_withheld_together(client: TestClient) -> None:
    for row in client.get("/v1/totals?by=region,day").json()["rows"]:
        assert (row["tickets"] is None) is (row["gross_minor"] is None) is row["suppressed"]


def test_no_table_of_a_venue_holds_a_figure_of_its_sales(client: TestClient) -> None:
    columns: set[str] = set()
    for address in (
        "/venues.json",
        "/venue/kz-75-01.json",
        "/region/KZ-62.json?table=venues",
    ):
        columns |= {name for row in client.get(address).json()["rows"] for name in row}

    assert not columns & {"takings", "admissions", "tickets", "gross_minor", "average"}
