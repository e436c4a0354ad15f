"""A stranger with only the published pages connects: a shell script, OpenSSL and curl."""

import json
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from serving import Country
from till_shell import CATALOG

CLIENT = Path(__file__).with_name("stranger.sh")
KEY_ID = "stranger.example/1"


def run(folder: Path, *words: str, code: int = 0) -> str:
    done = subprocess.run(
        ["sh", str(CLIENT), str(folder), *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == code, done.stderr + done.stdout
    return done.stdout.strip()


def fields(kind: str, **more: Any) -> str:
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    whole = {"kind": kind, "venue": "aqtau-1", "showing": "S-1", "happened_at": at, **more}
    return json.dumps(whole)[1:-1]


def a_stranger(tmp_path: Path) -> Path:
    """Give the folder of a client with a key of its own, and write down who it is."""
    folder = tmp_path / "stranger"
    folder.mkdir()
    key = folder / "key.pem"
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", "ed25519", "-out", key],
        check=True,
        capture_output=True,
    )
    public = subprocess.run(
        ["sh", "-c", f"openssl pkey -in {key} -pubout -outform DER | tail -c 32 | base64"],
        check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    source = {
        "code": "stranger", "name": "Stranger", "may_announce": True,
        "halls": [{"venue": "aqtau-1"}], "keys": [{"key_id": KEY_ID, "public_key": public}],
    }  # fmt: skip
    (tmp_path / "catalog.json").write_text(json.dumps(CATALOG))
    (tmp_path / "sources.json").write_text(json.dumps({"sources": [source]}))
    return folder


def test_a_shell_script_written_from_the_pages_sells_through_a_crash_and_proves_it(
    tmp_path: Path,
) -> None:
    folder = a_stranger(tmp_path)
    with Country(tmp_path / "register") as country:
        country.run("catalog", "load", "--regions", "KZ", str(tmp_path / "catalog.json"))
        country.run("keys", "add", str(tmp_path / "sources.json"))
        (receipts,) = [
            each["vkey"]
            for each in country.get("/keys")["keys"]
            if each["kind"] == "receipt"
        ]
        (folder / "config").write_text(
            f"REGISTER={country.url}\nKEY_ID={KEY_ID}\nRECEIPTS='{receipts}'\n"
        )
        # An hour wrong, as after a flat battery: the register's answer sets it.
        (folder / "ahead").write_text("-3600\n")
        starts = time.strftime("%Y-%m-%dT23:59:00Z", time.gmtime())
        run(
            folder,
            "say",
            fields(
                "showing_announced", hall="1", film_version="evening-kk", starts_at=starts
            ),
        )
        sale = {"price_minor": 250_000, "sales_channel": "box_office"}
        for number in range(1, 4):
            assert run(folder, "say", fields("sold", ticket=f"T-{number}", **sale)) == str(
                number + 1
            )
        run(
            folder,
            "say",
            fields("sold", ticket="T-9", **sale).replace("aqtau-1", "nowhere"),
        )
        # The register is killed under the request and started again.
        country.port = int(country.url.rsplit(":", 1)[1])
        country.processes["serve"].kill()
        country.processes["serve"].wait()
        sender = threading.Thread(target=run, args=(folder, "send"))
        sender.start()
        country.start("serve")
        country.wait()
        sender.join()
        run(folder, "say", fields("refunded", ticket="T-2", price_minor=250_000))
        run(folder, "send")
        deadline = time.monotonic() + 60
        while country.get("/v1/totals?by=sales-channel")["as_of"] < 5:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        rows = country.get("/v1/totals?by=sales-channel")["rows"]

    assert [(row["tickets"], row["gross_minor"]) for row in rows] == [(2, 500_000)]
    assert list((folder / "line").iterdir()) == []
    assert [path.name for path in (folder / "refused").iterdir()] == [
        "000000000005.venue_not_in_catalog"
    ]
    kept = sorted((folder / "receipts").glob("*.note"))
    assert [note.read_text().split("\n")[3] for note in kept] == ["4", "1"]
    assert abs(int((folder / "ahead").read_text())) < 60
