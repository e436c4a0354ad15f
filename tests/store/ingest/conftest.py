"""A writer and its vendor for each test."""

from typing import Any

import pytest

from desk import Desk
from ekino.db.database import Database


@pytest.fixture
def desk(db: Database) -> Any:
    desk = Desk(db)
    desk.writer.start()
    yield desk
    desk.writer.stop()
