"""docs/reference/cli.md: every command, option and exit code."""

import importlib
from collections.abc import Iterator
from importlib.util import find_spec

import click

from ekino.cli.main import COMMANDS
from ekino.cli.office import Exit
from reference.markdown import code, page, table

_EXITS = {
    Exit.DONE: "what was asked for is done",
    Exit.FAILED: "it failed or was refused; the sentence on standard error says why",
    Exit.WRONG_USAGE: "there is no such command or option, or a value cannot be read",
    Exit.PROBLEMS_FOUND: "a check ran to its end and found problems",
    Exit.NOT_CERTIFIED: "a till did not pass its certification",
    Exit.TRY_AGAIN_LATER: "it cannot be done just now; asking again is safe",
}


def cli() -> str:
    """Write the page."""
    return page(
        "Command line",
        "What was asked for goes to standard output, talk to standard error.\n"
        "People get a table, programs `--json`.\n"
        "Options are long; their order does not matter.",
        "## Exit codes\n\n"
        + table(
            ("Code", "Means"), [(code(int(each)), words) for each, words in _EXITS.items()]
        ),
        *(part for command in commands() for part in describe(*command)),
    )


def commands() -> Iterator[tuple[str, click.Command]]:
    """Give the commands that are there, in the order of `ekino --help`."""
    for name, (module, _) in COMMANDS.items():
        if find_spec(module):
            yield f"ekino {name}", getattr(importlib.import_module(module), name)


def describe(path: str, command: click.Command) -> Iterator[str]:
    """Write one command, then those below it."""
    if (
        not command.params
        and isinstance(command, click.Group)
        and not command.invoke_without_command
    ):
        yield f"## {path}\n\n{command.help}"
    else:
        arguments = "".join(
            f" {each.make_metavar(click.Context(command))}"
            for each in command.params
            if isinstance(each, click.Argument)
        )
        rows = [
            (code(each.opts[0] + _value(each)), _default(each), each.help or "")
            for each in command.params
            if isinstance(each, click.Option)
        ]
        text = f"## {path}{arguments}\n\n{command.help}"
        yield text + ("\n\n" + table(("Option", "Default", "Does"), rows) if rows else "")
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from describe(f"{path} {name}", below)


def _value(option: click.Option) -> str:
    if option.is_flag:
        return ""
    return " " + option.make_metavar(click.Context(click.Command("ekino")))


def _default(option: click.Option) -> str:
    if option.is_flag or not isinstance(option.default, str | int | float):
        return ""
    return code(option.default)
