"""What tests of notices share: an outbox with a real receiver and a real mail server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ekino.db.database import Database
from outbox import Office
from receivers import post_office, receiver


@pytest.fixture
def office(db: Database, tmp_path: Path) -> Iterator[Office]:
    with receiver(tmp_path) as receives, post_office() as post:
        yield Office(db, tmp_path, receives, post)
