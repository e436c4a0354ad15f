"""Signing in with a password and a code: over real PostgreSQL, through the pages."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pyotp
import pytest
from starlette.testclient import TestClient

from ekino.access.model.permissions import RoleName
from ekino.access.model.ways import TOTP_STEP_S
from ekino.access.service import passwords, people, sign_in
from ekino.access.service.sign_in import (
    ATTEMPTS_OF_ADDRESS_MAX,
    ATTEMPTS_OF_PERSON_MAX,
    ATTEMPTS_WINDOW_S,
    CODE_TRIES_MAX,
    SIGN_IN_GOOD_S,
    SIGN_IN_IDLE_S,
    Visitor,
)
from ekino.db.database import Database, Role
from ekino.kernel.errors import TooOften
from ekino.kernel.moments import now
from ekino.settings import Settings
from ekino.web.app import create_app
from people import COOKIE, TEST, a_person, cookie_of, form_token, signed_in

# The client of the framework leaves its streams to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
PASSWORD = "a quiet evening in Oskemen"
EMAIL = "aigerim@example.kz"


@pytest.fixture
def client(db: Database, tmp_path: Path) -> Iterator[TestClient]:
    app = create_app(Settings(data_dir=tmp_path), db)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash as a test may: the parameters of the product cost 64 MiB each time."""
    from argon2 import PasswordHasher

    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", hasher)
    monkeypatch.setattr(passwords, "_NOBODY", hasher.hash("nobody's"))


def token_on(page: str) -> str:
    # The last one: the menu's own form to sign out stands before it.
    return str(re.findall(r'name="form" value="([0-9a-f]{64})"', page)[-1])


def invited(client: TestClient, db: Database, email: str = EMAIL) -> tuple[int, str]:
    """Choose a password and codes by an invitation; give the number and the codes' secret."""
    person_id = a_person(db, RoleName.ANALYST, email=email)
    link = people.make_link(db, person_id, "invitation", actor=TEST, at=now())
    page = client.get(f"/invitation/{link}").text
    secret_found = re.search(r'class="secret">([A-Z2-7]{32})<', page)
    assert secret_found
    secret = secret_found[1]
    answer = client.post(
        f"/invitation/{link}",
        data={
            "form": token_on(page),
            "password": PASSWORD,
            "again": PASSWORD,
            # The code of the step before: the present one is left for signing in.
            "code": pyotp.TOTP(secret).at(now() - timedelta(seconds=TOTP_STEP_S)),
        },
        follow_redirects=False,
    )
    assert answer.status_code == 303, answer.text
    client.cookies.clear()
    return person_id, secret


def give_password(client: TestClient, email: str = EMAIL, password: str = PASSWORD) -> str:
    """Fill in the first form and give where it leads."""
    page = client.get("/sign-in?next=/account").text
    answer = client.post(
        "/sign-in",
        data={
            "form": token_on(page),
            "next": "/account",
            "email": email,
            "password": password,
        },
        follow_redirects=False,
    )
    return answer.headers.get("Location", str(answer.status_code))


def give_code(client: TestClient, code: str) -> int:
    """Fill in the second form and give the answer's number."""
    page = client.get("/sign-in/code").text
    answer = client.post(
        "/sign-in/code",
        data={"form": token_on(page), "next": "/account", "code": code},
        follow_redirects=False,
    )
    return answer.status_code


def actions(db: Database) -> list[str]:
    with psycopg.connect(db.conninfo(Role.OFFICE)) as connection:
        rows = connection.execute("SELECT action FROM access.audit ORDER BY audit_id")
        return [action for (action,) in rows]


def test_a_person_signs_in_with_password_and_code_and_out_again(
    client: TestClient, db: Database
) -> None:
    _, secret = invited(client, db)

    where = give_password(client, email=EMAIL.upper())
    entered = give_code(client, pyotp.TOTP(secret).now())
    account = client.get("/account?lang=en")
    client.post("/sign-out", data={"form": token_on(account.text)})
    after = client.get("/account", headers={"Accept": "text/html"}, follow_redirects=False)

    assert where == "/sign-in/code?next=%2Faccount"
    assert entered == 303
    assert account.status_code == 200
    assert "Ministry analyst" in account.text
    assert after.headers["Location"] == "/sign-in?next=%2Faccount"
    assert actions(db) == [
        "person_added",
        "role_granted",
        "invitation_link_made",
        "password_set",
        "signed_in",
        "signed_in",
        "signed_out",
    ]


