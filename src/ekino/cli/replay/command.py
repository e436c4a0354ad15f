"""The command `ekino replay`; what it does is imported when it is done."""

import sys
from pathlib import Path

import click

from ekino.cli.office import Office
from ekino.ingest.model import BATCH_EVENTS_MAX

# Each till is a thread and a connection.
TILLS_MAX = 256


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--format", "format_", type=click.Choice(["sessions-csv"]), default="sessions-csv"
)
@click.option(
    "--url", help="A register that serves; else the local one, or one of our own."
)
@click.option("--tills", type=click.IntRange(1, TILLS_MAX), default=4, show_default=True)
@click.option(
    "--batch", type=click.IntRange(1, BATCH_EVENTS_MAX), default=1000, show_default=True
)
@click.option("--operator-key", type=click.Path(path_type=Path), help="PEM file of a key.")
@click.option("--country", default="IN", show_default=True, help="ISO 3166-1.")
@click.option("--currency", default="INR", show_default=True, help="ISO 4217.")
@click.option("--timezone", default="Asia/Kolkata", show_default=True, help="IANA name.")
@click.option("--give-up-after-s", type=click.FloatRange(1), default=300, show_default=True)
@click.option("--json", "is_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_obj
def replay(  # noqa: PLR0913 - the command's options
    office: Office,
    file: Path,
    format_: str,  # noqa: ARG001 - one format so far
    url: str | None,
    tills: int,
    batch: int,
    operator_key: Path | None,
    country: str,
    currency: str,
    timezone: str,
    give_up_after_s: float,
    is_json: bool,  # noqa: FBT001 - click's way
) -> None:
    """Send FILE, a table of showings with seats sold and takings, as ticket events."""
    from ekino.cli.replay.run import run

    sys.exit(
        run(
            office.settings,
            file,
            url=url,
            tills=tills,
            batch=batch,
            operator_key=operator_key,
            country=country,
            currency=currency,
            timezone=timezone,
            give_up_after_s=give_up_after_s,
            is_json=is_json,
        )
    )
