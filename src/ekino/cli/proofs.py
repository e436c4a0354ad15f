"""`ekino proofs`: sign the log, audit the register against it, verify a copy of it."""

import logging
import signal
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ekino.cli.office import Exit, Office, print_json
from ekino.kernel.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ekino.proofs.checkpoint import Policy
    from ekino.proofs.replica import Finding, Progress, Read

# A watching auditor begins again so long after it began, or at once when a round takes longer.
WATCH_EVERY_S = 20.0
# A bundle is 17 kB; a server that takes longer for one is away.
READ_WAIT_S = 20.0


@click.group()
def proofs() -> None:
    """Sign the log, audit the register against it, verify a copy of it."""


@proofs.command()
@click.pass_obj
def signer(office: Office) -> None:
    """Sign checkpoints until told to stop; needs its own folder, and no database."""
    from ekino.proofs.signer import Signer, serve

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    settings = office.settings
    holder = Signer(settings.signer_folder, settings.origin)
    click.echo(f"ekino signs {holder.vkey}", err=True)
    serve(holder, settings.socket_of_signer, stop)


@proofs.command()
@click.option("--vkey", help="The log's public key; else the signer's, if it is here.")
@click.option(
    "--watch", "is_watch", is_flag=True, help="Begin again and again until stopped."
)
@click.option("--json", "is_json", is_flag=True, help="One JSON object a round on stdout.")
@click.pass_obj
def audit(office: Office, *, vkey: str | None, is_watch: bool, is_json: bool) -> None:
    """Compare every row of the register with the log; exit 3 when anything differs."""
    from ekino.proofs.audit import audit as compare

    stop = threading.Event()
    if is_watch:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
    policy = _policy(vkey or _own_vkey(office))
    is_clean = True
    with office.database() as db:
        while True:
            began = time.monotonic()
            with _progress("auditing") as progress:
                report = compare(db, office.settings.log_dir, policy, progress)
            seconds = time.monotonic() - began
            is_clean = is_clean and not report.findings
            _tell(
                f"{report.log_size} entries of {report.register_size} audited",
                report.findings,
                {"register_size": report.register_size, "log_size": report.log_size},
                seconds,
                is_json=is_json,
            )
            if not is_watch or stop.wait(max(0.0, WATCH_EVERY_S - seconds)):
                break
    if not is_clean:
        sys.exit(Exit.PROBLEMS_FOUND)


@proofs.command()
@click.option(
    "--dir", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A copy of the log in a folder.",
)  # fmt: skip
@click.option("--url", help="The log's address, such as https://ekino.example/log.")
@click.option("--vkey", help="The log's public key.")
@click.option(
    "--policy", "policy_file", type=click.Path(exists=True, dir_okay=False),
    help="A policy file with the log's key and the witnesses that must have cosigned.",
)  # fmt: skip
@click.option("--json", "is_json", is_flag=True, help="One JSON object on stdout.")
def verify(
    *,
    folder: Path | None,
    url: str | None,
    vkey: str | None,
    policy_file: str | None,
    is_json: bool,
) -> None:
    """Verify a copy of the log with nothing but its public key; exit 3 when it fails."""
    from ekino.proofs.replica import verify_copy
    from ekino.proofs.service import load_policy
    from ekino.proofs.signatures import CHECKS

    if (folder is None) == (url is None) or (vkey is None) == (policy_file is None):
        message = "give --dir or --url, and --vkey or --policy"
        raise click.UsageError(message)
    policy = load_policy(policy_file) if policy_file else _policy(vkey or "")
    began = time.monotonic()
    with _reader(folder, url) as read, _progress("verifying") as progress:
        checkpoint, findings = verify_copy(read, policy, CHECKS, progress)
    size = checkpoint.size if checkpoint else 0
    root = checkpoint.root.hex() if checkpoint else ""
    _tell(
        f"{size} entries verified, root {root}",
        findings,
        {"size": size, "root": root},
        time.monotonic() - began,
        is_json=is_json,
    )
    if findings:
        sys.exit(Exit.PROBLEMS_FOUND)


def _own_vkey(office: Office) -> str:
    path = office.settings.signer_folder / "log.vkey"
    try:
        return path.read_text("utf-8").strip()
    except OSError as error:
        detail = f"the log's key is not in {path}: give it with --vkey"
        raise Refused(detail, code="vkey_missing") from error


def _policy(vkey: str) -> "Policy":
    from ekino.proofs.checkpoint import Policy
    from ekino.proofs.note import NoteMalformed, read_vkey

    try:
        return Policy(read_vkey(vkey))
    except NoteMalformed as error:
        raise Refused(str(error), code="vkey_malformed") from error


@contextmanager
def _reader(folder: Path | None, url: str | None) -> "Iterator[Read]":
    """Lend what reads a copy: from a folder, or over HTTP without following anybody."""
    from ekino.proofs.audit import Reader

    if folder is not None:
        yield Reader(folder)
        return
    import httpx2

    with httpx2.Client(follow_redirects=False, timeout=READ_WAIT_S) as client:

        def read(path: str) -> bytes:
            try:
                answer = client.get(f"{(url or '').rstrip('/')}/{path}")
            except httpx2.HTTPError as error:
                raise OSError(str(error)) from error
            if answer.status_code != httpx2.codes.OK:
                message = f"answered {answer.status_code}"
                raise OSError(message)
            return answer.content

        yield read


@contextmanager
def _progress(words: str) -> "Iterator[Progress]":
    """Show on a terminal how far it is; elsewhere say nothing."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn(words), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(words, total=None)
        yield lambda count: bar.advance(task, count)


def _tell(
    words: str,
    findings: "tuple[Finding, ...] | list[Finding]",
    figures: dict[str, Any],
    seconds: float,
    *,
    is_json: bool,
) -> None:
    from dataclasses import asdict

    if is_json:
        listed = [asdict(each) for each in findings]
        print_json({**figures, "seconds": round(seconds, 3), "findings": listed})
    outcome = f"{len(findings)} problems" if findings else "no problem"
    click.echo(f"{words} in {seconds:.1f} s: {outcome}", err=True)
    for each in findings[:20]:
        click.echo(f"  ✗ {each.code}: {each.detail}", err=True)
