"""Passkeys over real PostgreSQL, with an authenticator of software."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from authenticator import Authenticator
from ekino.access.service import people, sign_in
from ekino.db.database import Database, Role
from ekino.kernel.moments import now
from ekino.settings import Settings
from ekino.web.app import create_app
from people import COOKIE, TEST, a_person, form_token, signed_in

# The client of the framework leaves its streams to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
ORIGIN = "http://localhost"


@pytest.fixture
def client(db: Database, tmp_path: Path) -> Iterator[TestClient]:
    app = create_app(Settings(data_dir=tmp_path), db)
    with TestClient(app, base_url=ORIGIN, raise_server_exceptions=False) as client:
        yield client


def token_on(page: str) -> str:
    # The last one: the menu's own form to sign out stands before it.
    return str(re.findall(r'name="form" value="([0-9a-f]{64})"', page)[-1])


def added(client: TestClient, db: Database, person_id: int | None = None) -> Authenticator:
    """Choose a passkey by an invitation, and forget the cookie."""
    link = people.make_link(
        db, person_id or a_person(db), "invitation", actor=TEST, at=now()
    )
    token = token_on(client.get(f"/invitation/{link}").text)
    offer = client.post(f"/invitation/{link}/passkey/offer", data={"form": token})
    mine = Authenticator(ORIGIN)
    answer = client.post(
        f"/invitation/{link}/passkey",
        data={"form": token, "credential": mine.make(offer.json())},
        follow_redirects=False,
    )
    assert answer.headers["Location"] == "/account?done=new", answer.text
    client.cookies.clear()
    return mine


def challenged(client: TestClient) -> tuple[str, dict[str, Any]]:
    """Open the page and ask for a challenge; give the form's token and the options."""
    token = token_on(client.get("/sign-in").text)
    offer = client.post("/sign-in/passkey/offer", data={"form": token})
    return token, offer.json()


def enter(client: TestClient, mine: Authenticator, **more: str) -> int:
    token, options = challenged(client)
    answer = client.post(
        "/sign-in/passkey",
        data={"form": token, "credential": mine.sign(options, **more)},
        follow_redirects=False,
    )
    return answer.status_code


def test_somebody_invited_makes_a_passkey_and_signs_in_with_it(
    client: TestClient, db: Database
) -> None:
    mine = added(client, db)

    assert enter(client, mine) == 303
    assert sign_in.resume(db, client.cookies[COOKIE], at=now()) is not None
    assert "Passkey" in client.get("/account?lang=en").text


def test_a_counter_that_goes_back_is_refused_and_noted(
    client: TestClient, db: Database
) -> None:
    mine = added(client, db)
    for _ in range(2):
        assert enter(client, mine) == 303
        client.cookies.clear()

    mine.count = 0

    assert enter(client, mine) == 401
    with psycopg.connect(db.conninfo(Role.OFFICE)) as connection:
        ((detail,),) = connection.execute(
            "SELECT detail FROM access.audit WHERE action = 'sign_in_failed'"
        ).fetchall()
    assert "sign count" in detail["why"]


def test_a_challenge_is_good_once(client: TestClient, db: Database) -> None:
    mine = added(client, db)
    token, options = challenged(client)
    first = client.post(
        "/sign-in/passkey",
        data={"form": token, "credential": mine.sign(options)},
        follow_redirects=False,
    )
    step = {"Cookie": first.request.headers["cookie"]}
    client.cookies.clear()

    again = client.post(
        "/sign-in/passkey",
        data={"form": token, "credential": mine.sign(options)},
        headers=step,
        follow_redirects=False,
    )

    assert (first.status_code, again.status_code) == (303, 401)


@pytest.mark.parametrize("what", ["origin", "host", "unverified", "key", "stranger"])
def test_nothing_else_signs_in(client: TestClient, db: Database, what: str) -> None:
    mine, host = added(client, db), ""
    if what == "origin":
        mine.origin = "https://evil.example"
    elif what == "host":
        host = "evil.example"
    elif what == "unverified":
        # Somebody was there, and nobody asked for their finger or PIN.
        mine.flags = 0x01
    elif what == "key":
        mine.key = Authenticator(ORIGIN).key
    else:
        mine = Authenticator(ORIGIN)

    assert enter(client, mine, host=host) == 401
    assert COOKIE not in client.cookies


@pytest.mark.parametrize(
    "credential",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"id": 1}',
        '{"id": "AA", "rawId": "AA", "type": "public-key", "response": "x"}',
        '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "!", "authenticatorData": "!", "signature": "!"}}',
        "[" * 10_000,
    ],
)
def test_what_is_no_credential_is_refused_and_breaks_nothing(
    client: TestClient, db: Database, credential: str
) -> None:
    added(client, db)
    token, _ = challenged(client)

    answer = client.post("/sign-in/passkey", data={"form": token, "credential": credential})
    cookie = signed_in(client, db)
    data = {"form": form_token(cookie), "credential": credential}
    client.post("/account/passkeys/offer", data={"form": form_token(cookie)})
    more = client.post("/account/passkeys", data=data, follow_redirects=False)

    assert answer.status_code == 401
    assert more.headers["Location"] == "/account?wrong=passkey_wrong"


def test_a_passkey_of_a_blocked_person_signs_nobody_in(
    client: TestClient, db: Database
) -> None:
    person_id = a_person(db)
    mine = added(client, db, person_id)
    people.set_state(db, person_id, "blocked", actor=TEST, at=now())

    assert enter(client, mine) == 401


def test_one_adds_a_second_passkey_and_cannot_remove_the_last(
    client: TestClient, db: Database
) -> None:
    mine, spare = added(client, db), Authenticator(ORIGIN)
    enter(client, mine)
    form = {"form": form_token(client.cookies[COOKIE])}
    offer = client.post("/account/passkeys/offer", data=form).json()
    client.post(
        "/account/passkeys", data=form | {"credential": spare.make(offer), "name": "Spare"}
    )
    page = client.get("/account").text
    numbers = re.findall(r"/account/passkeys/(\d+)/remove", page)

    ends = [
        client.post(
            f"/account/passkeys/{number}/remove", data=form, follow_redirects=False
        ).headers["Location"]
        for number in numbers
    ]

    assert "Spare" in page
    assert [each["id"] for each in offer["excludeCredentials"]] == [
        json.loads(mine.sign({"rpId": "localhost", "challenge": "x"}))["id"]
    ]
    assert ends == ["/account?done=removed", "/account?wrong=last_way"]


def test_nobody_removes_the_passkey_of_somebody_else(
    client: TestClient, db: Database
) -> None:
    mine = added(client, db)
    enter(client, mine)
    number = re.findall(r"/account/passkeys/(\d+)/remove", client.get("/account").text)[0]
    added(client, db)
    cookie = signed_in(client, db)

    client.post(f"/account/passkeys/{number}/remove", data={"form": form_token(cookie)})
    client.cookies.clear()

    assert enter(client, mine) == 303


def test_a_host_without_a_name_offers_no_passkeys(db: Database, tmp_path: Path) -> None:
    app = create_app(Settings(data_dir=tmp_path), db)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        page = client.get("/sign-in").text

    assert "passkeys.js" not in page
