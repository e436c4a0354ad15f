"""`ekino people`: an operator adds somebody, changes what they may, lets them in, keeps them out."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from click.testing import CliRunner, Result

from ekino.access.service import people as service
from ekino.access.service import sign_in
from ekino.access.service.sign_in import Visitor
from ekino.cli.people import people
from ekino.db.database import Database
from ekino.kernel.errors import Refused
from ekino.kernel.moments import now
from ekino.settings import Settings

EMAIL = "aigerim@example.kz"


@dataclass
class OpenOffice:
    """An office whose database is open already."""

    db: Database
    settings: Settings

    @contextmanager
    def database(self) -> Iterator[Database]:
        yield self.db


def run(db: Database, *words: str) -> Result:
    office = OpenOffice(db, Settings(public_url="https://ekino.example"))
    return CliRunner().invoke(people, list(words), obj=office)


def test_somebody_is_added_granted_let_in_and_kept_out(db: Database) -> None:
    added = run(
        db, "add", "--name", "Әйгерім", "--email", EMAIL, "--role", "analyst", "--json"
    )
    run(db, "grant", "--email", EMAIL, "--role", "operator")
    run(db, "add", "--name", "Дана", "--email", "dana@example.kz", "--role", "operator")
    run(db, "revoke", "--email", EMAIL, "--role", "operator")
    link = run(db, "link", "--email", EMAIL).output.strip()
    secret = link.rpartition("/")[2]
    cookie = sign_in.enter_by_link(db, secret, visitor=Visitor(), at=now())
    listed = json.loads(run(db, "list", "--json").output)
    run(db, "block", "--email", EMAIL)

    made = json.loads(added.output)
    assert made["url"].startswith("https://ekino.example/invitation/")
    assert made["good_s"] == service.INVITATION_GOOD_S
    assert {each["name"]: each["roles"] for each in listed} == {
        "Дана": "operator",
        "Әйгерім": "analyst",
    }
    assert cookie is not None
    assert sign_in.resume(db, cookie, at=now()) is None
    assert service.find_by_email(db, EMAIL).row.state == "blocked"


def test_a_role_of_an_organisation_wants_one_of_the_catalog(db: Database) -> None:
    words = ("add", "--name", "Ержан", "--email", EMAIL, "--role", "exhibitor")

    without = run(db, *words)
    unknown = run(db, *words, "--organisation", "nowhere")

    assert isinstance(without.exception, Refused)
    assert without.exception.code == "organisation_missing"
    assert isinstance(unknown.exception, Refused)
    assert unknown.exception.code == "organisation_unknown"
    assert service.list_people(db) == []
