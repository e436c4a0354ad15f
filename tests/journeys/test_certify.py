"""`ekino certify`: a till of its own process is led through its levels over real HTTP."""

import json
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from psycopg.conninfo import make_conninfo

from certified_till import __file__ as till_file
from ekino.access.service import enrolment
from ekino.cli.office import Exit
from ekino.db.database import Database
from ekino.db.embedded import Embedded
from ekino.db.postgres import TEST_DATABASE
from ekino.kernel.moments import now
from ekino.proofs.keys import ensure_key
from ekino.settings import Settings
from ekino.web.app import setting_of
from ekino.workbench.service import sandbox
from factories import Vendor
from serving import Country

KEY_ID = "test.acme/till-1"
OPENS_S_MAX = 60.0
RIGHT = {"pass", "warn"}


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """Give a folder whose path is short enough for a unix socket."""
    folder = Path(tempfile.mkdtemp(prefix="ekino-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def wait_for_test_register(country: Country) -> None:
    """Ask until it is open: it opens beside the live one, which waits for nobody."""
    asked = urllib.request.Request(
        f"{country.url}/v1/catalog/venues", headers={"EKino-Register": "test"}
    )
    until = time.monotonic() + OPENS_S_MAX
    while True:
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                assert answer.status == 200
                return
        except urllib.error.HTTPError as error:
            error.close()
        assert time.monotonic() < until
        time.sleep(0.2)


def a_test_key(country: Country) -> tuple[Vendor, str]:
    """Give a vendor's key, to be enrolled by the code beside it, and its test venue."""
    wait_for_test_register(country)
    folder = country.folder
    dsn = make_conninfo(Embedded(folder).dsn, dbname=TEST_DATABASE)
    db = Database(dsn, set_role=False)
    own = sandbox.ensure(
        db, setting_of(Settings()), organisation="acme", name="Acme", at=now()
    )
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    vendor = Vendor(Ed25519PrivateKey.generate(), KEY_ID)
    code = enrolment.make_code(db, own.source, actor="test", at=now())
    db.close()
    pem = vendor.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "test.key").write_bytes(pem)
    (folder / "code").write_text(code)
    return vendor, own.venue


def vkey_of(path: Path) -> str:
    """Give the key with which the test register signs receipts."""
    signer, _ = ensure_key(path, f"{Settings().origin}/test/receipts")
    return signer.verifier.vkey


def test_our_own_kit_is_certified_on_every_level(short_folder: Path) -> None:
    with Country(short_folder / "register") as country:
        venue = a_test_key(country)[1]
        code = (short_folder / "register/code").read_text()
        receipts = vkey_of(short_folder / "register/test/keys/receipts.key")

        def kit(*words: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [sys.executable, "-m", "ekino_till", *words, "--json"],
                cwd=short_folder,
                capture_output=True,
                text=True,
                check=False,
                timeout=300,
            )

        made = kit(
            "init", "--register", country.url, "--key", KEY_ID, "--venue", venue,
            "--code", code, "--timezone", "Asia/Almaty", "--receipts-key", receipts,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        done = kit(
            "certify", "--product", "ekino-till", "--version", "1", "--preset", "full"
        )
        assert done.stdout, (done.returncode, done.stderr)
        told = json.loads(done.stdout)
        assert [step for step in told["steps"] if step["state"] not in RIGHT] == []
        assert (done.returncode, told["state"]) == (Exit.DONE, "certified"), done.stderr


def test_a_till_is_certified_from_a_script_and_its_certificate_is_checked_offline(
    short_folder: Path,
) -> None:
    from certified_till import over_http
    from two_registers import public_of

    with Country(short_folder) as country:
        vendor, _ = a_test_key(country)
        enrol = {"key_id": KEY_ID, "public_key": public_of(vendor)}
        body = json.dumps({**enrol, "code": (short_folder / "code").read_text()}).encode()
        uri = f"{country.url}/v1/keys"
        assert over_http(uri)(body, vendor.sign(body, at=now(), uri=uri)).number == 201
        seed = vendor.private.private_bytes_raw().hex()
        till = [sys.executable, till_file, country.url, KEY_ID, seed]

        def certify(name: str, *faults: str) -> tuple[int, dict[str, object]]:
            command = shlex.join([*till, str(short_folder / f"{name}.json"), *faults])
            done = country.run(
                "certify", "--url", country.url, "--key", str(short_folder / "test.key"),
                "--key-id", KEY_ID, "--product", "Acme POS", "--version", "4.2",
                "--preset", "counter", "--till", command, "--json",
                "--to", str(short_folder / f"{name}.certificate"),
                check=False,
            )  # fmt: skip
            return done.returncode, json.loads(done.stdout or "{}")

        code, run = certify("right")
        assert (code, run["state"]) == (Exit.DONE, "certified"), run
        certified = country.get("/certified.json")
        withdrawn = ("certify", "withdraw", str(run["reference"]), "--because", "tried")
        assert country.run(*withdrawn).returncode == Exit.DONE
        assert country.get("/certified.json?lang=en")["rows"][0]["state"] == "withdrawn"
        code, run = certify("wrong", "restamps")
        assert (code, run["state"]) == (Exit.NOT_CERTIFIED, "not_certified")

    # The register is gone: its key is known from before.
    file = str(short_folder / "right.certificate")
    checked = country.run("certify", "verify", file, check=False)
    assert (checked.returncode, "Acme POS 4.2" in checked.stdout) == (Exit.DONE, True)
    document = json.loads(Path(file).read_text())
    document["certificate"]["version"] = "9.9"
    Path(file).write_text(json.dumps(document))
    forged = country.run("certify", "verify", file, check=False)
    assert (forged.returncode, "not genuine" in forged.stderr) == (Exit.NOT_CERTIFIED, True)
    assert [row["product"] for row in certified["rows"]] == ["Acme POS"]
