"""Problems are pages for readers, in their language, and JSON for programs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ekino.access.model.permissions import RoleName
from ekino.db.database import Database
from ekino.settings import Settings
from ekino.ui.languages import Language
from ekino.web.app import create_app
from people import signed_in

# The client of the framework leaves its streams to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
READS = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def client(db: Database, tmp_path: Path) -> Iterator[TestClient]:
    app = create_app(Settings(data_dir=tmp_path), db)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (Language.KK, "Мұндай бет жоқ"),
        (Language.RU, "Такой страницы нет"),
        (Language.EN, "There is no such page"),
    ],
)
def test_a_page_that_is_not_there_says_so_in_the_readers_language(
    client: TestClient, language: Language, words: str
) -> None:
    for path in ("/nowhere", "/claim/AAAAA-AAAAA"):
        page = client.get(f"{path}?lang={language}", headers=READS)

        assert page.status_code == 404
        assert page.headers["Content-Language"] == language
        assert words in page.text


def test_what_a_role_does_not_permit_and_an_old_form_say_what_to_do(
    client: TestClient, db: Database
) -> None:
    signed_in(client, db, RoleName.ANALYST)

    refused = client.get("/admin?lang=en", headers=READS)
    stale = client.post("/sign-out?lang=en", headers=READS, data={"form": "0" * 64})
    client.cookies.clear()
    over = client.post("/sign-out?lang=en", headers=READS, data={"form": "0" * 64})

    assert (refused.status_code, stale.status_code, over.status_code) == (403, 403, 401)
    assert "not for your role" in refused.text
    assert "form_not_ours" in stale.text
    assert "Open the page again" in stale.text
    assert 'href="/sign-in"' in over.text


def test_what_is_broken_tells_no_reader_how_we_are_built(
    client: TestClient, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in(client, db, RoleName.OPERATOR)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr("ekino.access.service.registry.read_machine", fail)
    page = client.get("/admin/jobs?lang=en", headers=READS)
    told = client.get("/admin/jobs")

    assert (page.status_code, told.status_code) == (500, 500)
    assert "a secret" not in page.text + told.text
    assert "broken" in page.text
    assert told.json()["code"] == "broken"


def test_programs_are_told_in_json(client: TestClient) -> None:
    for path, headers in (
        ("/nowhere", {}),
        ("/v1/nowhere", READS),
        ("/log/nowhere", READS),
    ):
        answer = client.get(path, headers=headers)

        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "not_found"
