"""The components page: every part of pages once, in three languages."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ekino.db.database import Database
from ekino.settings import Settings
from ekino.web.app import create_app
from people import signed_in


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_every_part_of_pages_is_shown(db: Database, tmp_path: Path, language: str) -> None:
    with TestClient(create_app(Settings(data_dir=tmp_path), db)) as client:
        signed_in(client, db)
        page = client.get(f"/components?lang={language}&sort=-takings")

    assert page.status_code == 200
    for part in (
        "figure-hero",
        "badge-domestic",
        "segments",
        "mistakes",
        "withheld",
        "nothing",
    ):
        assert f'class="{part}' in page.text or f" {part}" in page.text, part
    assert 'aria-sort="descending"' in page.text
