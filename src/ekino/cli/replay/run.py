"""One replay from the file to the comparison: what `ekino replay` does once it is asked."""

import base64
import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ekino.cli.office import Exit, print_json, print_table
from ekino.cli.replay.compare import (
    differences,
    sums_of_file,
    sums_of_register,
    wait_for_totals,
)
from ekino.cli.replay.plan import Plan
from ekino.cli.replay.send import Line, Progress, read_key, send
from ekino.ingest.formats.sessions_csv import Table, read_table
from ekino.kernel.errors import Refused
from ekino.settings import Settings

SOURCE = "replay-sessions-csv"
OPERATOR_KEY_ID = "operator/local"
# A register of our own starts within this, an unclean shutdown's recovery included.
START_WAIT_S = 120


def run(  # noqa: PLR0913 - the command's options
    settings: Settings,
    file: Path,
    *,
    url: str | None,
    tills: int,
    batch: int,
    operator_key: Path | None,
    country: str,
    currency: str,
    timezone: str,
    give_up_after_s: float,
    is_json: bool,
) -> Exit:
    """
    Send the file's tickets, wait for the totals, compare, print; give the exit code.

    Raises `Refused` for a file, a key or an address that cannot be used, and `Pushback` when
    the register did not answer for `give_up_after_s`.
    """
    table = read_table(file, currency=currency, timezone=timezone)
    plan = Plan(table, country=country, currency=currency, timezone=timezone)
    with _register(settings, url) as address:
        operator = read_key(operator_key or settings.data_dir / "keys" / "operator.key")
        own = _own_key(settings.data_dir / "keys" / "replay.key")
        # A register named by --url is reached, and signed for, by that name.
        public_url = settings.public_url if url is None else ""
        office_line = Line(
            address, OPERATOR_KEY_ID, operator, give_up_after_s, public_url=public_url
        )
        began = time.monotonic()
        _prepare(office_line, plan, own)
        with _bar(sum(each.sold for each in table.sessions)) as show:
            progress = send(
                plan.feeds,
                lambda: Line(
                    address, key_id(own), own, give_up_after_s, public_url=public_url
                ),
                tills=tills,
                batch_events=batch,
                on_answer=show,
            )
        seconds = time.monotonic() - began
        as_of = wait_for_totals(office_line, progress.register_size)
        differing = differences(sums_of_file(plan), sums_of_register(office_line, plan))
        office_line.close()
    summary = _summary(file, table, currency, progress, seconds, as_of)
    summary["totals_equal"] = not differing
    _print(summary, table, differing, is_json=is_json)
    return Exit.PROBLEMS_FOUND if differing else Exit.DONE


def _prepare(line: Line, plan: Plan, own: Ed25519PrivateKey) -> None:
    """Load the catalog and register the source, through the API as any operator would."""
    for document in plan.documents():
        line.ask("POST", "/v1/catalog", json.dumps(document).encode())
    public = base64.b64encode(own.public_key().public_bytes_raw()).decode()
    key = {"key_id": key_id(own), "public_key": public}
    source = {
        "code": SOURCE,
        "name": "Replay of session tables",
        "halls": [{"venue": feed.venue_code} for feed in plan.feeds],
        "halls_are_whole": False,
        "keys": [key],
    }
    line.ask("POST", "/v1/sources", json.dumps({"sources": [source]}).encode())


def key_id(own: Ed25519PrivateKey) -> str:
    """Name a key by itself, so that another machine's or a new one is another key."""
    raw = own.public_key().public_bytes_raw()
    return f"replay/sessions-csv/{hashlib.sha256(raw).hexdigest()[:8]}"


def _own_key(path: Path) -> Ed25519PrivateKey:
    """Read the replay's key, or make it: an interrupted replay must come back as itself."""
    if path.exists():
        return read_key(path)
    private = Ed25519PrivateKey.generate()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(
            private.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
    try:
        path.hardlink_to(beside)
    except FileExistsError:
        return read_key(path)
    finally:
        beside.unlink()
    return private


@contextlib.contextmanager
def _register(settings: Settings, url: str | None) -> Iterator[str]:
    """Give a register's address: the one named, the local one, or one started for now."""
    if url is not None:
        yield url
        return
    run_file = settings.data_dir / "run" / "web.json"
    if (running := _running(run_file)) is not None:
        yield running
        return
    command = [sys.executable, "-m", "ekino.cli.main"]
    children = [
        subprocess.Popen(  # noqa: S603 - our own program
            [*command, *words], start_new_session=True, stderr=subprocess.DEVNULL
        )
        for words in (["serve", "--port", "0"], ["worker"])
    ]
    try:
        yield _wait_for(run_file, children)
    finally:
        for child in children:
            child.send_signal(signal.SIGTERM)
        for child in children:
            child.wait(timeout=60)


def _running(run_file: Path) -> str | None:
    try:
        found: dict[str, Any] = json.loads(run_file.read_text())
        os.kill(found["pid"], 0)
    except (OSError, ValueError, KeyError):
        return None
    return str(found["url"])


def _wait_for(run_file: Path, children: "list[subprocess.Popen[bytes]]") -> str:
    deadline = time.monotonic() + START_WAIT_S
    while time.monotonic() < deadline:
        if (url := _running(run_file)) is not None:
            return url
        if any(child.poll() is not None for child in children):
            break
        time.sleep(0.05)
    detail = "a register could not be started here; `ekino serve` says why"
    raise Refused(detail, code="register_not_started")


@contextlib.contextmanager
def _bar(tickets: int) -> Iterator[Any]:
    """Give what shows progress: a bar on a terminal, nothing elsewhere."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    with Bar(console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("tickets", total=tickets)
        yield lambda progress: bar.update(task, completed=progress.sent)


def _summary(
    file: Path,
    table: Table,
    currency: str,
    progress: Progress,
    seconds: float,
    as_of: int,
) -> dict[str, Any]:
    acks = sorted(progress.acks_ms) or [0.0]
    refused = {
        name: count
        for name, count in progress.outcomes.items()
        if name not in ("entered", "already_entered")
    }
    return {
        "file": file.name,
        "events_sent": progress.sent,
        "events_entered": progress.outcomes["entered"],
        "events_already_entered": progress.outcomes["already_entered"],
        "refused": {**table.refused, **refused},
        "rows": dict(table.rows),
        "flags": dict(table.flags),
        "showings": len(table.sessions),
        "tickets": sum(each.sold for each in table.sessions),
        "gross_minor": sum(each.gross_minor for each in table.sessions),
        "currency": currency,
        "seconds": round(seconds, 3),
        "events_per_second": round(progress.sent / seconds) if seconds else 0,
        "ack_p50_ms": round(acks[len(acks) // 2], 1),
        "ack_p99_ms": round(acks[min(len(acks) - 1, len(acks) * 99 // 100)], 1),
        "as_of": as_of,
    }


def _print(
    summary: dict[str, Any],
    table: Table,
    differing: list[dict[str, Any]],
    *,
    is_json: bool,
) -> None:
    if is_json:
        print_json(summary)
    else:
        for words in table.words[:20]:
            click.echo(words, err=True)
        rows = [{"what": name, "value": value} for name, value in summary.items()]
        print_table([{**row, "value": str(row["value"])} for row in rows], caption="replay")
    if differing:
        print_table(
            differing[:50], caption="register and file differ"
        ) if not is_json else None
        click.echo(f"ekino: {len(differing)} sums of the register differ", err=True)
