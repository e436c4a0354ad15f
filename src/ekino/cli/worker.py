"""`ekino worker`: the followers."""

import logging
import signal
import threading
from functools import partial

import click

from ekino.cli.office import Office


@click.command()
@click.argument("followers", nargs=-1)
@click.pass_obj
def worker(office: Office, followers: tuple[str, ...]) -> None:
    """Follow the register with FOLLOWERS (all of them when none is named) until told to stop."""
    from ekino.worker.supervise import FOLLOWERS, run

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    unknown = [name for name in followers if name not in FOLLOWERS]
    if unknown:
        message = f"no follower {unknown[0]!r}; there are {', '.join(FOLLOWERS)}"
        raise click.UsageError(message)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with office.database() as db:
        click.echo(f"ekino follows: {', '.join(followers or FOLLOWERS)}", err=True)
        run(
            db,
            office.settings,
            list(followers or FOLLOWERS),
            stop,
            # Whoever names followers wants those and no others.
            test=None if followers else partial(office.test_database, db),
        )
