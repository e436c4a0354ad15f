"""`ekino totals`: group tickets and takings, and rebuild them."""

from datetime import datetime

import click

from ekino.cli.office import Office, print_json, print_table
from ekino.totals.model.groups import Dimension, read_dimensions


@click.group(invoke_without_command=True)
@click.option("--by", default="", help="Comma-separated, any of: " + ", ".join(Dimension))
@click.option("--from", "from_day", type=click.DateTime(["%Y-%m-%d"]), help="First day.")
@click.option(
    "--to", "to_day", type=click.DateTime(["%Y-%m-%d"]), help="Day after the last."
)
@click.option("--json", "is_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_context
def totals(
    ctx: click.Context,
    by: str,
    from_day: datetime | None,
    to_day: datetime | None,
    *,
    is_json: bool,
) -> None:
    """Group tickets and takings over business dates, from a day up to before another."""
    if ctx.invoked_subcommand is not None:
        return
    from ekino.totals import service

    office: Office = ctx.obj
    dimensions = read_dimensions(by)
    with office.database() as db:
        groups = service.read_groups(
            db,
            by=dimensions,
            from_date=from_day.date() if from_day else None,
            to_date=to_day.date() if to_day else None,
        )
    if is_json:
        print_json(
            {
                "as_of": groups.as_of,
                "at": groups.at,
                "register_size": groups.register_size,
                "rows": groups.rows,
            }
        )
        return
    caption = (
        f"as of position {groups.as_of} of {groups.register_size}, "
        f"{groups.at:%Y-%m-%d %H:%M:%S} UTC; amounts in minor units"
    )
    print_table(groups.rows, caption=caption)


@totals.command()
@click.option(
    "--dry-run", "is_dry_run", is_flag=True, help="Count, and keep what is there."
)
@click.pass_obj
def rebuild(office: Office, *, is_dry_run: bool) -> None:
    """Compute every total again from position 0."""
    from ekino.totals import service

    with office.database() as db:
        folded = service.rebuild(db, is_dry_run=is_dry_run)
    would = "would be" if is_dry_run else "were"
    click.echo(f"{folded} entries {would} folded again from position 0", err=True)
