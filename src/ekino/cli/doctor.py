"""`ekino doctor`: looks for what is wrong, and ends each ✗ with the command that mends it."""

import shutil
import sys
from collections.abc import Callable

import click

from ekino.cli.office import Exit, Office, print_json
from ekino.kernel.errors import EkinoError

_DISK_FREE_MIN_BYTES = 2 * 1024**3


@click.command()
@click.option("--json", "is_json", is_flag=True, help="One JSON object a check on stdout.")
@click.pass_obj
def doctor(office: Office, *, is_json: bool) -> None:
    """Check Python, disk, database, durability, the register and the totals."""
    checks: list[tuple[str, bool, str, str]] = []
    checks.append(
        (
            "python",
            sys.version_info >= (3, 11),
            sys.version.split()[0],
            "install Python ≥ 3.11",
        )
    )
    folder = office.settings.data_dir
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    checks.append(
        (
            "disk",
            free > _DISK_FREE_MIN_BYTES,
            f"{free // 2**30} GiB free",
            f"df -h {folder}",
        )
    )
    checks.extend(_database_checks(office))
    for name, is_good, words, fix in checks:
        if is_json:
            print_json({"check": name, "is_good": is_good, "found": words, "fix": fix})
        else:
            mend = "" if is_good else f" → {fix}"
            click.echo(f"{'✓' if is_good else '✗'} {name}: {words}{mend}")
    if not all(is_good for _, is_good, _, _ in checks):
        sys.exit(Exit.PROBLEMS_FOUND)


def _database_checks(office: Office) -> list[tuple[str, bool, str, str]]:
    from ekino.register import service as register
    from ekino.totals import service as totals

    found: list[tuple[str, bool, str, str]] = []

    def check(name: str, look: Callable[[], str], fix: str) -> None:
        try:
            found.append((name, True, look(), ""))
        except EkinoError as error:
            found.append((name, False, error.detail, fix))

    try:
        with office.database() as db:
            found.append(("database", True, "durable and migrated", ""))
            check(
                "register",
                lambda: f"{register.verify_gapless(db)} entries, no gap",
                "restore the register from its last backup and its log",
            )

            def lag() -> str:
                as_of, size = totals.read_lag(db)
                return f"{size - as_of} entries behind the register"

            check("totals", lag, "ekino worker totals")
    except EkinoError as error:
        found.append(("database", False, error.detail, "see docs/how-to"))
    return found
