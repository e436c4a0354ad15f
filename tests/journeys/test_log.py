"""A sale, its receipt, its proof: from a till to somebody who trusts nobody."""

import json
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ekino.db.database import Database
from ekino.db.embedded import Embedded
from ekino.proofs.checkpoint import Policy, open_checkpoint, read_proof
from ekino.proofs.merkle import is_included, leaf_hash
from ekino.proofs.note import read_note, read_vkey, verify_note
from ekino.proofs.reading import open_entry
from ekino.proofs.signatures import CHECKS
from factories import a_batch, a_catalog, a_sale, a_vendor
from serving import Country


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """Give a folder whose path is short enough for a unix socket."""
    folder = Path(tempfile.mkdtemp(prefix="ekino-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def fetch(country: Country, path: str) -> bytes:
    with urllib.request.urlopen(country.url + path, timeout=30) as answer:
        return bytes(answer.read())


def assert_retry_after(error: urllib.error.HTTPError) -> None:
    """A proof that is not there yet says when to ask again."""
    assert error.headers["Retry-After"] == "2"


def proof_of(country: Country, position: int) -> bytes:
    """Ask until the entry is in a checkpoint, as Retry-After says."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return fetch(country, f"/v1/proof/{position}")
        except urllib.error.HTTPError as error:
            if error.code != 503 or time.monotonic() > deadline:
                raise
            assert_retry_after(error)
            time.sleep(0.2)


def test_a_sale_is_receipted_proved_and_audited(short_folder: Path) -> None:
    with Country(short_folder) as country:
        server = Embedded(short_folder)
        db = Database(server.dsn, set_role=False)
        a_catalog(db)
        vendor = a_vendor(db)
        now = country.get("/health")
        assert now["state"] == "up"
        body = a_batch(a_sale(1), a_sale(2))
        answer = post(country, vendor, body)

        keys = {key["kind"]: key for key in country.get("/keys")["keys"]}
        receipts = read_vkey(keys["receipt"]["vkey"])
        receipt = read_note(answer["receipt"].encode())
        verify_note(receipt, [receipts], CHECKS)
        header, digest, first, count, at = receipt.text.splitlines()
        assert (header, digest, count) == ("ekino-receipt-v1", answer["batch_sha256"], "2")
        assert [int(first), int(first) + 1] == answer["positions"]
        assert at == answer["received_at"]

        proof = read_proof(proof_of(country, int(first)))
        log = read_vkey((short_folder / "signer" / "log.vkey").read_text().strip())
        checkpoint = open_checkpoint(proof.checkpoint, Policy(log), CHECKS)
        row, opening = open_entry(db, int(first))
        entry = opening.entry("sold")
        assert row[-1] == "T000001"
        assert is_included(
            index=proof.index, size=checkpoint.size, leaf=leaf_hash(entry), path=proof.path, root=checkpoint.root
        )  # fmt: skip

        audit = country.run("proofs", "audit", "--json")
        assert json.loads(audit.stdout)["findings"] == []
        verified = country.run(
            "proofs", "verify", "--url", f"{country.url}/log", "--vkey", log.vkey, "--json"
        )
        assert json.loads(verified.stdout)["findings"] == []
        listed = {key["kind"]: key for key in country.get("/keys")["keys"]}
        assert listed["log"]["vkey"] == log.vkey
        assert listed["receipt"]["added_position"] is not None
        db.close()


def post(country: Country, vendor: Any, body: bytes) -> Any:
    headers = vendor.sign(body, at=datetime.now(UTC), uri=f"{country.url}/v1/batches")
    request = urllib.request.Request(
        f"{country.url}/v1/batches", data=body, headers=headers, method="POST"
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


def test_a_superusers_edit_is_found_within_a_minute_by_the_running_auditor(
    short_folder: Path,
) -> None:
    """D9 on the way: the signer is killed and comes back, and nobody has to do anything."""
    with Country(short_folder) as country:
        db = Database(Embedded(short_folder).dsn, set_role=False)
        a_catalog(db)
        vendor = a_vendor(db)
        post(country, vendor, a_batch(*(a_sale(number) for number in range(1, 100))))
        country.processes["signer"].kill()
        country.processes["signer"].wait()
        answer = post(
            country, vendor, a_batch(*(a_sale(number) for number in range(100, 200)))
        )
        country.start("signer")
        proof_of(country, answer["positions"][-1])
        db.close()
        watching = subprocess.Popen(
            country.command("proofs", "audit", "--watch", "--json"),
            env=country.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert watching.stdout is not None
        assert json.loads(watching.stdout.readline())["findings"] == []
        with psycopg.connect(Embedded(short_folder).dsn) as root:
            root.execute("ALTER TABLE register.entry DISABLE TRIGGER entry_is_append_only")
            root.execute(
                "UPDATE register.entry SET gross_minor = gross_minor - 100 WHERE position = %s",
                [answer["positions"][7]],
            )
        edited = time.monotonic()
        while not (findings := json.loads(watching.stdout.readline())["findings"]):
            assert time.monotonic() - edited < 60
        assert time.monotonic() - edited < 60
        assert [each["position"] for each in findings] == [answer["positions"][7]]
        watching.terminate()
        assert watching.wait(60) == 3
        watching.stdout.close()
