"""`ekino export`: what the register holds of some days, in a format that others read."""

import sys
from datetime import datetime

import click

from ekino.cli.office import Office


@click.command()
@click.option(
    "--format", "format_", type=click.Choice(["ndjson", "nightly"]), required=True
)
@click.option(
    "--from",
    "from_day",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    help="First day.",
)
@click.option(
    "--to",
    "to_day",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    help="Day after the last.",
)
@click.option(
    "--venue", help="Code of a venue; else all of them. A nightly file needs one."
)
@click.option("--source", help="Code of a source; else all of them.")
@click.pass_obj
def export(
    office: Office,
    format_: str,
    from_day: datetime,
    to_day: datetime,
    venue: str | None,
    source: str | None,
) -> None:
    """Write events (ndjson), or a venue's summary of one day (nightly), to standard output."""
    from ekino.ingest.formats import native_ndjson
    from ekino.intake.service import exporting

    first, past_last = from_day.date(), to_day.date()
    out = sys.stdout.buffer
    with office.database() as db:
        if format_ == "nightly":
            if venue is None:
                message = "a nightly file is of one venue: name it with --venue"
                raise click.UsageError(message)
            if (past_last - first).days != 1:
                message = "a nightly file is of one day: --to is the day after --from"
                raise click.UsageError(message)
            for content in exporting.nightly_files(
                db, venue, from_date=first, to_date=past_last
            ):
                out.write(content)
            return
        events = exporting.read_events(
            db, from_date=first, to_date=past_last, venue=venue, source=source
        )
        for line in native_ndjson.write(events):
            out.write(line)
