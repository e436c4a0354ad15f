"""The catalog document against a real database: all or none, and the same again is nothing."""

import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from psycopg import Connection

from ekino.catalog import service
from ekino.catalog.document import Document, read_document
from ekino.catalog.service import Loaded
from ekino.db.database import Database, Role
from ekino.kernel.errors import Refused
from ekino.kernel.moments import business_date

Rows = Sequence[Mapping[str, Any]]
VENUE = {
    "code": "aurora",
    "name": "Aurora",
    "region": "KZ-75",
    "city": "Алматы",
    "timezone": "Asia/Almaty",
    "currency": "KZT",
}
HALL = {"venue": "aurora", "code": "1", "capacity": 100}
FILM = {"code": "steppe", "titles": {"kk": "Дала үні"}, "countries": ["KZ"]}
VERSION = {"code": "steppe-kk", "film": "steppe", "language": "kk"}
SHOWING = {
    "venue": "aurora",
    "code": "s1",
    "hall": "1",
    "version": "steppe-kk",
    "starts_at": "2026-11-24T19:30:00+05:00",
    "prices": {"adult": 250_000},
}
EVENING: dict[str, Rows] = {
    "venues": [VENUE],
    "halls": [HALL],
    "films": [FILM],
    "versions": [VERSION],
    "showings": [SHOWING],
}


def document(**lists: Rows) -> Document:
    return read_document(json.dumps(lists).encode())


@pytest.fixture
def country(db: Database) -> Database:
    """Give a database with the regions of Kazakhstan and one evening."""
    service.load(db, service.shipped_regions("KZ"))
    service.load(db, document(**EVENING))
    return db


def revision(db: Database) -> int:
    with db.transaction(Role.READER) as tx:
        return service.read_revision(tx)


def find(db: Database, code: str = "s1") -> service.ShowingRef:
    with db.transaction(Role.INGEST) as tx:
        return service.find_showings(tx, [("aurora", code)])["aurora", code]


def problems_of(db: Database, **lists: Rows) -> list[tuple[str, str]]:
    """Give (pointer, code) of what stops a document."""
    with pytest.raises(Refused) as refusal:
        service.load(db, document(**lists))
    return [(problem.pointer, problem.code) for problem in refusal.value.problems]


@pytest.mark.parametrize(("code", "regions"), [("KZ", 20), ("IN", 36)])
def test_a_countrys_regions_ship_and_load(db: Database, code: str, regions: int) -> None:
    report = service.load(db, service.shipped_regions(code))
    assert report == {"regions": Loaded(added=regions, changed=0, same=0)}


def test_the_same_document_again_changes_nothing(country: Database) -> None:
    before = revision(country)
    report = service.load(country, document(**EVENING))
    assert set(report.values()) == {Loaded(added=0, changed=0, same=1)}
    assert revision(country) == before


def test_a_change_is_counted_and_stamps_only_what_it_changes(country: Database) -> None:
    service.load(country, document(showings=[{**SHOWING, "code": "s2"}]))
    with country.transaction(Role.READER) as tx:
        before = dict(tx.execute("SELECT code, revision FROM catalog.showing").fetchall())
    moved = {**SHOWING, "starts_at": "2026-11-24T21:00:00+05:00"}
    report = service.load(country, document(showings=[moved, {**SHOWING, "code": "s2"}]))
    assert report["showings"] == Loaded(added=0, changed=1, same=1)
    with country.transaction(Role.READER) as tx:
        after = dict(tx.execute("SELECT code, revision FROM catalog.showing").fetchall())
    assert after["s2"] == before["s2"]
    assert after["s1"] == revision(country) > before["s1"]


