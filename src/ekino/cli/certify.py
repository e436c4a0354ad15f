"""`ekino certify`: lead a till through its certification, and check a certificate without us."""

import json
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ekino.cli.office import Exit, Office, print_json
from ekino.kernel.errors import Refused

if TYPE_CHECKING:
    from ekino.cli.replay.send import Line

PATH = "/v1/certification"
# A till does one task within this time.
TASK_S_MAX = 120
# What a task brought about is seen within this time: requests are written down in groups.
SEEN_S_MAX = 6.0
_LOOK_EVERY_S = 0.25
# How long the register may be away.
_GIVE_UP_AFTER_S = 60.0
_MARKS = {"pass": "✓", "warn": "!", "fail": "✗", "skipped": "–", "waiting": "…"}


@click.group(invoke_without_command=True)
@click.option("--url", help="The register's address.", envvar="EKINO_PUBLIC_URL")
@click.option(
    "--key", "key_file", type=click.Path(dir_okay=False), help="The test key (PEM)."
)
@click.option("--key-id", help="Its name: test.…")
@click.option("--product", help="What is certified.")
@click.option("--version", "product_version", help="Its version.")
@click.option("--preset", default="counter", show_default=True, help="counter, online, …")
@click.option("--till", "command", help="Is run for each test; reads its task on stdin.")
@click.option("--to", type=click.Path(dir_okay=False), help="Where the certificate goes.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_context
def certify(  # noqa: PLR0913 - one option each
    ctx: click.Context,
    *,
    url: str | None,
    key_file: str | None,
    key_id: str | None,
    product: str | None,
    product_version: str | None,
    preset: str,
    command: str | None,
    to: str | None,
    is_json: bool,
) -> None:
    """
    Lead a till through its certification, test by test.

    The till's command reads {"test": …, "actions": […]} on stdin, does the actions through its
    own signed batches and leaves with 0; for the test `tokens` it prints {"answers": […]}.
    Leaves with 4 when not every level is earned.
    """
    if ctx.invoked_subcommand is not None:
        return
    if not (url and key_file and key_id and product and product_version and command):
        message = "give --url, --key, --key-id, --product, --version and --till"
        raise click.UsageError(message)
    line = _line(url, key_file, key_id)
    begun = {"product": product, "version": product_version, "preset": preset}
    run = line.ask("POST", PATH, json.dumps(begun).encode())
    address = f"{PATH}/{run['reference']}"
    click.echo(f"certification {run['reference']}: {run['vendor']} {product}", err=True)
    run = _lead(line, address, shlex.split(command))
    if run["state"] == "running":
        run = line.ask("POST", f"{address}/end", b"{}")
    line.close()
    _report(run, to, is_json=is_json)
    is_certified = run["state"] == "certified"
    sys.exit(Exit.DONE if is_certified else Exit.NOT_CERTIFIED)


def _line(url: str, key_file: str, key_id: str) -> "Line":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    from ekino.cli.replay.send import Line

    try:
        private = load_pem_private_key(Path(key_file).read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise Refused(f"{key_file}: {error}", code="key_unreadable") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise Refused(f"{key_file} holds no Ed25519 key", code="key_unreadable")
    return Line(url, key_id, private, _GIVE_UP_AFTER_S)


def _lead(line: "Line", address: str, command: list[str]) -> Any:
    """Hand the till one task after the other, until all are decided or one is not seen."""
    run = line.ask("GET", address)
    while run["current"] is not None:
        task = run["current"]
        answers = _do(command, task)
        if answers:
            body = json.dumps({"do": "answer", "answers": answers}).encode()
            line.ask("POST", f"{address}/steps/{task['test']}", body)
        run = _seen(line, address, task["test"])
        if run["current"] is not None and run["current"]["test"] == task["test"]:
            click.echo(f"  … {task['test']}: nothing of it was seen", err=True)
            body = json.dumps({"do": "skip"}).encode()
            run = line.ask("POST", f"{address}/steps/{task['test']}", body)
            run = line.ask("GET", address)
    return run


def _do(command: list[str], task: dict[str, Any]) -> list[str]:
    """Run the till's command for one task, and give what it answers."""
    try:
        done = subprocess.run(  # noqa: S603 - the command is the asker's own till
            command,
            input=json.dumps(task),
            capture_output=True,
            text=True,
            timeout=TASK_S_MAX,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        click.echo(f"  {task['test']}: {error}", err=True)
        return []
    if done.returncode != 0:
        words = done.stderr.strip().splitlines()[-1:] or ["no word"]
        click.echo(f"  {task['test']}: left with {done.returncode}: {words[0]}", err=True)
    try:
        told = json.loads(done.stdout)
    except ValueError:
        return []
    found = told.get("answers") if isinstance(told, dict) else None
    return [str(each) for each in found] if isinstance(found, list) else []


def _seen(line: "Line", address: str, test: str) -> Any:
    """Look until a test is decided, or for as long as that may take."""
    until = time.monotonic() + SEEN_S_MAX
    while True:
        run = line.ask("GET", address)
        current = run["current"]
        is_decided = current is None or current["test"] != test
        if is_decided or time.monotonic() > until:
            return run
        time.sleep(_LOOK_EVERY_S)


def _report(run: Any, to: str | None, *, is_json: bool) -> None:
    if to and run["certificate"]:
        text = json.dumps(run["certificate"], ensure_ascii=False, indent=1)
        Path(to).write_text(text + "\n", "utf-8")
    if is_json:
        print_json(run)
        return
    level = ""
    for step in run["steps"]:
        if step["level"] != level:
            level = step["level"]
            mark = "✓" if level in run["earned"] else "✗"
            click.echo(f"{mark} {level}")
        click.echo(f"  {_MARKS[step['state']]} {step['test']}: {step['detail']}")
        if step["state"] == "fail":
            for words in step["request"].splitlines()[:40]:
                click.echo(f"      {words[:160]}")
            click.echo(f"    {run['reference']}: how to mend it: /dev/certification")
    click.echo("certified" if run["state"] == "certified" else "not certified")


@certify.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--vkey", help="The register's receipts key: name+id+base64.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_obj
def verify(office: Office, file: str, *, vkey: str | None, is_json: bool) -> None:
    """
    Check a certificate's signature and its time, without a network.

    Leaves with 4 when it is not genuine or no longer holds. Whether it was withdrawn, the
    public list says.
    """
    from ekino.certification.model.certificate import Unproved, read_certificate
    from ekino.kernel.moments import now

    try:
        document = json.loads(Path(file).read_text("utf-8"))
        members = read_certificate(document, vkey or _own_vkey(office))
    except (ValueError, Unproved) as error:
        click.echo(f"not genuine: {error}", err=True)
        sys.exit(Exit.NOT_CERTIFIED)
    is_over = members["ends_date"] < now().date().isoformat()
    if is_json:
        print_json({**members, "is_over": is_over})
    else:
        click.echo(f"{members['vendor']}: {members['product']} {members['version']}")
        click.echo(f"  levels {', '.join(members['levels'])}")
        click.echo(f"  until {members['ends_date']}" + (" (over)" if is_over else ""))
    sys.exit(Exit.NOT_CERTIFIED if is_over else Exit.DONE)


def _own_vkey(office: Office) -> str:
    """Give the vkey of this machine's own register, where it is one."""
    from ekino.proofs.keys import RECEIPTS_SUFFIX, ensure_key

    path = office.settings.data_dir / "keys" / "receipts.key"
    if not path.is_file():
        detail = "give the register's receipts key with --vkey: it stands under /keys"
        raise Refused(detail, code="vkey_missing")
    origin = office.settings.origin
    signer, _ = ensure_key(path, origin + RECEIPTS_SUFFIX)
    return signer.verifier.vkey


@certify.command()
@click.argument("reference")
@click.option("--because", required=True, help="Why, in words that the vendor may read.")
@click.pass_obj
def withdraw(office: Office, reference: str, *, because: str) -> None:
    """Withdraw a certificate: the public list says so from now on."""
    from ekino.certification import service
    from ekino.kernel.moments import now

    with office.database() as live, office.test_database(live) as db:
        service.withdraw(db, reference.upper(), because, actor="command line", at=now())
    click.echo(f"certificate {reference.upper()} is withdrawn", err=True)
