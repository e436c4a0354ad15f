"""`ekino`: the commands, listed by hand and loaded when they are asked for."""

import importlib
import sys

import click

from ekino.kernel.errors import EkinoError

# Command → the module that holds it under its own name. Loading one costs nothing to the others,
# so that `ekino --help` is quick.
COMMANDS = {
    "serve": ("ekino.cli.serve", "Serve the web: the API, the live page, the streams."),
    "worker": (
        "ekino.cli.worker",
        "Follow the register: totals, log, files, notices and the rest.",
    ),
    "demo": ("ekino.cli.demo", "Start everything with the demonstration country."),
    "replay": ("ekino.cli.replay", "Send a table of showings as ticket events."),
    "import": (
        "ekino.cli.files",
        "Hand a file in for a source: sheets, tables, native lines.",
    ),
    "connectors": (
        "ekino.cli.connectors",
        "Have other ticketing systems read: pretix, Hi.Events, alf.io, Attendize.",
    ),
    "export": ("ekino.cli.export", "Write days of the register in a format others read."),
    "validate": ("ekino.cli.files", "Look at a file before it is handed in."),
    "catalog": ("ekino.cli.catalog", "Load and list venues, halls, films, showings."),
    "totals": ("ekino.cli.totals", "Group tickets and takings by anything; rebuild."),
    "proofs": ("ekino.cli.proofs", "Sign the log, audit the register, verify a copy."),
    "keys": ("ekino.cli.keys", "List, add and revoke keys."),
    "people": ("ekino.cli.people", "Add people, grant roles, make sign-in links."),
    "verify": ("ekino.cli.verify", "Say what a ticket is, by its code."),
    "certify": (
        "ekino.cli.certify",
        "Certify a till in the test register; check a certificate.",
    ),
    "claims": ("ekino.cli.claims", "Forget contacts of claims whose time is over."),
    "status": ("ekino.cli.state", "Show how the system is; note an interruption."),
    "db": ("ekino.cli.db", "Migrate the database, say how it stands."),
    "logs": ("ekino.cli.integrating", "Show the newest requests of programs."),
    "events": ("ekino.cli.integrating", "Print entries as they are entered."),
    "listen": ("ekino.cli.integrating", "Take notices to a local program."),
    "trigger": ("ekino.cli.integrating", "Tell a notice to try things out."),
    "webhooks": ("ekino.cli.integrating", "Add and list endpoints; deliver again."),
    "doctor": ("ekino.cli.doctor", "Look for what is wrong, and say how to mend it."),
    "bench": ("ekino.cli.bench", "Measure; check every answer first."),
}


class _Commands(click.Group):
    """A group whose commands are imported when they are named."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, words = COMMANDS[cmd_name]
        if ctx.resilient_parsing or "--help" in sys.argv[1:2] or len(sys.argv) == 1:
            return click.Command(cmd_name, short_help=words)
        return getattr(importlib.import_module(module), cmd_name)  # type: ignore[no-any-return]


@click.command(cls=_Commands, context_settings={"help_option_names": ["--help"]})
@click.version_option(package_name="ekino", prog_name="ekino")
@click.pass_context
def ekino(ctx: click.Context) -> None:
    """Run the national register of cinema, concert and theatre ticket sales."""
    from ekino.cli.office import Office

    ctx.obj = Office()


def main() -> None:
    """Run the command line and leave with a code of the one table."""
    try:
        ekino(standalone_mode=True)
    except EkinoError as error:
        from ekino.cli.office import explain

        sys.exit(explain(error))


if __name__ == "__main__":
    main()
