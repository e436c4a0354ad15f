"""Signing in at an identity provider: a whole one, in this process, over HTTP."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import oidc_provider_mock
import psycopg
import pytest
from starlette.testclient import TestClient

from ekino.access.service import people, sign_in
from ekino.db.database import Database, Role
from ekino.kernel.errors import Refused
from ekino.kernel.moments import now
from ekino.settings import Settings
from ekino.web.app import create_app
from people import COOKIE, TEST, a_person

# Both servers and the client of the framework leave sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
EMAIL = "aigerim@example.kz"
ORIGIN = "http://localhost"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with oidc_provider_mock.run_server_in_thread(require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def client(db: Database, tmp_path: Path, issuer: str) -> Iterator[TestClient]:
    (tmp_path / "secret").write_text("a secret\n")
    settings = Settings(
        data_dir=tmp_path,
        oidc_issuer=issuer,
        oidc_client_id="ekino",
        oidc_secret_file=str(tmp_path / "secret"),
        oidc_name="Test ID",
    )
    app = create_app(settings, db)
    with TestClient(app, base_url=ORIGIN, raise_server_exceptions=False) as client:
        yield client


def begin(client: TestClient, asked: str = "/account") -> str:
    """Press the button and give the provider's address."""
    answer = client.get(f"/sign-in/provider?next={asked}", follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def confirm(address: str, subject: str = "subject-1", **claims: Any) -> str:
    """Be confirmed by the provider, and give the path that it sends back to."""
    parts = urlsplit(address)
    issuer = f"{parts.scheme}://{parts.netloc}"
    known = {"email": EMAIL, "email_verified": True, **claims}
    httpx2.put(f"{issuer}/users/{subject}", json=known).raise_for_status()
    answer = httpx2.post(address, data={"sub": subject})
    assert answer.status_code == 302, answer.text
    back = answer.headers["Location"]
    assert back.startswith(f"{ORIGIN}/sign-in/provider/back?")
    return back.removeprefix(ORIGIN)


def last_why(db: Database) -> str:
    with psycopg.connect(db.conninfo(Role.OFFICE)) as connection:
        row = connection.execute(
            "SELECT detail ->> 'why' FROM access.audit ORDER BY audit_id DESC LIMIT 1"
        ).fetchone()
    return str(row and row[0])


def come_back(client: TestClient, path: str) -> tuple[int, str]:
    answer = client.get(path, follow_redirects=False)
    return answer.status_code, answer.headers.get("Location", "")


def actions(db: Database) -> list[str]:
    with psycopg.connect(db.conninfo(Role.OFFICE)) as connection:
        rows = connection.execute("SELECT action FROM access.audit ORDER BY audit_id")
        return [action for (action,) in rows]


def test_somebody_invited_is_confirmed_linked_once_and_signed_in(
    client: TestClient, db: Database
) -> None:
    a_person(db, email=EMAIL)
    assert "Test ID" in client.get("/sign-in").text

    first = come_back(client, confirm(begin(client)))
    assert first[0] == 303, last_why(db)
    cookie = client.cookies[COOKIE]
    client.cookies.clear()
    # Whom the provider means was decided: another address there changes nothing here.
    again = come_back(client, confirm(begin(client), email="other@example.kz"))

    assert first == again == (303, "/account")
    assert sign_in.resume(db, cookie, at=now()) is not None
    assert actions(db)[2:] == ["provider_linked", "signed_in", "signed_in"]


def test_what_is_sent_is_bound_to_this_sign_in(client: TestClient) -> None:
    query = parse_qs(urlsplit(begin(client)).query)

    assert query["code_challenge_method"] == ["S256"]
    assert len(query["code_challenge"][0]) == 43
    assert len({query[name][0] for name in ("state", "nonce", "code_challenge")}) == 3
    assert query["scope"] == ["openid email profile"]


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "stranger@example.kz"},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email": ""},
    ],
)
def test_nobody_else_is_let_in(
    client: TestClient, db: Database, claims: dict[str, Any]
) -> None:
    a_person(db, email=EMAIL)

    assert come_back(client, confirm(begin(client), "stranger", **claims)) == (401, "")
    assert COOKIE not in client.cookies


