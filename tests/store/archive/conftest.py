"""An analyst's desk: an invented register, folded and filed, and a client signed in to it."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ekino.archive import service as archive
from ekino.db.database import Database
from ekino.settings import Settings
from ekino.totals import service as totals
from ekino.web.app import create_app
from history import Tills, invent, load_country
from people import signed_in


@dataclass
class Desk:
    """What an analyst has before them."""

    db: Database
    client: TestClient
    cookie: str
    folder: Path

    def page(self, address: str, language: str = "en") -> str:
        answer = self.client.get(address, headers={"accept-language": language})
        assert answer.status_code == 200, (address, answer.status_code, answer.text[:500])
        return answer.text


@pytest.fixture
def desk(db: Database, tmp_path: Path) -> Iterator[Desk]:
    dice = random.Random(5)
    showings = load_country(db, dice, showings=40)
    Tills(db, dice).send(invent(dice, showings, 260))
    while archive.fold_next(db):
        pass
    while totals.follow(db):
        pass
    archive.file_changed(db, tmp_path / "archive")
    app = create_app(Settings(data_dir=tmp_path), db)
    with TestClient(app, base_url="http://testserver") as client:
        client.headers["accept"] = "text/html"
        yield Desk(db, client, signed_in(client, db), tmp_path)
