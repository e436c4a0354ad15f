"""`ekino verify`: what a ticket is, on the command line."""

import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from ekino.cli.office import Exit, Office, print_json

if TYPE_CHECKING:
    from ekino.verify.service import Checked

# Whose addresses hold tickets of this register, besides its own public one.
_HOSTS = frozenset({"ekino.kz", "127.0.0.1", "localhost"})


@click.command()
@click.argument("token")
@click.option("--json", "is_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_obj
def verify(office: Office, token: str, *, is_json: bool) -> None:
    """
    Say what the ticket with TOKEN is: a code's whole address, or its 167 characters.

    Leaves with 0 when it is registered and with 3 otherwise. Nothing is counted or stated.
    """
    from ekino.verify.pages.check import describe
    from ekino.verify.service import Checker
    from ekino.verify.token import read_address

    host, text = read_address(token)
    own = urlsplit(office.settings.public_url).hostname
    if host and host.partition(":")[0] not in _HOSTS | {own}:
        # Not our address: whatever it holds, it is no ticket of this register.
        text = ""
    with office.database() as db:
        checker = Checker(db)
        checked = checker.check(text, is_counted=False)
        checker.close()
    if is_json:
        print_json(describe(checked, None))
    else:
        for line in _lines(checked):
            click.echo(line)
        click.echo(f"among the first {checked.reach.size} entries", err=True)
    sys.exit(Exit.DONE if checked.verdict == "registered" else Exit.PROBLEMS_FOUND)


def _lines(checked: "Checked") -> list[str]:
    place, sale, judgement = checked.place, checked.sale, checked.judgement
    lines = [checked.verdict.replace("_", " ")]
    if judgement.until is not None:
        lines.append(
            f"  the seller may send it until {judgement.until:%Y-%m-%d %H:%M:%S} UTC"
        )
    if judgement.differs:
        lines.append(f"  differs: {', '.join(judgement.differs)}")
    if place is not None:
        names = (place.title("en")[0], place.venue, place.hall)
        starts = f"{place.starts_at:%Y-%m-%d %H:%M} UTC"
        lines.append("  " + ", ".join((*filter(None, names), starts)))
    if sale is not None:
        where = f"row {sale.row or '-'}, seat {sale.seat or '-'}"
        lines.append(f"  position {sale.position}, {where}")
    return lines
