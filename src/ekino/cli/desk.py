"""`ekino desk`: the office's sign-in link, and what it must forget."""

import click

from ekino.cli.office import Office, print_json


@click.group()
def desk() -> None:
    """Sign in to the desk where claims are decided, and delete contacts whose time is over."""


@desk.command()
@click.option(
    "--operator", default="local", show_default=True, help="Whose name is audited."
)
@click.option("--url", help="Where the web serves (EKINO_PUBLIC_URL, or host and port).")
@click.option("--json", "is_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_obj
def link(office: Office, operator: str, url: str | None, *, is_json: bool) -> None:
    """Make a link that signs OPERATOR in once, within ten minutes, for a working day."""
    from ekino.kernel.moments import now
    from ekino.verify.service import desk as service

    settings = office.settings
    base = url or settings.public_url or f"http://{settings.host}:{settings.port}"
    with office.database() as db:
        secret = service.make_link(db, operator=operator, at=now())
    address = f"{base.rstrip('/')}/office/enter?key={secret}"
    if is_json:
        print_json({"url": address, "good_s": service.LINK_GOOD_S})
    else:
        click.echo(address)


@desk.command()
@click.pass_obj
def forget(office: Office) -> None:
    """Delete the contacts of claims whose time is over."""
    from ekino.kernel.moments import now
    from ekino.verify.service import claims

    with office.database() as db:
        count = claims.forget_contacts(db, at=now())
    click.echo(f"{count} contacts deleted", err=True)