def test_a_dry_run_says_the_same_and_keeps_nothing(country: Database) -> None:
    extra = document(films=[{**FILM, "code": "other"}])
    before = revision(country)
    assert service.load(country, extra, is_dry_run=True) == {
        "films": Loaded(added=1, changed=0, same=0)
    }
    assert [
        row["code"] for row in service.list_rows(country, "films", after="", limit=9)
    ] == ["steppe"]
    assert revision(country) == before


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        ({"venues": [{**VENUE, "code": "v", "region": "KZ-99"}]}, "/venues/0/region"),
        ({"venues": [{**VENUE, "organisation": "nobody"}]}, "/venues/0/organisation"),
        ({"halls": [HALL, {**HALL, "venue": "nowhere"}]}, "/halls/1/venue"),
        ({"versions": [{**VERSION, "code": "v", "film": "none"}]}, "/versions/0/film"),
        (
            {"releases": [{"film": "none", "country": "KZ", "release_date": "2026-11-01"}]},
            "/releases/0/film",
        ),
        ({"showings": [{**SHOWING, "venue": "nowhere"}]}, "/showings/0/venue"),
        ({"showings": [{**SHOWING, "hall": "9"}]}, "/showings/0/hall"),
        ({"showings": [{**SHOWING, "version": "none"}]}, "/showings/0/version"),
    ],
)
def test_a_reference_to_nothing_is_named(
    country: Database, lists: dict[str, Rows], expected: str
) -> None:
    assert problems_of(country, **lists) == [(expected, "reference_missing")]


def test_one_bad_row_keeps_all_others_out(country: Database) -> None:
    problems_of(
        country,
        films=[{**FILM, "code": "new"}],
        showings=[{**SHOWING, "code": "s2"}, {**SHOWING, "code": "s3", "hall": "9"}],
    )
    films = service.list_rows(country, "films", after="", limit=9)
    assert [row["code"] for row in films] == ["steppe"]
    assert len(service.list_rows(country, "showings", after="", limit=9)) == 1


def test_a_row_given_twice_is_named(country: Database) -> None:
    assert problems_of(country, films=[FILM, FILM]) == [("/films/1", "row_given_twice")]


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("organisations", "bin", "971240001315"),
        ("films", "isan", "ISAN 0000-0000-9E59-0000-O-0000-0000-2"),
        ("films", "eidr", "10.5240/EA73-79D7-1B2B-B378-3A73-M"),
    ],
)
@pytest.mark.parametrize("is_one_document", [False, True])
def test_a_number_that_belongs_to_another_is_refused(
    country: Database, kind: str, field: str, value: str, *, is_one_document: bool
) -> None:
    plain = {"name": "Studio", "country": "KZ"} if kind == "organisations" else FILM
    first = {**plain, "code": "first", field: value}
    second = {**plain, "code": "second", field: value}
    if not is_one_document:
        service.load(country, document(**{kind: [first]}))
    rows = [first, second] if is_one_document else [second]
    pointer = f"/{kind}/{len(rows) - 1}/{field}"
    assert problems_of(country, **{kind: rows}) == [(pointer, "identifier_taken")]


@pytest.mark.parametrize(
    "change",
    [{"currency": "INR"}, {"timezone": "Asia/Kolkata"}, {"business_day_starts_hour": 5}],
)
def test_what_figures_hang_on_is_fixed_once_something_is_shown(
    country: Database, change: dict[str, Any]
) -> None:
    problems = problems_of(country, venues=[{**VENUE, **change}])
    assert [code for _, code in problems] == ["reference_fixed"]


def test_a_venue_may_change_its_name_at_any_time(country: Database) -> None:
    report = service.load(country, document(venues=[{**VENUE, "name": "Aurora Prime"}]))
    assert report == {"venues": Loaded(added=0, changed=1, same=0)}


@pytest.mark.parametrize("timezone", ["Asia/Almaty", "Asia/Kolkata", "America/New_York"])
@pytest.mark.parametrize("hour_starts", [0, 6, 11])
def test_the_business_date_is_the_kernels_rule(
    db: Database, timezone: str, hour_starts: int
) -> None:
    service.load(db, service.shipped_regions("KZ"))
    # Around the nights in which New York changes its clocks, and an ordinary one.
    nights = [datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)]
    starts = [
        night + timedelta(minutes=30 * half_hour)
        for night in [*nights, datetime(2026, 11, 24, tzinfo=UTC)]
        for half_hour in range(60)
    ]
    venue = {**VENUE, "timezone": timezone, "business_day_starts_hour": hour_starts}
    showings = [
        {**SHOWING, "code": str(number), "starts_at": start.isoformat()}
        for number, start in enumerate(starts)
    ]
    service.load(db, document(**{**EVENING, "venues": [venue], "showings": showings}))
    with db.transaction(Role.READER) as tx:
        rows = tx.execute("SELECT starts_at, business_date FROM catalog.showing").fetchall()
    assert len(rows) == len(starts)
    assert rows == [
        (start, business_date(start, timezone, hour_starts)) for start, _ in rows
    ]