def test_a_code_is_good_once(client: TestClient, db: Database) -> None:
    _, secret = invited(client, db)
    code = pyotp.TOTP(secret).now()
    give_password(client)
    first = give_code(client, code)
    client.cookies.clear()
    give_password(client)

    again = give_code(client, code)

    assert (first, again) == (303, 401)
    assert actions(db)[-1] == "sign_in_failed"


def test_an_unknown_address_and_a_wrong_password_are_answered_alike(
    client: TestClient, db: Database
) -> None:
    invited(client, db)
    pages = []
    for email, password in ((EMAIL, "not the password"), ("nobody@example.kz", PASSWORD)):
        page = client.get("/sign-in").text
        fields = {"form": token_on(page), "email": email, "password": password}
        answer = client.post("/sign-in", data=fields)
        pages.append((answer.status_code, answer.text.replace(email, "…")))

    assert pages[0] == pages[1]
    assert pages[0][0] == 401


def test_a_blocked_person_is_answered_like_an_unknown_one(
    client: TestClient, db: Database
) -> None:
    person_id, _ = invited(client, db)
    people.set_state(db, person_id, "blocked", actor=TEST, at=now())

    assert give_password(client) == "401"


def test_one_past_the_attempts_of_a_person_is_too_often(
    client: TestClient, db: Database
) -> None:
    invited(client, db)
    for _ in range(ATTEMPTS_OF_PERSON_MAX):
        assert give_password(client, password="wrong") == "401"
    page = client.get("/sign-in").text

    # Even the right password waits.
    answer = client.post(
        "/sign-in", data={"form": token_on(page), "email": EMAIL, "password": PASSWORD}
    )

    assert answer.status_code == 429
    wait_s = int(answer.headers["Retry-After"])
    assert 0 < wait_s <= ATTEMPTS_WINDOW_S + 1
    quota = f"q={ATTEMPTS_OF_PERSON_MAX};w={ATTEMPTS_WINDOW_S}"
    assert answer.headers["RateLimit-Policy"] == f'"sign-in";{quota}'
    assert answer.headers["RateLimit"] == f'"sign-in";r=0;t={wait_s}'


def test_one_past_the_attempts_of_an_address_is_too_often_and_the_window_ends(
    db: Database,
) -> None:
    at = now()
    for number in range(ATTEMPTS_OF_ADDRESS_MAX):
        sign_in.count_attempts(db, f"{number}@example.kz", "192.0.2.1", at=at)

    with pytest.raises(TooOften) as refused:
        sign_in.count_attempts(db, "other@example.kz", "192.0.2.1", at=at)
    sign_in.count_attempts(db, "other@example.kz", "192.0.2.2", at=at)
    later = at + timedelta(seconds=ATTEMPTS_WINDOW_S)
    sign_in.count_attempts(db, "other@example.kz", "192.0.2.1", at=later)

    assert refused.value.retry_after_s <= ATTEMPTS_WINDOW_S + 1


def test_whoever_is_past_the_limit_of_an_address_spends_nobody_elses_attempts(
    db: Database,
) -> None:
    at = now()
    for number in range(ATTEMPTS_OF_ADDRESS_MAX):
        sign_in.count_attempts(db, f"{number}@example.kz", "192.0.2.1", at=at)
    for _ in range(ATTEMPTS_OF_PERSON_MAX + 1):
        with pytest.raises(TooOften):
            sign_in.count_attempts(db, "victim@example.kz", "192.0.2.1", at=at)

    sign_in.count_attempts(db, "victim@example.kz", "192.0.2.9", at=at)


def test_one_past_the_tries_of_a_code_asks_for_the_password_again(
    client: TestClient, db: Database
) -> None:
    _, secret = invited(client, db)
    give_password(client)
    wrong = f"{(int(pyotp.TOTP(secret).now()) + 1) % 1_000_000:06}"
    tries = [give_code(client, wrong) for _ in range(CODE_TRIES_MAX)]
    page = client.get("/sign-in/code").text

    answer = client.post(
        "/sign-in/code", data={"form": token_on(page), "code": pyotp.TOTP(secret).now()}
    )

    assert tries == [401] * CODE_TRIES_MAX
    assert answer.status_code == 401
    assert 'name="password"' in answer.text


