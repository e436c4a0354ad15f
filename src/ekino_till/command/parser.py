"""The command line as a tree of argparse; docs/reference/till.md is written from it."""

import difflib
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from typing import Any, NoReturn

from ekino_till.command import certifying, selling, sending, starting
from ekino_till.command.desk import PRODUCT, PRODUCT_VERSION
from ekino_till.events import PAYMENTS, SALES_CHANNELS

FOLDER = "ekino-till"
# A script that calls every minute has given up by then.
GIVE_UP_AFTER_S = 30.0


class Parser(ArgumentParser):
    """Long options only, none shortened; a mistyped word is answered with the nearest."""

    def __init__(self, *more: Any, **options: Any) -> None:
        """Make a parser that guesses nothing."""
        super().__init__(*more, **{"allow_abbrev": False, **options})

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and what was probably meant, and leave with 2."""
        words = message
        if "invalid choice: '" in message:
            typed, _, rest = message.partition("invalid choice: '")[2].partition("'")
            choices = [
                each.strip(" '()") for each in rest.partition("choose from ")[2].split(",")
            ]
            if near := difflib.get_close_matches(typed, choices, 1):
                words = f"{typed!r} is none; did you mean {near[0]!r}?"
        sys.stderr.write(f"{self.prog}: {words}\n  next: {self.prog} --help\n")
        raise SystemExit(2)


def build() -> Parser:
    """Give the parser; each command's function is `run` of what it parses."""
    parser = Parser(
        prog="ekino-till",
        description="A ticketing system in a shell script: sells without a network, sends "
        "when there is one, and keeps the register's signed receipts.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, run: Callable[..., Any]) -> Parser:
        return _command(commands, name, run)

    _init(command("init", starting.init))
    _announce(command("announce", selling.announce))
    one = command("cancel", selling.cancel)
    _about_showing(one)
    one.add_argument("--reason", default="", help="Why.")
    _sell(command("sell", selling.sell))
    _about_tickets(command)
    _send(command)
    rotating = command("rotate", starting.rotate)
    rotating.add_argument("--key", required=True, help="Name of the new key.")
    rotating.add_argument(
        "--overlap-s", type=int, help="How long both are taken; else a week."
    )
    _receipts(commands)
    _certify(command("certify", certifying.certify))
    return parser


def _command(commands: Any, name: str, run: Callable[..., Any]) -> Parser:
    words = (run.__doc__ or "").strip()
    one: Parser = commands.add_parser(name, help=words, description=words)
    one.add_argument("--folder", default=FOLDER, help="The till's folder.")
    one.add_argument(
        "--json", action="store_true", help="One JSON object a line on stdout."
    )
    one.set_defaults(run=run)
    return one


def _init(one: Parser) -> None:
    one.add_argument(
        "--register", required=True, help="Address, such as https://ekino.example."
    )
    one.add_argument(
        "--key", required=True, help="Name of the key that signs, such as test.vendor/1."
    )
    one.add_argument("--venue", required=True, help="Code of the venue in the catalog.")
    one.add_argument(
        "--code", default="", help="One-time code from /dev/keys, which enrols the key."
    )
    one.add_argument(
        "--till-key", default="", help="Name of a key that signs tickets, of kind till."
    )
    one.add_argument("--timezone", default="", help="IANA name; else the catalog's.")
    one.add_argument(
        "--receipts-key", default="", help="The register's public key; else that of /keys."
    )
    one.add_argument("--product", default=PRODUCT, help="Who speaks, for reports.")
    one.add_argument(
        "--product-version", default=PRODUCT_VERSION, help="And in which version."
    )


def _about_showing(one: Parser, *, is_required: bool = True) -> None:
    one.add_argument(
        "--showing", required=is_required, default="", help="Code of the showing."
    )
    one.add_argument("--venue", default="", help="Code of the venue; else that of init.")


def _announce(one: Parser) -> None:
    _about_showing(one)
    one.add_argument("--hall", required=True, help="Code of the hall in the catalog.")
    one.add_argument(
        "--film-version", required=True, help="Code of the version in the catalog."
    )
    one.add_argument(
        "--starts-at", required=True, help="Such as 2026-11-26T19:30, at the venue."
    )
    one.add_argument("--format", default="", help="2D, 3D, IMAX.")
    one.add_argument("--capacity", type=int, help="Places, when other than the hall's.")
    one.add_argument(
        "--price", type=_price, action="append", help="NAME=MINOR, more than once."
    )


def _price(text: str) -> tuple[str, int]:
    name, _, amount = text.rpartition("=")
    if not name or not amount.isdigit():
        message = f"{text!r} is no price such as adult=250000"
        raise ArgumentTypeError(message)
    return name, int(amount)


def _sell(one: Parser) -> None:
    _about_showing(one)
    one.add_argument(
        "--price-minor", type=int, required=True, help="What the viewer paid, in tiyn."
    )
    one.add_argument(
        "--ticket", default="", help="The ticket's number: sold once, however often asked."
    )
    one.add_argument(
        "--sales-channel",
        help="Where it was bought.",
        choices=SALES_CHANNELS,
        default="box_office",
    )
    for name in ("section", "row", "seat", "concession", "operator", "till"):
        one.add_argument(f"--{name}", default="", help=f"The sale's {name}.")
    one.add_argument(
        "--payment", default="", choices=("", *PAYMENTS), help="How it was paid."
    )
    one.add_argument("--fee-minor", type=int, help="A fee besides the price.")
    one.add_argument(
        "--discount-minor", type=int, help="What was taken off before the price."
    )
    one.add_argument(
        "--token", action="store_true", help="Sign a ticket, and give its QR address."
    )
    one.add_argument(
        "--hall-number", type=int, help="The hall's number in the catalog, for --token."
    )
    one.add_argument(
        "--starts-at", default="", help="When the showing starts, for --token."
    )
    one.add_argument(
        "--place", type=int, help="The place's number in the hall, for --token."
    )


def _about_tickets(command: Callable[[str, Callable[..., Any]], Parser]) -> None:
    for name, run in (
        ("refund", selling.refund),
        ("void", selling.void),
        ("correct", selling.correct),
        ("admit", selling.admit),
    ):
        one = command(name, run)
        one.add_argument("--ticket", required=True, help="The ticket's number.")
        _about_showing(one, is_required=False)
        if name == "refund":
            one.add_argument(
                "--price-minor", type=int, help="What is given back; else the price."
            )
        if name == "correct":
            one.add_argument(
                "--price-minor", type=int, required=True, help="What it really cost."
            )
        if name == "admit":
            one.add_argument("--gate", default="", help="Where.")
        else:
            is_required = name == "correct"
            one.add_argument("--reason", required=is_required, default="", help="Why.")


def _send(command: Callable[[str, Callable[..., Any]], Parser]) -> None:
    one = command("send", sending.send)
    one.add_argument("--follow", action="store_true", help="Go on until told to stop.")
    one.add_argument(
        "--give-up-after-s", type=float, default=GIVE_UP_AFTER_S, help="Without an answer."
    )
    one = command("refused", sending.refused)
    one.add_argument(
        "--again", action="store_true", help="Put them back at the end of the line."
    )
    one.add_argument(
        "--outcome", action="append", default=[], help="Only these; more than once."
    )
    one = command("status", sending.show_state)
    one.add_argument("--offline", action="store_true", help="Without asking the register.")
    one.add_argument(
        "--final",
        default="",
        help="Days up to this one are final, such as 2026-11-25; those that are over are anyway.",
    )


def _receipts(commands: Any) -> None:
    words = "Show the register's signed receipts, and prove them without it."
    group = commands.add_parser("receipts", help=words, description=words)
    below = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    one = _command(below, "verify", sending.verify_receipts)
    one.add_argument(
        "--receipts-key", default="", help="The register's public key; else that of init."
    )
    one = _command(below, "list", sending.show_receipts)
    one.add_argument("--ticket", default="", help="Only those about this ticket.")


def _certify(one: Parser) -> None:
    one.add_argument("--product", required=True, help="What is certified.")
    one.add_argument("--version", required=True, help="Of which version.")
    presets = ("counter", "online", "aggregator", "full")
    one.add_argument(
        "--preset", default="full", choices=presets, help="For which kind of vendor."
    )
    one.add_argument(
        "--level", action="append", default=[], help="Only these levels; more than once."
    )
