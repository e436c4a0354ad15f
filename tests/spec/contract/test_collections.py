"""The collections for Postman and Bruno hold every request, and their script signs as tills do."""

import io
import json
import re
import subprocess
import zipfile

import pytest

from ekino.web.contract.collection import (
    BRUNO,
    POSTMAN,
    collections,
    script_for,
    zipped,
)
from ekino.web.contract.described import Operation, operations
from ekino.web.contract.files import files
from machine import node
from source_tree import ROOT

OPERATIONS = operations(json.loads(files()["openapi.json"]))
COLLECTED = collections(files()["openapi.json"])
SIGNED = ("Content-Digest", "Signature-Input", "Signature")


def test_postman_has_every_request_with_its_body_and_what_is_signed() -> None:
    document = json.loads(COLLECTED[f"collection/{POSTMAN}"])
    items = {item["name"]: item["request"] for item in document["item"]}

    assert set(items) == {f"{each.method} {each.path}" for each in OPERATIONS}
    for each in OPERATIONS:
        request = items[f"{each.method} {each.path}"]
        names = {header["key"] for header in request["header"]}
        assert set(SIGNED) <= names if each.is_signed else not names & set(SIGNED)
        if each.body is not None and each.body.example:
            assert json.loads(request["body"]["raw"]) == json.loads(each.body.example)
        variables = set(re.findall(r"\{\{(\w+)\}\}", request["url"]["raw"]))
        assert variables <= {variable["key"] for variable in document["variable"]}
    (event,) = document["event"]
    assert "\n".join(event["script"]["exec"]) + "\n" == script_for("postman")


@pytest.mark.parametrize("each", OPERATIONS, ids=lambda each: each.name)
def test_bruno_has_every_request_with_its_body_and_what_is_signed(each: Operation) -> None:
    text = COLLECTED[f"collection/bruno/{each.name}.bru"]
    variables = COLLECTED["collection/bruno/environments/local.bru"]

    assert f"\n{each.method.lower()} {{\n  url: {{{{origin}}}}" in text
    assert all((f"  {name}: " in text) == each.is_signed for name in SIGNED)
    for name in re.findall(r"\{\{(\w+)\}\}", text.partition("\n  body:")[0]):
        assert f"  {name}: " in variables
    body = re.search(r"^body:json \{\n(.*?)\n\}$", text, re.MULTILINE | re.DOTALL)
    if each.body is not None and each.body.example:
        assert body
        assert json.loads(body[1]) == json.loads(each.body.example)
    else:
        assert body is None


def test_the_archive_is_what_stands_in_the_folder() -> None:
    archive = zipped(COLLECTED)
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        found = {name: opened.read(name).decode() for name in opened.namelist()}

    assert zipped(COLLECTED) == archive
    assert {f"collection/bruno/{name}": text for name, text in found.items()} == {
        name: text for name, text in COLLECTED.items() if "/bruno/" in name
    }
    assert BRUNO.endswith(".zip")


@pytest.mark.needs_node
def test_the_script_gives_the_known_signature() -> None:
    """It is Ed25519 and SHA-2 in plain JavaScript, held to the vectors of every client."""
    known = json.loads((ROOT / "tests/vectors/kit.json").read_text("utf-8"))
    request, key = known["request"], known["key"]
    asked = {
        "method": request["method"],
        "url": request["target_uri"],
        "contentType": request["content_type"],
        "body": known["batch"]["body"],
        "keyId": key["key_id"],
        "created": request["created"],
        "nonce": request["nonce"],
    }
    program = (
        script_for("bruno").partition("const url = bru.")[0]
        + f"const asked = {json.dumps(asked)};"
        + f"const keys = {json.dumps([key['pkcs8_pem'], seed_text(key['seed_hex'])])};"
        + "for (const key of keys) console.log(JSON.stringify(signedHeaders({...asked, key})));"
    )

    found = node()
    assert found is not None
    told = subprocess.run(
        [found, "-e", program], capture_output=True, text=True, check=True, timeout=60
    ).stdout.splitlines()

    assert [json.loads(line) for line in told] == [
        {
            "Content-Type": request["content_type"],
            "Content-Digest": request["content_digest"],
            "Signature-Input": request["signature_input"],
            "Signature": request["signature"],
        }
    ] * 2


def seed_text(seed_hex: str) -> str:
    import base64

    return base64.b64encode(bytes.fromhex(seed_hex)).decode()
