"""Commands for whoever connects: requests, events, notices; of the live or the test register."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from ekino.cli.office import Office, print_json, print_table
from ekino.kernel.errors import NotFound

if TYPE_CHECKING:
    from ekino.db.database import Database

# How often `tail` and `listen` look for news.
LOOK_EVERY_S = 0.5
# Entries printed at once.
TAILED_MAX = 500
# Organisations looked through at once.
_LOOKED_AT_MAX = 1_000
_INSTANT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
_TEST = click.option("--test", "is_test", is_flag=True, help="Of the test register.")
_JSON = click.option("--json", "is_json", is_flag=True, help="One object a line on stdout.")
_ORGANISATION = click.option(
    "--organisation", required=True, help="Code of the organisation that is told."
)


_OR_OURS = click.option(
    "--organisation",
    help="Code of the organisation that is told; without it, the register's own people.",
)


@contextmanager
def _register(office: Office, *, is_test: bool) -> Iterator["Database"]:
    """Lend the live register's database, or the test register's."""
    with office.database() as live:
        if not is_test:
            yield live
            return
        with office.test_database(live) as db:
            yield db


@click.command()
@click.option("--errors", "is_failed", is_flag=True, help="Only those that failed.")
@click.option("--key", help="Only those of this key.")
@_TEST
@_JSON
@click.pass_obj
def logs(
    office: Office, *, is_failed: bool, key: str | None, is_test: bool, is_json: bool
) -> None:
    """Show the newest requests: of the live register those that failed, of the test one all."""
    from ekino.access import service as access
    from ekino.workbench import service

    with _register(office, is_test=is_test) as db:
        keys = [key] if key else [each["key_id"] for each in access.list_keys(db)]
        found = service.search_requests(db, keys, is_failed=is_failed)
    rows = [
        {
            "at": each.at,
            "request_id": each.request_id,
            "key": each.key_id,
            "asked": f"{each.method} {each.path}",
            "answer": each.answer,
            "code": each.code,
            "took_ms": each.took_ms,
        }
        for each in found
    ]
    if is_json:
        for row in rows:
            print_json(row)
    else:
        print_table(rows, caption="the newest requests")


@click.group()
def events() -> None:
    """Look at what the register enters."""


@events.command()
@click.option("--after", type=click.IntRange(0), help="Begin at this position.")
@click.option("--once", "is_once", is_flag=True, help="Print what is there and end.")
@_TEST
@_JSON
@click.pass_obj
def tail(
    office: Office, *, after: int | None, is_once: bool, is_test: bool, is_json: bool
) -> None:
    """Print entries as they are entered, one a line, until told to stop."""
    from dataclasses import asdict

    from ekino.register import service

    with _register(office, is_test=is_test) as db:
        position = service.read_head(db).size if after is None else after
        while True:
            found = service.read_entries(db, first=position, limit=TAILED_MAX)
            for each in found:
                row = asdict(each)
                if is_json:
                    print_json(row)
                else:
                    click.echo(f"{each.position} {each.kind} {each.subject}")
            position += len(found)
            if not found and is_once:
                return
            if not found:
                time.sleep(LOOK_EVERY_S)


@click.command()
@click.argument("kind", default="test.ping")
@click.option("--subject", default="test", show_default=True, help="What it is about.")
@click.option("--facts", default="{}", help="More of it, as a JSON object.")
@_ORGANISATION
@click.pass_obj
def trigger(office: Office, kind: str, subject: str, facts: str, organisation: str) -> None:
    """Tell ORGANISATION a notice of KIND, marked as a test, and print its id."""
    from ekino.db.database import Role
    from ekino.notices.model import KINDS
    from ekino.notices.service import tell

    if kind not in KINDS:
        message = f"no notice of kind {kind!r}; there are {', '.join(sorted(KINDS))}"
        raise click.UsageError(message)
    try:
        more = json.loads(facts)
    except ValueError as error:
        message = f"--facts is no JSON: {error}"
        raise click.UsageError(message) from error
    if not isinstance(more, dict):
        message = "--facts is a JSON object"
        raise click.UsageError(message)
    with office.database() as db, db.transaction(Role.OFFICE) as tx:
        notice_id = tell(
            tx,
            organisation_code=organisation,
            kind=kind,
            subject=subject,
            data={**more, "is_test": True},
        )
    click.echo(notice_id)


@click.command()
@click.option("--forward-to", "url", required=True, help="A program of yours that listens.")
@click.option("--seconds", type=click.FloatRange(0), help="End by itself after so long.")
@_ORGANISATION
@click.pass_obj
def listen(office: Office, url: str, seconds: float | None, organisation: str) -> None:
    """Take ORGANISATION's notices to a local program, signed with a key made for now."""
    from ekino.kernel.moments import to_text
    from ekino.notices.model import body_of
    from ekino.notices.service.endpoints import list_notices
    from ekino.notices.service.signing import headers_of, new_secret, public_text

    secret, public = new_secret("v1a")
    click.echo(f"verify with {public_text(public or b'')}", err=True)
    ends_s = None if seconds is None else time.monotonic() + seconds
    with office.database() as db:
        seen = _last_notice(db, organisation)
        click.echo(f"forwarding to {url}", err=True)
        while ends_s is None or time.monotonic() < ends_s:
            for each in list_notices(db, [organisation], after=seen):
                seen = each.notice_no
                told = body_of(each.kind, to_text(each.told_at), each.subject, each.facts)
                body = json.dumps(told, ensure_ascii=False).encode()
                headers = headers_of([secret], each.notice_id, int(time.time()), body)
                answer = _forward(url, headers, body)
                print_json({"notice": each.notice_id, "kind": each.kind, "answer": answer})
            time.sleep(LOOK_EVERY_S)


