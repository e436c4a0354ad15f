"""`ekino claims`: what the desk of claims must forget."""

import click

from ekino.cli.office import Office


@click.group()
def claims() -> None:
    """Keep the desk of claims; claims themselves are decided at /office/claims."""


@claims.command()
@click.pass_obj
def forget(office: Office) -> None:
    """Delete the contacts of claims whose time is over."""
    from ekino.kernel.moments import now
    from ekino.verify.service import claims as service

    with office.database() as db:
        count = service.forget_contacts(db, at=now())
    click.echo(f"{count} contacts deleted", err=True)
