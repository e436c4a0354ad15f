"""A claim from the scan to the decision: one step for the visitor, all of it audited."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from ekino.access.model.permissions import RoleName
from ekino.db.database import Database, Role
from ekino.kernel.errors import Refused
from ekino.kernel.moments import now
from ekino.ui.languages import Language
from ekino.verify.model.claim import State
from ekino.verify.model.verdict import Verdict
from ekino.verify.service import claims
from foyer import Foyer, an_app
from people import signed_in

# The client of the framework leaves its streams to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture
def foyer(db: Database, tmp_path: Path) -> Iterator[Foyer]:
    with TestClient(an_app(db, tmp_path), raise_server_exceptions=False) as client:
        yield Foyer(db, client)


def claim(foyer: Foyer, text: str, **fields: str) -> str:
    """File a claim as the page's form does and give its reference."""
    answer = foyer.client.post(f"/t/{text}/claim", data=fields, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].rsplit("/", 1)[1]


def sign_in(foyer: Foyer, role: RoleName = RoleName.OPERATOR) -> str:
    return signed_in(foyer.client, foyer.db, role)


def act(foyer: Foyer, reference: str, to: str, words: str) -> Any:
    page = foyer.client.get(f"/office/claims/{reference}?lang=en").text
    token = re.search(r'name="form" value="([0-9a-f]{64})"', page)
    assert token, page
    return foyer.client.post(
        f"/office/claims/{reference}",
        data={"form": token[1], "to": to, "words": words},
        follow_redirects=False,
    )


def actions(foyer: Foyer) -> list[str]:
    with psycopg.connect(foyer.db.conninfo(Role.OFFICE)) as connection:
        rows = connection.execute("SELECT action FROM access.audit ORDER BY audit_id")
        return [action for (action,) in rows]


def test_a_claim_goes_from_the_scan_to_the_decision(foyer: Foyer) -> None:
    text = foyer.tickets()[Verdict.NOT_REGISTERED]
    foyer.client.get(f"/t/{text}")

    reference = claim(foyer, text, fiscal_receipt="1000000001", contact="a@example.kz")
    again = claim(foyer, text)
    body = json.dumps({"words": "The till was off line; it is being repaired."}).encode()
    path = f"/v1/claims/{reference}/answer"
    signed = foyer.vendor.sign(body, at=now(), uri=f"http://testserver{path}")
    answered = foyer.client.post(path, content=body, headers=signed)
    signed = foyer.vendor.sign(body, at=now(), uri=f"http://testserver{path}")
    said_again = foyer.client.post(path, content=body, headers=signed)
    sign_in(foyer)
    listed = foyer.client.get("/office/claims?lang=en").text
    shown = foyer.client.get(f"/office/claims/{reference}?lang=en").text
    decided = act(foyer, reference, "upheld", "The sale never came.")
    followed = foyer.client.get(f"/claim/{reference}?lang=en").text

    assert again == reference
    assert answered.json()["state"] == State.ANSWERED
    assert said_again.json() == answered.json()
    assert len(claims.read_claim(foyer.db, reference).steps) == 3
    assert reference in listed
    for words in (
        "1000000001",
        "a@example.kz",
        "off line",
        "no sale of this token",
        "No sale",
    ):
        assert words in shown
    assert decided.status_code == 303
    # Ten times 1,500 tenge, by the invented rule.
    assert "15\u00a0000\u00a0₸" in followed
    assert "The sale never came." in followed
    assert "a@example.kz" not in followed
    wanted = ["claim_claimed", "claim_answered", "signed_in", "saw_contact", "claim_upheld"]
    done = [each for each in actions(foyer) if each in wanted]
    assert list(dict.fromkeys(done)) == wanted


def test_nobody_is_decided_against_before_he_could_answer(foyer: Foyer) -> None:
    text = foyer.tickets()[Verdict.NOT_REGISTERED]
    reference = claim(foyer, text)
    sign_in(foyer)

    upheld = act(foyer, reference, "upheld", "At once.")
    page = foyer.client.get(f"/office/claims/{reference}").text
    rejected = act(foyer, reference, "rejected", "A test print.")

    assert upheld.json()["code"] == "seller_may_still_answer"
    assert 'value="upheld"' not in page
    assert rejected.status_code == 303


