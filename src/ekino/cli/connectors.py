"""`ekino connectors`: other ticketing systems that are read."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ekino.cli.office import Exit, Office, print_json, print_table

if TYPE_CHECKING:
    from datetime import datetime

    from ekino.intake.connectors.store import Shown

_SYSTEMS = ("pretix", "hi_events", "alfio", "attendize")


@click.group()
def connectors() -> None:
    """Read other ticketing systems: set one up, see how it goes, pause it, run it."""


@connectors.command()
@click.argument("code")
@click.option("--system", required=True, type=click.Choice(_SYSTEMS), help="What is read.")
@click.option("--url", required=True, help="Where it answers, such as https://pretix.eu.")
@click.option("--account", default="", help="pretix: the organiser's slug.")
@click.option(
    "--event",
    "events",
    multiple=True,
    help="An event to read; none: all (pretix, Attendize).",
)
@click.option("--source", required=True, help="Code of the source that speaks for it.")
@click.option(
    "--secret-file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with its API token; the worker reads it, nothing else keeps it.",
)
@click.option("--json", "is_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_obj
def add(office: Office, /, code: str, *, is_json: bool, **asked: Any) -> None:
    """Read another system under CODE, which begins the names of its tickets."""
    from ekino.intake.connectors import service
    from ekino.intake.connectors.model import System
    from ekino.kernel.moments import now

    with office.database() as db:
        added = service.add(
            db,
            service.Wanted(
                code=code,
                system=System(asked["system"]),
                url=asked["url"],
                account=asked["account"],
                events=tuple(asked["events"]),
                source_code=asked["source"],
                secret_file=asked["secret_file"],
            ),
            is_loopback_allowed=office.settings.connect_loopback,
            added_by="cli",
            at=now(),
        )
    hook = f"{office.settings.public_url.rstrip('/')}/v1/hooks/{added.hook}"
    if is_json:
        print_json({"code": added.code, "hook": hook})
        return
    click.echo(f"{code} is read from now on, from its beginning.", err=True)
    if not office.settings.public_url:
        click.echo(
            "EKINO_PUBLIC_URL is not set: put our address before the path.", err=True
        )
    click.echo("Its webhooks go to this address, which is not shown again:", err=True)
    click.echo(hook)


@connectors.command("list")
@click.option(
    "--json", "is_json", is_flag=True, help="One JSON object a connector on stdout."
)
@click.pass_obj
def list_all(office: Office, *, is_json: bool) -> None:
    """List every connector: how far it has read, what waits, what went wrong."""
    from ekino.intake.connectors import service
    from ekino.kernel.moments import now

    with office.database() as db:
        found = service.list_all(db)
    rows = [_row(each, now()) for each in found]
    if is_json:
        for row in rows:
            print_json(row)
    else:
        print_table(rows, caption=f"{len(rows)} connectors")
    if any(each.connector.failures for each in found):
        raise SystemExit(Exit.PROBLEMS_FOUND)


def _row(shown: "Shown", at: "datetime") -> dict[str, Any]:
    lag = None if shown.read_until is None else (at - shown.read_until).total_seconds()
    return {
        "code": shown.connector.code,
        "system": shown.connector.system.value,
        "source": shown.connector.source_code,
        "state": shown.connector.state.value,
        "lag_s": None if lag is None else round(lag),
        "read_until": shown.read_until,
        "tickets": shown.tickets,
        "waiting": shown.waiting + shown.hints,
        "unmapped": shown.unmapped,
        "failures": shown.connector.failures,
        "error": shown.last_error,
    }


@connectors.command()
@click.argument("code")
@click.option("--json", "is_json", is_flag=True, help="One JSON object a thing on stdout.")
@click.pass_obj
def unmapped(office: Office, code: str, *, is_json: bool) -> None:
    """List what CODE's system told that is none of the register's facts, the latest first."""
    from dataclasses import asdict

    from ekino.intake.connectors import service

    with office.database() as db:
        service.list_all(db, code)
        rows = [asdict(each) for each in service.list_unmapped(db, code)]
    if is_json:
        for row in rows:
            print_json(row)
    else:
        print_table(rows, caption=f"{len(rows)} things")


@connectors.command()
@click.argument("code")
@click.pass_obj
def pause(office: Office, code: str) -> None:
    """Read CODE's system no more until it is run again; its cursor stays."""
    _set_state(office, code, "paused")


@connectors.command()
@click.argument("code")
@click.pass_obj
def run(office: Office, code: str) -> None:
    """Read CODE's system again, at once and from where it stood."""
    _set_state(office, code, "running")


def _set_state(office: Office, code: str, state: str) -> None:
    from ekino.intake.connectors import service
    from ekino.intake.connectors.model import ConnectorState
    from ekino.kernel.moments import now

    with office.database() as db:
        service.set_state(db, code, ConnectorState(state), by="cli", at=now())
    click.echo(f"{code} is {state}.", err=True)
