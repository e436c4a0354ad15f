"""A register that signs certificates, and a test register beside it with one vendor."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from certified_bench import Bench
from ekino.db.database import Database
from ekino.proofs.keys import ensure_key
from ekino.proofs.note import write_note
from ekino.settings import Settings
from ekino.web.app import create_app


@pytest.fixture
def bench(db: Database, sandbox_db: Database, tmp_path: Path) -> Iterator[Bench]:
    settings = Settings(data_dir=tmp_path)
    signer, _ = ensure_key(tmp_path / "keys/receipts.key", "ekino.example/log/receipts")

    def sign(text: str) -> str:
        return write_note(text, [signer.line(text)]).decode()

    @contextmanager
    def opener() -> Iterator[Database]:
        yield sandbox_db

    app = create_app(settings, db, sign=sign, test=opener)
    with TestClient(app, raise_server_exceptions=False) as client:
        app.state.test_register.is_open.wait(60)
        yield Bench(client, settings, sandbox_db, signer)
