"""An invented season that the tests of this folder only look at."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from board_server import board_app, own_database
from ekino.db.database import Database
from season import NOON, dates, load_season, play


@pytest.fixture(scope="session")
def season(server_folder: Path) -> Iterator[Database]:
    """Give six weeks of sales, up to today's, and a November a year before."""
    with own_database(server_folder) as db:
        evening = load_season(db, first_release=date(2026, 10, 15))
        play(db, evening, dates(date(2025, 11, 1), 24), showings=12, tickets=60)
        play(db, evening, dates(date(2026, 10, 15), 41), showings=24, tickets=120)
        yield db


@pytest.fixture
def client(season: Database) -> Iterator[TestClient]:
    """Give a reader of the pages, at noon."""
    with TestClient(board_app(season, lambda: NOON)) as client:
        yield client