def _last_notice(db: "Database", organisation: str) -> int:
    """Give the number of the newest notice: what was told before is not told again."""
    from ekino.notices.service.endpoints import list_notices

    seen = 0
    while found := list_notices(db, [organisation], after=seen):
        seen = found[-1].notice_no
    return seen


def _forward(url: str, headers: dict[str, str], body: bytes) -> int | str:
    """Post to a program of the caller's own, and say what it answered."""
    import httpx2

    try:
        return httpx2.post(url, content=body, headers=headers, timeout=20).status_code
    except httpx2.HTTPError as error:
        return str(error) or type(error).__name__


@click.group()
def webhooks() -> None:
    """Add endpoints, look at them, and deliver again."""


@webhooks.command()
@click.argument("address")
@click.option("--kind", "kinds", multiple=True, help="Told of this only; may be repeated.")
@click.option(
    "--version", type=click.Choice(["v1a", "v1"]), default="v1a", show_default=True,
    help="Of signatures: Ed25519, or HMAC.",
)  # fmt: skip
@click.option("--contact", default="", help="Told by e-mail when it is disabled.")
@_JSON
@_OR_OURS
@click.pass_obj
def add(
    office: Office,
    address: str,
    kinds: tuple[str, ...],
    version: str,
    contact: str,
    *,
    is_json: bool,
    organisation: str | None,
) -> None:
    """Tell ADDRESS, which may be of EKINO_WEBHOOK_HOSTS, and print once what verifies it."""
    from ekino.access.seal import Seal
    from ekino.kernel.moments import now
    from ekino.notices.service import endpoints
    from ekino.notices.service.courier import Courier

    with office.database() as db:
        _verify_known(db, organisation)
        added = endpoints.add_webhook(
            db,
            Seal(office.settings.data_dir / "keys" / "webhooks.key"),
            Courier(office.settings.inside_hosts),
            endpoints.Wanted(
                organisation_code=organisation,
                address=address,
                kinds=kinds,
                version=version,
                contact=contact,
                is_operators=True,
                by=endpoints.By("command line"),
            ),
            at=now(),
        )
    if is_json:
        print_json({"endpoint": added.endpoint_id, "verifies": added.verifies})
        return
    click.echo(f"endpoint {added.endpoint_id} is told from now on; verify with", err=True)
    click.echo(added.verifies)


@webhooks.command(name="list")
@_JSON
@_OR_OURS
@click.pass_obj
def list_(office: Office, *, is_json: bool, organisation: str | None) -> None:
    """List ORGANISATION's endpoints."""
    from ekino.notices.service import endpoints

    with office.database() as db:
        found = endpoints.list_endpoints(
            db, [organisation] if organisation else [], is_ministry=organisation is None
        )
        if not found:
            _verify_known(db, organisation)
    rows: list[dict[str, Any]] = [
        {
            "endpoint": each.endpoint_id,
            "way": each.way,
            "address": each.address,
            "state": each.state,
            "kinds": ", ".join(each.kinds) or "all",
        }
        for each in found
    ]
    if is_json:
        for row in rows:
            print_json(row)
    elif rows:
        print_table(rows, caption=f"endpoints of {organisation or 'the register'}")
    else:
        click.echo(f"{organisation or 'the register'} has no endpoints", err=True)


def _verify_known(db: "Database", organisation: str | None) -> None:
    """End with wrong usage for a code that is no organisation's."""
    from ekino.catalog import service as catalog

    after = ""
    while organisation is not None:
        found = catalog.list_rows(db, "organisations", after=after, limit=_LOOKED_AT_MAX)
        if organisation in {each["code"] for each in found}:
            return
        if not found:
            message = (
                f"there is no organisation {organisation!r}; "
                "`ekino catalog list organisations` names every one"
            )
            raise click.UsageError(message)
        after = found[-1]["code"]


@webhooks.command()
@click.argument("endpoint", type=int)
@click.option("--notice", help="Only this notice, by its id.")
@click.option("--since", type=_INSTANT, help="Told from here on, in UTC.")
@click.option("--until", type=_INSTANT, help="Told before this, in UTC.")
@_OR_OURS
@click.pass_obj
def replay(
    office: Office,
    endpoint: int,
    notice: str | None,
    since: datetime | None,
    until: datetime | None,
    organisation: str | None,
) -> None:
    """Deliver to ENDPOINT again: one notice, or all of a span (a day unless it is named)."""
    from ekino.kernel.moments import now
    from ekino.notices.service import endpoints

    at = now()
    if notice is None and since is None:
        since = at - timedelta(days=1)
    with office.database() as db:
        try:
            found = endpoints.find_endpoint(
                db,
                endpoint,
                [organisation] if organisation else [],
                is_ministry=organisation is None,
            )
        except NotFound as error:
            raise click.UsageError(error.detail) from error
        count = endpoints.replay(
            db,
            found,
            notice_id=notice,
            since=since and since.replace(tzinfo=UTC),
            until=until and until.replace(tzinfo=UTC),
            by=endpoints.By("command line"),
            at=at,
        )
    click.echo(f"{count} notices are delivered again", err=True)