@pytest.mark.parametrize(
    ("day", "capacity"),
    [
        (date(2025, 1, 1), 100),
        (date(2026, 3, 1) - timedelta(days=1), 100),
        (date(2026, 3, 1), 80),
        (date(2026, 9, 1), 60),
    ],
)
def test_a_showing_has_the_places_its_hall_had_on_that_day(
    country: Database, day: date, capacity: int
) -> None:
    service.load(
        country,
        document(
            halls=[
                {**HALL, "valid_from": "2026-03-01", "capacity": 80},
                {**HALL, "valid_from": "2026-08-01", "capacity": 60},
            ]
        ),
    )
    showing = {**SHOWING, "code": "s9", "starts_at": f"{day}T19:00:00+05:00"}
    service.load(country, document(showings=[showing]))
    assert find(country, "s9").capacity == capacity


def test_places_that_are_announced_win_over_the_halls(country: Database) -> None:
    service.load(country, document(showings=[{**SHOWING, "capacity": 0}]))
    assert find(country).capacity == 0


def change(tx: Connection[Any], row: dict[str, Any]) -> service.ShowingRef:
    """Change a showing as source 7's event does."""
    revision = service.take_revision(tx)
    return service.change_showing(tx, row, revision=revision, announced_by=7)


def test_a_source_announces_and_cancels_through_the_role_of_ingest(
    country: Database,
) -> None:
    row = {
        **SHOWING,
        "code": "s2",
        "format": "IMAX",
        "capacity": None,
        "state": "announced",
    }
    with country.transaction(Role.INGEST) as tx:
        announced = change(tx, row)
        cancelled = change(tx, {**row, "state": "cancelled"})
    assert (announced.state, announced.capacity, announced.announced_by) == (
        "announced",
        100,
        7,
    )
    assert (cancelled.showing_id, cancelled.state) == (announced.showing_id, "cancelled")
    assert find(country, "s2") == cancelled


def test_a_file_does_not_take_a_showing_from_the_source_that_announced_it(
    country: Database,
) -> None:
    row = {**SHOWING, "code": "s2", "format": "2D", "capacity": None, "state": "announced"}
    with country.transaction(Role.INGEST) as tx:
        change(tx, row)
    service.load(country, document(showings=[{**SHOWING, "code": "s2", "format": "3D"}]))
    assert find(country, "s2").announced_by == 7


@pytest.mark.parametrize("kind", service.KINDS)
def test_rows_are_listed_in_pages_without_a_gap(country: Database, kind: str) -> None:
    whole = service.list_rows(country, kind, after="", limit=5_000)
    paged: list[dict[str, Any]] = []
    after = ""
    while page := service.list_rows(country, kind, after=after, limit=3):
        paged.extend(page)
        after = page[-1]["code"]
    assert paged == whole


def test_an_unknown_kind_is_refused(db: Database) -> None:
    with pytest.raises(Refused) as refusal:
        service.list_rows(db, "cinemas", after="", limit=1)
    assert refusal.value.code == "kind_unknown"


def test_a_full_list_of_5000_showings_loads_in_seconds(country: Database) -> None:
    showings = [{**SHOWING, "code": f"n{number}"} for number in range(5_000)]
    full = document(showings=showings)
    began = time.perf_counter()
    report = service.load(country, full)
    assert time.perf_counter() - began < 10
    assert report == {"showings": Loaded(added=5_000, changed=0, same=0)}
    assert service.load(country, full) == {
        "showings": Loaded(added=0, changed=0, same=5_000)
    }
