"""The check page: every verdict in every language, small, without a script, private."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ekino.db.database import Database
from ekino.proofs.keys import NoteSigner
from ekino.proofs.note import ED25519, read_note, verify_note
from ekino.proofs.signatures import is_ed25519
from ekino.ui.languages import Language
from ekino.verify.model.verdict import Verdict
from ekino.verify.service.allowance import ASKED_MAX
from ekino_till import short_id, token_text
from foyer import Foyer, an_app

# The client of the framework leaves its streams to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
PAGE_BYTES_MAX = 15 * 1024


@pytest.fixture
def foyer(db: Database, tmp_path: Path) -> Iterator[Foyer]:
    with TestClient(an_app(db, tmp_path), raise_server_exceptions=False) as client:
        yield Foyer(db, client)


def test_every_verdict_has_its_page_in_every_language_and_its_json(foyer: Foyer) -> None:
    tickets = foyer.tickets()

    assert set(tickets) == set(Verdict)
    for verdict, text in tickets.items():
        said = foyer.client.get(f"/t/{text}", headers={"Accept": "application/json"})
        assert (said.status_code, said.json()["verdict"]) == (200, verdict)
        for language in Language:
            page = foyer.client.get(f"/T/{text.lower()}?lang={language}")
            assert page.status_code == 200
            assert page.headers["Content-Language"] == language
            assert page.headers["Referrer-Policy"] == "no-referrer"
            assert f"verdict-{verdict}" in page.text
            assert "<script" not in page.text


def test_a_registered_ticket_shows_what_a_visitor_recognises(foyer: Foyer) -> None:
    text = foyer.tickets()[Verdict.REGISTERED]

    page = foyer.client.get(f"/t/{text}?lang=en").text

    for words in ("Steppe", "Cinema ALA-1", "1\u00a0500\u00a0₸", "/v1/proof/0", "19:30"):
        assert words in page


@pytest.mark.parametrize("language", list(Language))
def test_the_page_with_all_it_loads_stays_under_fifteen_kilobytes(
    foyer: Foyer, language: Language
) -> None:
    for text in foyer.tickets().values():
        page = foyer.client.get(f"/t/{text}?lang={language}").text
        loaded = [page.encode()]
        loaded += [
            foyer.client.get(part.split('"')[0]).content
            for part in page.replace('src="', 'href="').split('href="')[1:]
            if part.startswith("/static/")
        ]
        assert len(loaded) == 4
        assert sum(len(gzip.compress(each, 6)) for each in loaded) < PAGE_BYTES_MAX


def test_an_absence_is_stated_once_and_its_receipt_can_be_kept(foyer: Foyer) -> None:
    text = foyer.tickets()[Verdict.NOT_REGISTERED]
    size = foyer.client.get("/health").json()["register_size"]

    answers = [
        foyer.client.get(f"/t/{text}", headers={"Accept": "application/json"}).json()
        for _ in range(3)
    ]
    receipt = foyer.client.get(f"/t/{text}/receipt").text

    assert {answer["statement"]["position"] for answer in answers} == {size}
    assert answers[0]["statement"]["tree_size"] <= size
    assert receipt == answers[0]["statement"]["receipt"]
    note = read_note(receipt.encode())
    key = NoteSigner("ekino.example/receipts", bytes(32)).verifier
    assert verify_note(note, [key], {ED25519: is_ed25519}) == [(key, None)]
    assert "no sale of this token stands among the first" in note.text
    assert foyer.client.get("/health").json()["register_size"] == size + 1


def test_a_late_sale_stands_above_the_statement(foyer: Foyer) -> None:
    token = foyer.token(issued=foyer.issued - 90_000)
    foyer.read()
    stated = foyer.client.get(
        f"/t/{token_text(token)}", headers={"Accept": "application/json"}
    ).json()["statement"]
    foyer.sell(token)
    foyer.read()

    after = foyer.client.get(
        f"/t/{token_text(token)}", headers={"Accept": "application/json"}
    ).json()

    assert after["verdict"] == Verdict.REGISTERED
    assert after["sale"]["position"] > stated["position"] >= stated["tree_size"]


def test_asking_by_the_printed_id_is_answered_and_then_slowed_down(foyer: Foyer) -> None:
    token = foyer.token()
    foyer.sell(token, row="5", seat="7")
    foyer.read()
    asked = f"/check?lang=en&id={short_id(token[5:17])}"

    answers = [foyer.client.get(asked) for _ in range(ASKED_MAX + 1)]

    assert {answer.status_code for answer in answers[:-1]} == {200}
    assert "This ticket is registered" in answers[0].text
    assert "Steppe" not in answers[0].text
    assert answers[-1].status_code == 429
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 6
    assert {each.headers["RateLimit-Policy"] for each in answers} == {'"check";q=10;w=60'}
    left = [each.headers["RateLimit"] for each in answers]
    assert left[0] == '"check";r=9;t=6'
    # Both name one moment.
    wait_s = answers[-1].headers["Retry-After"]
    assert left[-1] == f'"check";r=0;t={wait_s}'
    told = foyer.client.get(asked, headers={"Accept": "application/json"})
    assert (told.status_code, told.json()["code"]) == (429, "too_often")
    assert told.headers["RateLimit"] == f'"check";r=0;t={told.headers["Retry-After"]}'


def test_the_scanner_may_use_the_camera_and_no_other_page_may(foyer: Foyer) -> None:
    scan, check = foyer.client.get("/check/scan"), foyer.client.get("/check")

    assert "camera=(self)" in scan.headers["Permissions-Policy"]
    assert "blob:" in scan.headers["Content-Security-Policy"]
    assert "camera=()" in check.headers["Permissions-Policy"]
    assert "blob:" not in check.headers["Content-Security-Policy"]


@pytest.mark.parametrize("language", list(Language))
def test_what_the_answers_mean_is_told(foyer: Foyer, language: Language) -> None:
    page = foyer.client.get(f"/about/tickets?lang={language}")

    assert page.status_code == 200
    assert all(f'id="{verdict}"' in page.text for verdict in Verdict)