@pytest.mark.parametrize(
    "verdict", [Verdict.REGISTERED, Verdict.NOT_YET, Verdict.RETURNED, Verdict.NOT_GENUINE]
)
def test_no_other_verdict_becomes_a_claim(foyer: Foyer, verdict: Verdict) -> None:
    text = foyer.tickets()[verdict]

    answer = foyer.client.post(f"/t/{text}/claim", data={}, follow_redirects=False)

    assert answer.json()["code"] == "claim_has_no_reason"
    assert claims.list_claims(foyer.db) == []


def test_an_altered_ticket_becomes_a_claim_with_both_versions(foyer: Foyer) -> None:
    text = foyer.tickets()[Verdict.ALTERED]

    found = claims.read_claim(foyer.db, claim(foyer, text))

    assert found.statement_position is None
    assert found.sale_token is not None
    assert found.sale_token != found.token


def test_a_visitor_may_take_the_claim_back_and_no_step_follows(foyer: Foyer) -> None:
    reference = claim(foyer, foyer.tickets()[Verdict.NOT_REGISTERED])

    foyer.client.post(f"/claim/{reference}/withdraw", data={})

    assert claims.read_claim(foyer.db, reference).state is State.WITHDRAWN
    sign_in(foyer)
    page = foyer.client.get(f"/office/claims/{reference}").text
    assert 'name="to"' not in page


def test_another_sellers_claim_is_not_there(foyer: Foyer) -> None:
    from factories import a_vendor

    reference = claim(foyer, foyer.tickets()[Verdict.NOT_REGISTERED])
    other = a_vendor(foyer.db, code="other", key_id="other/1", venues=("AST-1",))
    path = f"/v1/claims/{reference}/answer"
    body = b'{"words": "mine"}'

    answer = foyer.client.post(
        path,
        content=body,
        headers=other.sign(body, at=now(), uri=f"http://testserver{path}"),
    )

    assert answer.json()["code"] == "claim_not_found"


def test_the_desk_wants_who_may_decide_and_their_own_form(foyer: Foyer) -> None:
    reference = claim(foyer, foyer.tickets()[Verdict.NOT_REGISTERED])
    shut = foyer.client.get("/office/claims")
    sign_in(foyer, RoleName.AUDITOR)
    refused = foyer.client.get(f"/office/claims/{reference}")
    sign_in(foyer, RoleName.ANALYST)

    forged = foyer.client.post(
        f"/office/claims/{reference}",
        data={"form": "0" * 64, "to": "rejected", "words": "x"},
    )

    assert (shut.status_code, shut.json()["code"]) == (401, "not_signed_in")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")
    assert forged.json()["code"] == "form_not_ours"


def test_a_contact_is_sealed_and_forgotten_in_its_time(foyer: Foyer) -> None:
    text = foyer.tickets()[Verdict.NOT_REGISTERED]
    claim(foyer, text, contact="a@example.kz")
    with psycopg.connect(foyer.db.conninfo(Role.OFFICE)) as connection:
        ((sealed,),) = connection.execute("SELECT sealed FROM claims.contact").fetchall()
    with (
        psycopg.connect(foyer.db.conninfo(Role.READER)) as reader,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        reader.execute("SELECT 1 FROM claims.contact")

    kept = claims.forget_contacts(foyer.db, at=now())
    gone = claims.forget_contacts(foyer.db, at=now() + timedelta(days=1_100))

    assert b"a@example.kz" not in bytes(sealed)
    assert (kept, gone) == (0, 1)


@pytest.mark.parametrize("language", list(Language))
def test_the_pages_of_a_claim_exist_in_every_language(
    foyer: Foyer, language: Language
) -> None:
    reference = claim(foyer, foyer.tickets()[Verdict.NOT_REGISTERED])
    sign_in(foyer)

    for address in (f"/claim/{reference}", "/office/claims", f"/office/claims/{reference}"):
        page = foyer.client.get(f"{address}?lang={language}")
        assert (page.status_code, page.headers["Content-Language"]) == (200, language)


def test_an_unknown_reference_is_not_found(foyer: Foyer) -> None:
    assert foyer.client.get("/claim/AAAAA-AAAAA").status_code == 404
    with pytest.raises(Refused):
        claims.read_claim(foyer.db, "AAAAA-AAAAA")
