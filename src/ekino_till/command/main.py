"""The entry point: parse, run, and say what went wrong with the command that comes next."""

import os
import sys
from collections.abc import Sequence

from ekino_till.client import NotAnswered, RefusedByRegister
from ekino_till.command.desk import Desk, DeskError, Exit
from ekino_till.command.parser import build
from ekino_till.events import EventMalformed
from ekino_till.receipts import ReceiptWrong
from ekino_till.roll import AlreadySold
from ekino_till.spool import SpoolBroken, SpoolFull, SpoolTaken
from ekino_till.token import TicketMalformed

_FOLLOWING: tuple[tuple[type[Exception], Exit, str], ...] = (
    (EventMalformed, Exit.WRONG_USAGE, "correct the option of that name"),
    (TicketMalformed, Exit.WRONG_USAGE, "correct the option of that name"),
    (AlreadySold, Exit.FAILED, "sell under another --ticket"),
    (SpoolFull, Exit.TRY_AGAIN_LATER, "make room: ekino-till send"),
    (SpoolTaken, Exit.TRY_AGAIN_LATER, "wait for the other process, then the same again"),
    (
        SpoolBroken,
        Exit.FAILED,
        "keep the folder, and begin anew: ekino-till init --folder NEW",
    ),
    (ReceiptWrong, Exit.FAILED, "compare the key with /keys of the register"),
    (NotAnswered, Exit.TRY_AGAIN_LATER, "nothing is lost; the same again"),
    (RefusedByRegister, Exit.FAILED, "see docs/reference/errors.md"),
    (ValueError, Exit.WRONG_USAGE, "ekino-till --help"),
    (OSError, Exit.FAILED, "look at the folder, its rights and its disk"),
)


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code."""
    arguments = build().parse_args(words)
    try:
        return int(arguments.run(Desk(arguments), arguments))
    except DeskError as error:
        _explain(str(error), error.following)
        return int(error.code)
    except BrokenPipeError:
        # Whoever read has read enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Exit.DONE)
    except tuple(kind for kind, _, _ in _FOLLOWING) as error:
        code, following = next(
            (code, words) for kind, code, words in _FOLLOWING if isinstance(error, kind)
        )
        _explain(str(error), following)
        return int(code)


def _explain(words: str, following: str) -> None:
    sys.stderr.write(f"ekino-till: {words}\n  next: {following}\n")
