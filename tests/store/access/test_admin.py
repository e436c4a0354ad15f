"""The operator's overview: people, the registry, the audit trail, the jobs."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ekino.access.model.permissions import OF_ORGANISATIONS, RoleName
from ekino.access.service import audit, note_seen, people, sign_in
from ekino.access.service.registry import KINDS, read_machine
from ekino.db.database import Database, Role
from ekino.kernel.moments import now
from ekino.settings import Settings
from ekino.ui.languages import Language
from ekino.web.app import create_app
from factories import a_catalog, a_vendor
from people import TEST, a_person, cookie_of, form_token, signed_in

# The client of the framework leaves its streams to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
PAGES = (
    "/admin",
    "/admin/people",
    "/admin/people/new",
    "/admin/registry",
    *(f"/admin/registry/{kind}" for kind in KINDS),
    "/admin/audit",
    "/admin/jobs",
)
FILES = ("/admin/people", "/admin/audit", "/admin/jobs", "/admin/registry/venues")


@pytest.fixture
def client(db: Database, tmp_path: Path) -> Iterator[TestClient]:
    a_catalog(db)
    a_vendor(db)
    app = create_app(Settings(data_dir=tmp_path), db)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def organisation(db: Database) -> int:
    """Give an organisation of the catalog, entered when it is not there."""
    from ekino.catalog import service as catalog
    from ekino.catalog.document import read_document

    document = {"organisations": [{"code": "exh-1", "name": "Ақ Перде", "country": "KZ"}]}
    catalog.load(db, read_document(json.dumps(document).encode()))
    return people.organisation_id_of(db, "exh-1")


@pytest.mark.parametrize("language", list(Language))
def test_every_page_is_there_in_every_language(
    client: TestClient, db: Database, language: Language
) -> None:
    signed_in(client, db, RoleName.OPERATOR)

    for address in PAGES:
        page = client.get(f"{address}?lang={language}")
        assert (page.status_code, page.headers["Content-Language"]) == (200, language)
        assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "role", [each for each in RoleName if each is not RoleName.OPERATOR]
)
def test_nobody_else_manages_people(
    client: TestClient, db: Database, role: RoleName
) -> None:
    of = organisation(db) if role in OF_ORGANISATIONS else None
    cookie = signed_in(client, db, role, of)
    other = a_person(db)
    form = {"form": form_token(cookie), "role": "operator", "state": "blocked"}

    answers = [
        client.get("/admin/people"),
        client.get(f"/admin/people/{other}"),
        client.post(f"/admin/people/{other}/roles", data=form),
        client.post(f"/admin/people/{other}/state", data=form),
        client.post(f"/admin/people/{other}/invitation", data=form),
        client.post("/admin/people/new", data=form),
    ]

    assert [each.status_code for each in answers] == [403] * len(answers)
    is_auditor = role is RoleName.AUDITOR
    trail = client.get("/admin/audit")
    assert trail.status_code == (200 if is_auditor else 403)
    assert "/admin/people" not in trail.text


def test_an_operator_adds_a_person_and_is_shown_the_link_once(
    client: TestClient, db: Database
) -> None:
    of = organisation(db)
    cookie = signed_in(client, db, RoleName.OPERATOR)
    fields = {
        "form": form_token(cookie),
        "name": "Ержан",
        "email": "erzhan@example.kz",
        "language": "kk",
        "role": "exhibitor",
        "organisation": str(of),
    }

    made = client.post("/admin/people/new?lang=en", data=fields)
    again = client.post("/admin/people/new?lang=en", data=fields)
    path = re.search(r"http://testserver(/invitation/[\w-]+)<", made.text)
    assert path
    invited = client.get(path[1])

    listed = people.find_by_email(db, "erzhan@example.kz")
    assert [(each.role, each.organisation) for each in listed.grants] == [
        ("exhibitor", "Ақ Перде")
    ]
    assert "Ержан" in invited.text
    assert again.status_code == 400
    assert "Somebody has this address already" in again.text
    assert 'value="Ержан"' in again.text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "Enter a name"),
        ({"email": "nowhere"}, "Enter a whole e-mail address"),
        ({"role": ""}, "Choose a role"),
        ({"organisation": ""}, "This role needs an organisation"),
    ],
)
def test_what_is_wrong_stands_at_the_top_and_leads_to_its_field(
    client: TestClient, db: Database, change: dict[str, str], words: str
) -> None:
    cookie = signed_in(client, db, RoleName.OPERATOR)
    fields = {
        "form": form_token(cookie),
        "name": "Ержан",
        "email": "erzhan@example.kz",
        "role": "exhibitor",
        "organisation": str(organisation(db)),
    }

    page = client.post("/admin/people/new?lang=en", data=fields | change)

    field = next(iter(change))
    assert page.status_code == 400
    assert re.search(rf'<a href="#{field}">{words}', page.text)
    assert f'id="{field}"' in page.text


def test_the_last_operator_keeps_the_role(client: TestClient, db: Database) -> None:
    person_id = a_person(db, RoleName.OPERATOR)
    cookie = cookie_of(db, person_id)
    client.cookies.set("ekino", cookie)
    form = {"form": form_token(cookie)}
    here = f"/admin/people/{person_id}"

    revoked = client.post(f"{here}/roles/revoke?lang=en", data=form | {"role": "operator"})
    blocked = client.post(f"{here}/state?lang=en", data=form | {"state": "blocked"})

    assert "This is the last operator" in revoked.text
    assert "This is the last operator" in blocked.text
    assert sign_in.resume(db, cookie, at=now()) is not None


def test_a_grant_a_revocation_and_a_block_hold_at_once_and_are_noted(
    client: TestClient, db: Database
) -> None:
    cookie = signed_in(client, db, RoleName.OPERATOR)
    other = a_person(db, RoleName.ANALYST)
    form = {"form": form_token(cookie)}
    here = f"/admin/people/{other}"

    client.post(f"{here}/roles", data=form | {"role": "auditor"})
    client.post(f"{here}/roles/revoke", data=form | {"role": "analyst"})
    client.post(f"{here}/state", data=form | {"state": "blocked"})

    listed = people.find_person(db, other)
    assert [each.role for each in listed.grants] == ["auditor"]
    assert listed.row.state == "blocked"
    lines, _ = audit.read_audit(db)
    mine = [each.action for each in lines if each.subject == f"person/{other}"]
    assert mine[:3] == ["person_blocked", "role_revoked", "role_granted"]


def test_the_audit_trail_is_filtered_by_person_action_and_day(
    client: TestClient, db: Database
) -> None:
    person = a_person(db, RoleName.ANALYST, name="Сәуле")
    cookie = cookie_of(db, person)
    seer = sign_in.resume(db, cookie, at=now())
    assert seer is not None
    note_seen(db, seer, "tickets", "/gov/tickets?film=17", {"rows": 12})
    signed_in(client, db, RoleName.AUDITOR)

    found = client.get(f"/admin/audit.csv?person={person}&action=saw_tickets&lang=en")
    nobody = client.get(f"/admin/audit.json?person={person}&day=2001-01-01")
    nonsense = client.get("/admin/audit?person=x&day=9999-99-99&page=-7")

    rows = list(csv.DictReader(io.StringIO(found.text.lstrip("\ufeff"))))
    assert len(rows) == 1
    assert "Сәуле" in found.text
    assert "rows: 12" in found.text
    assert nobody.json()["rows"] == []
    assert nonsense.status_code == 200


def test_every_table_is_a_file_too(client: TestClient, db: Database) -> None:
    signed_in(client, db, RoleName.OPERATOR)

    for address in FILES:
        for suffix in ("csv", "xlsx", "json"):
            assert client.get(f"{address}.{suffix}").status_code == 200, address
        assert client.get(f"{address}.exe").status_code == 404


def test_every_follower_that_keeps_its_place_is_shown(db: Database) -> None:
    with db.transaction(Role.READER) as tx:
        rooms = tx.execute(
            "SELECT count(*) FROM pg_tables WHERE tablename = 'follower'"
        ).fetchone()
    assert rooms is not None

    shown = {each.name for each in read_machine(db).followers}

    # The log's place is its head.
    assert len(shown) == rooms[0] + 1
    assert {"totals", "tickets", "log"} <= shown


def test_an_invitation_that_was_replaced_is_worthless(db: Database) -> None:
    person_id = a_person(db)
    first = people.make_link(db, person_id, "invitation", actor=TEST, at=now())
    people.make_link(db, person_id, "invitation", actor=TEST, at=now())

    assert sign_in.find_link(db, first, at=now()) is None


@pytest.mark.parametrize(
    "address",
    [
        "/admin/people/99999999999999999999",
        "/admin/people/0",
        "/admin/audit?action=%00&person=999999999999&day=%00",
        "/admin/audit?action=saw_%F0%9F%8E%AC&page=99999999999999",
        "/admin/audit.json?action=a b",
        "/admin/registry/%00",
        "/admin/registry/films?page=99999999999999&sort=%00",
        "/admin/registry/halls?page=0x10",
        "/account?done=%00&wrong=%00",
        "/invitation/%00",
        "/sign-in?next=%00",
        "/sign-in/provider/back?state=%00&code=%00",
    ],
)
def test_an_odd_address_breaks_nothing(
    client: TestClient, db: Database, address: str
) -> None:
    cookie = signed_in(client, db, RoleName.OPERATOR)

    assert client.get(address).status_code < 500
    gone = client.post(
        "/account/passkeys/99999999999999/remove", data={"form": form_token(cookie)}
    )
    assert gone.status_code < 500
