"""`ekino db`: migrations."""

import click

from ekino.cli.office import Office, print_json, print_table


@click.group()
def db() -> None:
    """Migrate the database, say how it stands."""


@db.command()
@click.option("--stage", type=click.Choice(["pre", "post"]), help="Only this stage.")
@click.pass_obj
def migrate(office: Office, stage: str | None) -> None:
    """Apply what is missing."""
    # Opening a database migrates it; a stage by itself is for a release in two steps.
    import psycopg

    from ekino.db.migrate import migrate as apply

    if stage is None or not office.settings.database_url:
        with office.database():
            click.echo("the database is migrated", err=True)
        return
    with psycopg.connect(office.settings.database_url, autocommit=True) as connection:
        done = apply(connection, stage="pre" if stage == "pre" else "post")
    click.echo(f"{len(done)} migrations applied", err=True)


@db.command()
@click.option("--json", "is_json", is_flag=True, help="One JSON object a migration.")
@click.pass_obj
def state(office: Office, *, is_json: bool) -> None:
    """List the migrations and when each was applied."""
    import psycopg

    from ekino.db.migrate import applied_migrations, known_migrations

    with office.database() as database, psycopg.connect(database.dsn) as connection:
        applied = applied_migrations(connection)
    rows = [
        {
            "number": each.number,
            "stage": each.stage,
            "name": each.name,
            "applied_at": applied[each.number][1] if each.number in applied else None,
        }
        for each in known_migrations()
    ]
    if is_json:
        for row in rows:
            print_json(row)
    else:
        print_table(rows, caption=f"{len(applied)} of {len(rows)} migrations applied")
