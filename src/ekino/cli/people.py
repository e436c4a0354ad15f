"""`ekino people`: who may sign in, with which roles, and links that let them."""

from typing import TYPE_CHECKING, Any

import click

from ekino.access.model.permissions import RoleName
from ekino.cli.office import Office, print_json, print_table

if TYPE_CHECKING:
    from ekino.access.service.people import Actor, Listed
    from ekino.db.database import Database

_ROLES = [role.value for role in RoleName]
_email = click.option("--email", required=True, help="The person's address.")
_role = click.option("--role", type=click.Choice(_ROLES), required=True, help="Which role.")
_organisation = click.option(
    "--organisation", help="Code of the organisation in the catalog, for a role of one."
)
_json = click.option("--json", "is_json", is_flag=True, help="JSON on stdout.")


@click.group()
def people() -> None:
    """Add people, grant and revoke roles, make links that let them in."""


@people.command()
@click.option("--name", required=True, help="As pages and the audit trail name them.")
@_email
@click.option(
    "--language",
    type=click.Choice(["kk", "ru", "en"]),
    default="kk",
    show_default=True,
    help="In which language they read.",
)
@click.option("--role", type=click.Choice(_ROLES), help="Their first role.")
@_organisation
@click.option("--url", help="Where the web serves (EKINO_PUBLIC_URL, or host and port).")
@_json
@click.pass_obj
def add(
    office: Office,
    name: str,
    email: str,
    language: str,
    role: str | None,
    organisation: str | None,
    url: str | None,
    *,
    is_json: bool,
) -> None:
    """Add a person and print the link with which they choose how to sign in."""
    from ekino.access.service import people as service

    with office.database() as db:
        grants = []
        if role is not None:
            grants.append((RoleName(role), _organisation_id(db, organisation)))
        person_id = service.add_person(
            db, name=name, email=email, language=language, grants=grants, actor=_actor()
        )
        _print_link(office, db, person_id, "invitation", url, is_json=is_json)


@people.command()
@_email
@_role
@_organisation
@click.pass_obj
def grant(office: Office, email: str, role: str, organisation: str | None) -> None:
    """Grant a role; it ends the person's sign-ins."""
    from ekino.access.service import people as service
    from ekino.kernel.moments import now

    with office.database() as db:
        person_id = service.find_by_email(db, email).row.person_id
        organisation_id = _organisation_id(db, organisation)
        service.grant(
            db, person_id, RoleName(role), organisation_id, actor=_actor(), at=now()
        )
    click.echo(f"{email} is {role}", err=True)


@people.command()
@_email
@_role
@_organisation
@click.pass_obj
def revoke(office: Office, email: str, role: str, organisation: str | None) -> None:
    """Take a role away; it ends the person's sign-ins."""
    from ekino.access.service import people as service
    from ekino.kernel.moments import now

    with office.database() as db:
        person_id = service.find_by_email(db, email).row.person_id
        organisation_id = _organisation_id(db, organisation)
        service.revoke(
            db, person_id, RoleName(role), organisation_id, actor=_actor(), at=now()
        )
    click.echo(f"{email} is not {role}", err=True)


@people.command()
@_email
@click.option(
    "--kind",
    type=click.Choice(["sign_in", "invitation"]),
    default="sign_in",
    show_default=True,
    help="Enter at once, within ten minutes; or choose how to sign in, within two weeks.",
)
@click.option("--url", help="Where the web serves (EKINO_PUBLIC_URL, or host and port).")
@_json
@click.pass_obj
def link(office: Office, email: str, kind: str, url: str | None, *, is_json: bool) -> None:
    """Make a link that is good once."""
    from ekino.access.service import people as service

    with office.database() as db:
        person_id = service.find_by_email(db, email).row.person_id
        _print_link(office, db, person_id, kind, url, is_json=is_json)


@people.command()
@_email
@click.option("--undo", is_flag=True, help="Let the person in again.")
@click.pass_obj
def block(office: Office, email: str, *, undo: bool) -> None:
    """Block a person: every sign-in and link of theirs ends at once."""
    from ekino.access.service import people as service
    from ekino.kernel.moments import now

    state = "active" if undo else "blocked"
    with office.database() as db:
        person_id = service.find_by_email(db, email).row.person_id
        service.set_state(db, person_id, state, actor=_actor(), at=now())
    click.echo(f"{email} is {state}", err=True)


@people.command(name="list")
@_json
@click.pass_obj
def list_all(office: Office, *, is_json: bool) -> None:
    """List everybody with their roles."""
    from ekino.access.service import people as service

    with office.database() as db:
        rows = [_row(each) for each in service.list_people(db)]
    if is_json:
        print_json(rows)
    else:
        print_table(rows, caption="people")


def _row(each: "Listed") -> dict[str, Any]:
    return {
        "name": each.row.name,
        "email": each.row.email,
        "roles": ", ".join(
            f"{grant.role} of {grant.organisation}" if grant.organisation else grant.role
            for grant in each.grants
        ),
        "state": each.row.state,
        "way": "yes" if each.has_way else "invited",
        "signed_in_at": each.row.signed_in_at,
    }


def _actor() -> "Actor":
    from ekino.access.service.people import Actor

    return Actor("command line")


def _organisation_id(db: "Database", code: str | None) -> int | None:
    from ekino.access.service import people as service

    return None if code is None else service.organisation_id_of(db, code)


def _print_link(
    office: Office,
    db: "Database",
    person_id: int,
    kind: str,
    url: str | None,
    *,
    is_json: bool,
) -> None:
    from ekino.access.service import people as service
    from ekino.kernel.moments import now

    settings = office.settings
    base = url or settings.public_url or f"http://{settings.host}:{settings.port}"
    secret = service.make_link(db, person_id, kind, actor=_actor(), at=now())
    address = f"{base.rstrip('/')}/invitation/{secret}"
    if is_json:
        print_json({"url": address, "good_s": service.GOOD_S[kind]})
    else:
        click.echo(address)
