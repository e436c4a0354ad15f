"""Addresses that nobody means: answered by name, never by a failure of ours."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ekino.db.database import Database
from ekino.settings import Settings
from ekino.ui.exports import attachment
from ekino.web.app import create_app
from people import COOKIE, a_person, cookie_of

DIGITS = "9" * 5_000


@pytest.fixture
def client(db: Database, tmp_path: Path) -> Iterator[TestClient]:
    app = create_app(Settings(data_dir=tmp_path), db)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize(
    "address",
    [
        f"/admin/people/{DIGITS}",
        "/venues?q=%00",
        "/venues?region=%00",
        "/venue/%00",
        "/day/0001-01-01",
        "/weekend/9999-12-31",
        "/regions?period=day&date=0001-01-01",
        "/regions?period=year&date=9999-12-31",
        "/film/%00",
        "/compare?film=%00",
        "/t/%00",
    ],
)
def test_an_odd_address_is_no_failure(client: TestClient, address: str) -> None:
    assert client.get(address, follow_redirects=False).status_code < 500


@pytest.mark.parametrize(
    ("role", "address"),
    [
        ("analyst", "/gov/explore?by=film&hour=\u00b2"),
        ("analyst", "/gov/explore?by=film&weekday=8"),
        ("analyst", "/gov/explore?by=film&week=9999-12-31"),
        ("analyst", "/gov/tickets?hour=\u00b2"),
        ("analyst", "/gov?region=%00"),
        ("operator", f"/admin/people/{DIGITS}"),
        ("operator", "/admin/people/%C2%B2"),
    ],
)
def test_nor_is_one_of_somebody_signed_in(
    client: TestClient, db: Database, role: str, address: str
) -> None:
    client.cookies.set(COOKIE, cookie_of(db, a_person(db, role)))

    assert client.get(address, follow_redirects=False).status_code < 500


def test_whoever_holds_no_role_still_has_an_account(
    client: TestClient, db: Database
) -> None:
    cookie = cookie_of(db, a_person(db, None))
    client.cookies.set(COOKIE, cookie)

    assert client.get("/account").status_code == 200
    assert "no-store" in client.get("/account").headers["Cache-Control"]


def test_a_file_is_named_in_every_alphabet() -> None:
    assert attachment('Өскемен"1.csv') == (
        'attachment; filename="--------1.csv"; '
        "filename*=UTF-8''%D3%A8%D1%81%D0%BA%D0%B5%D0%BC%D0%B5%D0%BD%221.csv"
    )