def test_a_cookie_from_before_is_never_the_one_of_the_sign_in(
    client: TestClient, db: Database
) -> None:
    """Whoever plants cookies in a browser holds nothing once its owner has signed in."""
    _, secret = invited(client, db)
    client.cookies.set(COOKIE, "planted")
    client.cookies.set("ekino-step", "planted-step")
    give_password(client)
    steps = {each.value for each in client.cookies.jar if each.name == "ekino-step"}
    give_code(client, pyotp.TOTP(secret).now())
    cookies = {each.value for each in client.cookies.jar if each.name == COOKIE}

    assert "planted-step" not in steps - {"planted-step"}
    assert len(cookies - {"planted"}) == 1
    assert sign_in.resume(db, "planted", at=now()) is None


@pytest.mark.parametrize("forged", ["", "0" * 64])
@pytest.mark.parametrize("address", ["/sign-out", "/account/others", "/account/password"])
def test_a_form_of_another_site_changes_nothing(
    client: TestClient, db: Database, address: str, forged: str
) -> None:
    cookie = signed_in(client, db)

    answer = client.post(address, data={"form": forged} if forged else {})

    assert (answer.status_code, answer.json()["code"]) == (403, "form_not_ours")
    assert sign_in.resume(db, cookie, at=now()) is not None


def test_a_form_of_another_persons_page_is_not_ones_own(
    client: TestClient, db: Database
) -> None:
    other = cookie_of(db, a_person(db))
    signed_in(client, db)

    answer = client.post("/sign-out", data={"form": form_token(other)})

    assert answer.json()["code"] == "form_not_ours"


@pytest.mark.parametrize("address", ["/sign-in", "/sign-in/code", "/invitation/x"])
def test_nobody_is_signed_in_by_a_form_of_another_site(
    client: TestClient, address: str
) -> None:
    answer = client.post(address, data={"email": EMAIL, "password": PASSWORD})

    assert answer.json()["code"] == "form_not_ours"


