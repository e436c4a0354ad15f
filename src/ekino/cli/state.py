"""`ekino status`: how the system is, and what an operator says about an interruption."""

from datetime import UTC, datetime

import click

from ekino.cli.office import Office, print_json, print_table

_INSTANT = click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


@click.group(invoke_without_command=True)
@click.option("--json", "is_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_context
def status(ctx: click.Context, *, is_json: bool) -> None:
    """Show how each component is now, and how much of ninety days it was up."""
    if ctx.invoked_subcommand is not None:
        return
    from ekino.kernel.moments import now
    from ekino.opendata import service
    from ekino.totals.model.day import Country

    office: Office = ctx.obj
    settings = office.settings
    country = Country(settings.country, settings.currency, settings.timezone)
    with office.database() as db:
        state = service.read_state(db, country, at=now())
    rows = [
        {
            "component": each.component.value,
            "state": each.state.value,
            "lag_s": each.lag_s,
            "measured_at": each.measured_at,
            "share_up": each.share_up,
        }
        for each in state.components
    ]
    if is_json:
        print_json({"at": state.at, "components": rows})
    else:
        print_table(rows, caption=f"as of {state.at:%Y-%m-%d %H:%M:%S} UTC")


@status.command()
@click.argument("component")
@click.option("--begins", type=_INSTANT, required=True, help="When it began, in UTC.")
@click.option("--ends", type=_INSTANT, help="When it was over, in UTC; else it goes on.")
@click.option("--kk", required=True, help="What to say, in Kazakh.")
@click.option("--ru", required=True, help="In Russian.")
@click.option("--en", required=True, help="In English.")
@click.pass_obj
def note(
    office: Office,
    component: str,
    begins: datetime,
    ends: datetime | None,
    kk: str,
    ru: str,
    en: str,
) -> None:
    """Note an interruption of COMPONENT on the page of the state, and print its number."""
    from ekino.opendata import service

    with office.database() as db:
        number = service.note_incident(
            db,
            component,
            begins_at=begins.replace(tzinfo=UTC),
            ends_at=ends.replace(tzinfo=UTC) if ends else None,
            words={"kk": kk, "ru": ru, "en": en},
        )
    click.echo(number)


@status.command()
@click.argument("number", type=int)
@click.option("--at", type=_INSTANT, required=True, help="When it was over, in UTC.")
@click.pass_obj
def end(office: Office, number: int, at: datetime) -> None:
    """Say when the interruption with this NUMBER was over."""
    from ekino.opendata import service

    with office.database() as db:
        service.end_incident(db, number, ends_at=at.replace(tzinfo=UTC))
