"""docs/reference/ekino-till.md: every command and option of the kit's command."""

from argparse import Action, ArgumentParser, _HelpAction, _SubParsersAction
from collections.abc import Iterator

from ekino_till.command.desk import Exit
from ekino_till.command.parser import build
from reference.markdown import code, page, table

_EXITS = {
    Exit.DONE: "what was asked for is done",
    Exit.FAILED: "it failed or was refused; standard error says why and what comes next",
    Exit.WRONG_USAGE: "there is no such command or option, or a value cannot be read",
    Exit.PROBLEMS_FOUND: "it looked and found something: events refused or waiting, a wrong clock",
    Exit.NOT_CERTIFIED: "the certification was not passed",
    Exit.TRY_AGAIN_LATER: "the register is away, or another process has the spool: again is safe",
}


def till() -> str:
    """Write the page."""
    return page(
        "The command ekino-till",
        "A ticketing system in a shell script, with the kit `ekino_till`; [every byte](for-implementers.md) is for whoever does without both.\n"
        "What was asked for goes to standard output, talk to standard error; with `--json` it is"
        " one object a line.\n"
        "An error says what, why and the next command.",
        "## Exit codes\n\n"
        + table(
            ("Code", "Means"), [(code(int(each)), words) for each, words in _EXITS.items()]
        ),
        *(part for path, parser in _commands(build()) for part in _describe(path, parser)),
    )


def _commands(parser: ArgumentParser) -> Iterator[tuple[str, ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action, _SubParsersAction):
            for name, below in action.choices.items():
                yield f"{parser.prog.removesuffix(' COMMAND')} {name}", below
                yield from _commands(below)


def _describe(path: str, parser: ArgumentParser) -> Iterator[str]:
    rows = [
        (code(_spelling(action)), "yes" if action.required else "", action.help or "")
        for action in parser._actions
        if not isinstance(action, _HelpAction | _SubParsersAction)
    ]
    text = f"## {path}\n\n{parser.description}"
    yield text + ("\n\n" + table(("Option", "Required", "Does"), rows) if rows else "")


def _spelling(action: Action) -> str:
    name = action.option_strings[0]
    if action.nargs == 0:
        return name
    if action.choices is not None:
        return f"{name} {{{'|'.join(str(each) for each in action.choices if each)}}}"
    return f"{name} {action.dest.upper()}"
