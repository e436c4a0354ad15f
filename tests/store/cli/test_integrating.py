"""Commands for whoever connects: what they print is what the register and the outbox hold."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from ekino.access.seal import Seal
from ekino.catalog import service as catalog
from ekino.catalog.document import read_document
from ekino.cli.integrating import events, listen, logs, trigger, webhooks
from ekino.db.database import Database
from ekino.kernel.errors import Refused
from ekino.kernel.moments import now
from ekino.notices.service import endpoints
from ekino.notices.service.courier import Courier
from ekino.notices.service.endpoints import By, Wanted
from ekino.settings import Settings
from ekino.workbench.model.observed import Observed
from ekino.workbench.service.recorder import Recorder
from factories import a_catalog, a_vendor
from organisations import Trade
from unit.notices.test_signing import is_genuine


@dataclass
class OpenOffice:
    """An office whose databases are open already."""

    db: Database
    test: Database | None = None
    settings: Settings = field(default_factory=Settings)

    @contextmanager
    def database(self) -> Iterator[Database]:
        yield self.db

    @contextmanager
    def test_database(self, live: Database) -> Iterator[Database]:
        assert live is self.db
        assert self.test is not None
        yield self.test


def run(office: OpenOffice, command: click.Command, *words: str) -> Result:
    done = CliRunner().invoke(command, list(words), obj=office)
    assert done.exit_code == 0, (done.output, done.exception)
    return done


def lines(done: Result) -> list[Any]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_events_are_told_from_a_position_on(db: Database) -> None:
    Trade(db, sales=20)

    told = lines(run(OpenOffice(db), events, "tail", "--after", "3", "--once", "--json"))

    assert [each["position"] for each in told] == list(range(3, 3 + len(told)))
    assert {"sold"} <= {each["kind"] for each in told}


@pytest.mark.parametrize("register", ["live", "test"])
def test_logs_are_of_the_register_that_is_meant(
    db: Database, sandbox_db: Database, register: str
) -> None:
    is_test = register == "test"
    chosen = sandbox_db if is_test else db
    key = "test.acme/1" if is_test else "acme/1"
    for each in (db, sandbox_db):
        a_catalog(each)
    if is_test:
        from ekino.access.service import enrolment

        enrolment.make_test(sandbox_db)
    a_vendor(chosen, code="acme", key_id=key)
    recorder = Recorder(chosen)
    recorder.put(
        Observed(
            request_id="req_1", at=now(), took_ms=3.5, key_id=key, is_verified=True, method="POST",
            path="/v1/batches", answer=400, code="batch_is_malformed", agent="", headers={},
            body="{", body_bytes=1, body_sha256="", answer_body="{}", answer_bytes=2,
        )
    )  # fmt: skip
    recorder._write_requests()
    office = OpenOffice(db, sandbox_db)

    (told,) = lines(run(office, logs, "--errors", "--json", *["--test"] * is_test))

    assert (told["request_id"], told["answer"]) == ("req_1", 400)
    assert lines(run(office, logs, "--json", *["--test"] * (not is_test))) == []


def test_a_triggered_notice_is_forwarded_to_a_local_program(db: Database) -> None:
    received: list[tuple[dict[str, str], bytes]] = []
    come = threading.Event()

    class Asked(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            received.append(({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()
            come.set()

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Asked)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    office = OpenOffice(db)
    run(office, trigger, "--organisation", "acme", "--subject", "before")
    url = f"http://127.0.0.1:{server.server_address[1]}/"
    done: list[Result] = []
    listener = threading.Thread(
        target=lambda: done.append(
            run(
                office,
                listen,
                "--forward-to",
                url,
                "--organisation",
                "acme",
                "--seconds",
                "4",
            )
        )
    )
    listener.start()
    while not come.wait(0.3):
        told = run(office, trigger, "key.expiring", "--organisation", "acme").stdout.strip()
    listener.join()
    server.shutdown()
    server.server_close()

    headers, body = received[0]
    public = done[0].stderr.split("verify with ")[1].split()[0]
    assert b'"subject": "before"' not in body
    assert is_genuine(public, headers, body, int(headers["webhook-timestamp"]))
    assert told.startswith("ntc_")
    assert {each["answer"] for each in lines(done[0])} == {204}


def test_an_unknown_kind_is_wrong_usage(db: Database) -> None:
    done = CliRunner().invoke(
        trigger, ["no.such", "--organisation", "a"], obj=OpenOffice(db)
    )

    assert done.exit_code == 2


def test_endpoints_are_listed_and_delivered_to_again(db: Database, tmp_path: Path) -> None:
    added = endpoints.add_webhook(
        db,
        Seal(tmp_path / "k"),
        Courier(),
        Wanted(organisation_code="acme", address="https://a.example/", by=By("t")),
        at=now(),
    )
    office = OpenOffice(db)

    (listed,) = lines(run(office, webhooks, "list", "--organisation", "acme", "--json"))
    again = run(
        office, webhooks, "replay", str(added.endpoint_id), "--organisation", "acme"
    )
    other = CliRunner().invoke(
        webhooks, ["replay", str(added.endpoint_id), "--organisation", "b"], obj=office
    )

    assert listed["address"] == "https://a.example/"
    assert "0 notices" in again.stderr
    assert other.exit_code == 2


def test_an_operator_adds_an_endpoint_of_our_own_network_and_nobody_else(
    db: Database, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path, webhook_hosts="hook.lan")
    office = OpenOffice(db, settings=settings)
    organisation = _an_organisation(db)
    url = "http://hook.lan/told"

    ours = lines(run(office, webhooks, "add", url, "--kind", "feed.alarm", "--json"))
    run(office, webhooks, "add", url, "--organisation", organisation)
    with pytest.raises(Refused):
        endpoints.add_webhook(
            db,
            Seal(tmp_path / "k"),
            Courier(settings.inside_hosts),
            Wanted(organisation_code=organisation, address=url, by=By("t")),
            at=now(),
        )

    assert ours[0]["verifies"].startswith("whpk_")
    (listed,) = lines(run(office, webhooks, "list", "--json"))
    assert (listed["address"], listed["kinds"]) == (url, "feed.alarm")
    (theirs,) = lines(
        run(office, webhooks, "list", "--organisation", organisation, "--json")
    )
    assert theirs["kinds"] == "all"


def test_an_organisation_that_is_unknown_or_has_no_endpoints_is_said(db: Database) -> None:
    office = OpenOffice(db)

    for words in (["list"], ["add", "https://a.example/"]):
        unknown = CliRunner().invoke(
            webhooks, [*words, "--organisation", "nobody"], obj=office
        )
        assert unknown.exit_code == 2
        assert "there is no organisation 'nobody'" in unknown.output
    known = run(office, webhooks, "list", "--organisation", _an_organisation(db))
    assert "has no endpoints" in known.stderr


def _an_organisation(db: Database) -> str:
    row = {"code": "acme", "name": "Acme", "country": "KZ", "kinds": ["vendor"]}
    catalog.load(db, read_document(json.dumps({"organisations": [row]}).encode()))
    return "acme"
