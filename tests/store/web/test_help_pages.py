"""/problems for readers: an index that is searched without a script, and a page for each code."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ekino.db.database import Database
from ekino.settings import Settings
from ekino.ui.languages import Language
from ekino.web.app import create_app
from ekino.web.codes import GROUPS

# The client of the framework leaves its streams to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
CODES = [code for codes in GROUPS.values() for code in codes]


@pytest.fixture
def client(db: Database, tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(data_dir=tmp_path), db)) as client:
        yield client


def test_every_page_opens_in_every_language(client: TestClient) -> None:
    for language in Language:
        for code in CODES:
            page = client.get(f"/problems/{code}?lang={language}")

            assert page.status_code == 200, code
            assert page.headers["Content-Language"] == language
            assert f"<code>{code}</code>" in page.text


def test_the_index_lists_everything_and_finds_by_code_number_and_words(
    client: TestClient,
) -> None:
    whole = client.get("/problems?lang=en").text
    by_code = client.get("/problems?lang=en&q=nonce_used").text
    by_number = client.get("/problems?lang=kk&q=415").text
    by_words = client.get("/problems?lang=ru&q=часы РЕЕСТРА").text
    nothing = client.get("/problems?lang=en&q=<xyzzy>").text

    assert all(f'href="/problems/{code}"' in whole for code in CODES)
    assert listed(by_code) == {"nonce_used"}
    assert listed(by_number) == {
        "content_type_unknown", "content_encoding_unknown", "wrong_media_type",
    }  # fmt: skip
    assert "created_out_of_window" in listed(by_words)
    assert listed(nothing) == set()
    assert "&lt;xyzzy&gt;" in nothing


def listed(page: str) -> set[str]:
    return {code for code in CODES if f'href="/problems/{code}"' in page}


def test_a_problem_leads_to_its_page(client: TestClient) -> None:
    answer = client.post("/v1/batches", json={"events": []})
    page = client.get(f"{answer.json()['type']}?lang=en")

    assert answer.json()["type"] == "/problems/signature_missing"
    assert "The request is not signed" in page.text


def test_a_code_that_is_not_ours_has_no_page(client: TestClient) -> None:
    assert client.get("/problems/xyzzy").status_code == 404


def test_the_files_of_the_contract_are_served(client: TestClient) -> None:
    for path, media_type in (
        ("/openapi.json", "application/json"),
        ("/asyncapi.json", "application/json"),
        ("/schemas/event-sold.json", "application/schema+json"),
    ):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, media_type)
    assert client.get("/schemas/xyzzy.json").status_code == 404