def test_an_address_that_is_given_to_somebody_else_lets_nobody_in_as_whoever_had_it(
    client: TestClient, db: Database
) -> None:
    a_person(db, email=EMAIL)
    first = come_back(client, confirm(begin(client), "predecessor"))
    client.cookies.clear()

    assert first[0] == 303
    assert come_back(client, confirm(begin(client), "successor")) == (401, "")
    assert come_back(client, confirm(begin(client), "predecessor"))[0] == 303


def test_an_address_that_only_looks_alike_is_another(
    client: TestClient, db: Database
) -> None:
    a_person(db, email="aigerim@strasse.kz")

    assert come_back(
        client, confirm(begin(client), "look-alike", email="aigerim@straße.kz")
    ) == (401, "")


def test_a_blocked_person_is_not_let_in(client: TestClient, db: Database) -> None:
    person_id = a_person(db, email=EMAIL)
    come_back(client, confirm(begin(client), "blocked"))
    people.set_state(db, person_id, "blocked", actor=TEST, at=now())

    assert come_back(client, confirm(begin(client), "blocked")) == (401, "")


def test_an_answer_is_good_once_and_only_in_its_own_browser(
    client: TestClient, db: Database
) -> None:
    a_person(db, email=EMAIL)
    path = confirm(begin(client))
    own = {"Cookie": f"ekino-step={client.cookies['ekino-step']}"}
    client.cookies.clear()

    def answered(headers: dict[str, str]) -> int:
        answer = client.get(path, headers=headers, follow_redirects=False)
        client.cookies.clear()
        return answer.status_code

    assert [answered({}), answered(own), answered(own)] == [401, 303, 401]


@pytest.mark.parametrize(
    "change",
    [
        ("state=[^&]+", "state=other"),
        ("code=[^&]+", "code=other"),
        ("code=[^&]+", "error=access_denied"),
        ("$", "&iss=https://evil.example"),
    ],
)
def test_a_changed_answer_signs_nobody_in(
    client: TestClient, db: Database, change: tuple[str, str]
) -> None:
    a_person(db, email=EMAIL)
    path = confirm(begin(client))

    assert come_back(client, re.sub(change[0], change[1], path, count=1)) == (401, "")


def test_an_answer_to_another_question_signs_nobody_in(
    client: TestClient, db: Database
) -> None:
    """The code of one sign-in and the state of another: nonce and PKCE hold them apart."""
    a_person(db, email=EMAIL)
    code = parse_qs(urlsplit(confirm(begin(client))).query)["code"][0]
    mine = parse_qs(urlsplit(begin(client)).query)["state"][0]

    assert come_back(client, f"/sign-in/provider/back?code={code}&state={mine}")[0] == 401


def test_a_provider_that_is_away_is_said_to_be(db: Database, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    settings = Settings(
        data_dir=tmp_path,
        oidc_issuer="http://localhost:9",
        oidc_client_id="ekino",
        oidc_secret_file=str(tmp_path / "secret"),
    )
    with TestClient(create_app(settings, db)) as client:
        answer = client.get("/sign-in/provider?lang=en")

    assert answer.status_code == 503
    assert "does not answer" in answer.text


def test_a_provider_set_by_half_is_refused(db: Database, tmp_path: Path) -> None:
    with pytest.raises(Refused):
        create_app(Settings(data_dir=tmp_path, oidc_issuer="https://id.example"), db)


def test_without_a_provider_there_is_no_door(db: Database, tmp_path: Path) -> None:
    with TestClient(create_app(Settings(data_dir=tmp_path), db)) as client:
        assert client.get("/sign-in/provider").status_code == 404
        assert client.get("/sign-in/provider/back").status_code == 404
        assert "/sign-in/provider" not in client.get("/sign-in").text
