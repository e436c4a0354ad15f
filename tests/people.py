"""People for tests: added, signed in by the product's own door, their cookie in a client's hands."""

import itertools

from starlette.testclient import TestClient

from ekino.access.model.permissions import RoleName
from ekino.access.service import people, sign_in
from ekino.access.service.people import Actor
from ekino.access.service.sign_in import Visitor
from ekino.db.database import Database
from ekino.kernel.moments import now

COOKIE = "ekino"
COOKIE_OVER_HTTPS = "__Host-ekino"
_NUMBERS = itertools.count(1)
TEST = Actor("test")


def a_person(
    db: Database,
    role: RoleName | str | None = RoleName.ANALYST,
    organisation_id: int | None = None,
    *,
    name: str = "",
    email: str = "",
) -> int:
    """Add a person with one role, or none, and give their number."""
    number = next(_NUMBERS)
    return people.add_person(
        db,
        name=name or f"Person {number}",
        email=email or f"person-{number}@example.kz",
        language="en",
        grants=[] if role is None else [(RoleName(role), organisation_id)],
        actor=TEST,
    )


def cookie_of(db: Database, person_id: int) -> str:
    """Sign a person in by a link that is good once, and give the cookie."""
    link = people.make_link(db, person_id, "sign_in", actor=TEST, at=now())
    cookie = sign_in.enter_by_link(db, link, visitor=Visitor(), at=now())
    assert cookie is not None
    return cookie


def signed_in(
    client: TestClient,
    db: Database,
    role: RoleName | str | None = RoleName.ANALYST,
    organisation_id: int | None = None,
) -> str:
    """
    Sign somebody with this role in to the client, and give the cookie.

    What every form of theirs carries is `form_token(cookie)`, in the field `form`. For a
    browser: add the cookie COOKIE (COOKIE_OVER_HTTPS over https) with path /.
    """
    cookie = cookie_of(db, a_person(db, role, organisation_id))
    client.cookies.set(COOKIE, cookie)
    return cookie


def form_token(cookie: str) -> str:
    """Give what a form of this cookie's holder carries."""
    return sign_in.form_token_of(cookie)