def test_a_sign_in_ends_when_idle_and_when_its_time_is_over(db: Database) -> None:
    cookie = cookie_of(db, a_person(db))
    begun = now()
    idle = timedelta(seconds=SIGN_IN_IDLE_S)

    assert sign_in.resume(db, cookie, at=begun + idle * 0.99) is not None
    assert sign_in.resume(db, cookie, at=begun + idle * 1.98) is not None
    assert sign_in.resume(db, cookie, at=begun + idle * 2.99) is None

    busy = cookie_of(db, a_person(db))
    for hour in range(SIGN_IN_GOOD_S // 3_600):
        assert sign_in.resume(db, busy, at=now() + timedelta(hours=hour)) is not None
    assert sign_in.resume(db, busy, at=now() + timedelta(seconds=SIGN_IN_GOOD_S)) is None


@pytest.mark.parametrize("change", ["blocked", "granted", "revoked"])
def test_a_sign_in_ends_when_its_person_changes(db: Database, change: str) -> None:
    person_id = a_person(db, RoleName.ANALYST)
    cookie = cookie_of(db, person_id)
    assert sign_in.resume(db, cookie, at=now()) is not None

    if change == "blocked":
        people.set_state(db, person_id, "blocked", actor=TEST, at=now())
    elif change == "granted":
        people.grant(db, person_id, RoleName.AUDITOR, None, actor=TEST, at=now())
    else:
        people.revoke(db, person_id, RoleName.ANALYST, None, actor=TEST, at=now())

    assert sign_in.resume(db, cookie, at=now()) is None


def test_changing_the_password_ends_every_other_sign_in(
    client: TestClient, db: Database
) -> None:
    person_id, _ = invited(client, db)
    other, mine = cookie_of(db, person_id), cookie_of(db, person_id)
    client.cookies.set(COOKIE, mine)
    fresh = "another quiet evening"

    answer = client.post(
        "/account/password",
        data={
            "form": form_token(mine),
            "old": PASSWORD,
            "password": fresh,
            "again": fresh,
        },
        follow_redirects=False,
    )

    assert answer.headers["Location"] == "/account?done=password"
    assert sign_in.resume(db, other, at=now()) is None
    assert sign_in.resume(db, mine, at=now()) is not None


def test_a_link_that_signs_in_is_good_once(client: TestClient, db: Database) -> None:
    link = people.make_link(db, a_person(db), "sign_in", actor=TEST, at=now())
    page = client.get(f"/invitation/{link}").text
    # A preview uses nothing up.
    client.get(f"/invitation/{link}")

    first = client.post(
        f"/invitation/{link}", data={"form": token_on(page)}, follow_redirects=False
    )
    again = client.get(f"/invitation/{link}")

    assert first.status_code == 303
    assert again.status_code == 404


def test_an_older_link_of_the_kind_is_worthless(db: Database) -> None:
    person_id = a_person(db)
    old = people.make_link(db, person_id, "sign_in", actor=TEST, at=now())
    people.make_link(db, person_id, "sign_in", actor=TEST, at=now())

    assert sign_in.enter_by_link(db, old, visitor=Visitor(), at=now()) is None


@pytest.mark.parametrize("public_url", ["", "https://ekino.example"])
def test_the_cookies_flags(db: Database, tmp_path: Path, public_url: str) -> None:
    app = create_app(Settings(data_dir=tmp_path, public_url=public_url), db)
    link = people.make_link(db, a_person(db), "sign_in", actor=TEST, at=now())
    with TestClient(app, base_url=public_url or "http://localhost") as client:
        page = client.get(f"/invitation/{link}")
        answer = client.post(
            f"/invitation/{link}",
            data={"form": token_on(page.text)},
            follow_redirects=False,
        )
    kept = next(
        each
        for each in answer.headers.get_list("set-cookie")
        if each.split("=")[0] in ("ekino", "__Host-ekino")
    )
    flags = {each.strip().split("=")[0].lower(): each for each in kept.split(";")[1:]}

    assert kept.startswith("__Host-ekino=" if public_url else "ekino=")
    assert {"httponly", "max-age", "path", "samesite"} <= set(flags)
    assert ("secure" in flags) == bool(public_url)
    assert "domain" not in flags
    assert flags["samesite"].strip() == "SameSite=lax"
    assert flags["path"].strip() == "Path=/"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-User": "operator"},
        {"X-User": "1"},
        {"Authorization": "Bearer operator"},
        {"X-Original-URL": "/account"},
        {"Cookie": "ekino=1; ekino_role=operator"},
    ],
)
def test_no_header_gives_a_person_what_was_not_granted(
    client: TestClient, headers: dict[str, str]
) -> None:
    answer = client.get("/account", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


@pytest.mark.parametrize(
    "asked", ["//evil.example/x", "https://evil.example", "/\\evil.example", "/%0d", "x"]
)
def test_nobody_is_sent_to_another_site_after_signing_in(
    client: TestClient, db: Database, asked: str
) -> None:
    signed_in(client, db)

    answer = client.get("/sign-in", params={"next": asked}, follow_redirects=False)

    assert answer.headers["Location"] in ("/account", "/gov", "/%0d")


def test_only_the_office_sees_tables_of_people(db: Database) -> None:
    for role in (Role.INGEST, Role.FOLLOWER, Role.READER):
        for table in ("person", "password", "totp", "sign_in", "link", "passkey"):
            with (
                psycopg.connect(db.conninfo(role)) as connection,
                pytest.raises(psycopg.errors.InsufficientPrivilege),
            ):
                connection.execute(f"SELECT 1 FROM access.{table}")


def test_no_secret_stands_in_the_database(client: TestClient, db: Database) -> None:
    _, secret = invited(client, db)
    give_password(client)
    give_code(client, pyotp.TOTP(secret).now())
    cookie = client.cookies[COOKIE]
    with psycopg.connect(db.conninfo(Role.OFFICE)) as connection:
        texts = "".join(
            str(connection.execute(f"SELECT {table}::text FROM access.{table}").fetchall())
            for table in ("sign_in", "sign_in_step", "totp", "password", "audit", "link")
        )

    for word in (cookie, secret, PASSWORD, cookie.encode().hex(), secret.encode().hex()):
        assert word not in texts
