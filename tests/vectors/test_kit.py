"""The kit's formats: kit, register and OpenSSL give the published bytes, and the page says them."""

import hashlib
import json
import re
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ekino.access.signature import read_signature
from ekino.ingest import wire
from ekino.ingest.wire import MalformedEvent, decode_batch
from ekino.proofs.note import read_note, read_vkey, verify_note
from ekino.proofs.signatures import CHECKS
from ekino_till import Event, Key, ReceiptWrong, RegisterKey, note_key_id
from ekino_till.client import read_address
from ekino_till.events import fields_of
from ekino_till.retry import pause_s, read_answer
from ekino_till.signature import sign
from ekino_till.till import batch_body
from source_tree import ROOT

V: dict[str, Any] = json.loads(Path(__file__).with_name("kit.json").read_text("utf-8"))
KEY = Key(
    V["key"]["key_id"],
    Ed25519PrivateKey.from_private_bytes(bytes.fromhex(V["key"]["seed_hex"])),
)
PAGE = (ROOT / "docs/reference/for-implementers.md").read_text("utf-8")
INSTANTS = ("happened_at", "starts_at")


def test_a_key_its_text_and_its_proof(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(V["key"]["pkcs8_pem"])

    assert Key.load(tmp_path / "key.pem", KEY.key_id).public_text == V["key"]["public_key"]
    assert KEY.enrolment_text == V["key"]["enrolment_text"]
    assert KEY.proof == V["key"]["enrolment_signature"]
    public = KEY.private.public_key().public_bytes_raw()
    assert note_key_id(KEY.key_id, public).hex() == V["key"]["note_key_id_hex"]


@pytest.mark.parametrize("event", V["events"], ids=lambda event: event["kind"])
def test_an_event_is_these_bytes_and_the_register_reads_them(event: dict[str, Any]) -> None:
    fields: dict[str, Any] = {
        name: datetime.fromisoformat(value) if name in INSTANTS else value
        for name, value in event["fields"].items()
    }

    raw = Event.of(event["kind"], **fields).to_bytes(event["sequence"])

    assert raw.decode() == event["bytes"]
    (read,) = decode_batch(batch_body([raw]))
    assert not isinstance(read, MalformedEvent)


def test_a_batch_its_digest_and_its_signature() -> None:
    body = batch_body(each.encode() for each in V["batch"]["events"])
    wanted = V["request"]
    headers = sign(
        KEY,
        method=wanted["method"],
        uri=wanted["target_uri"],
        body=body,
        created=wanted["created"],
        nonce=wanted["nonce"],
    )

    assert body.decode() == V["batch"]["body"]
    assert hashlib.sha256(body).hexdigest() == V["batch"]["sha256_hex"]
    assert headers["Content-Digest"] == wanted["content_digest"]
    assert headers["Signature-Input"] == wanted["signature_input"]
    assert headers["Signature"] == wanted["signature"]
    read = read_signature(
        method=wanted["method"],
        target_uri=wanted["target_uri"],
        content_type=wanted["content_type"],
        digest_header=wanted["content_digest"],
        input_header=wanted["signature_input"],
        signature_header=wanted["signature"],
        body=body,
    )
    assert read.base.decode() == wanted["signature_base"]
    KEY.private.public_key().verify(read.signature, read.base)


@pytest.mark.parametrize("case", V["receipts"]["cases"], ids=lambda case: case["name"])
def test_a_receipt_is_believed_when_it_says_the_same(case: dict[str, Any]) -> None:
    key = RegisterKey.read(V["receipts"]["vkey"])
    told = (case["note"], case["body"].encode(), case["outcomes"], case["positions"])
    if case["says"] is None:
        with pytest.raises(ReceiptWrong):
            key.verify(*told)
        return
    receipt = key.verify(*told)
    said = {name: getattr(receipt, name) for name in case["says"]}
    assert said == case["says"]
    # The register's own reader of notes, which shares nothing with the kit's.
    verify_note(
        read_note(case["note"].encode()), [read_vkey(V["receipts"]["vkey"])], CHECKS
    )


def test_what_answers_mean_and_how_long_to_pause() -> None:
    for each in V["answers"]:
        answer = read_answer(
            each["http"], each["headers"], each["body"].encode(), now_s=each["now_s"]
        )
        assert (answer.meaning, answer.code) == (each["meaning"], each["code"]), each
        assert answer.retry_after_s == each["retry_after_s"]
    for each in V["pauses"]:
        assert (
            pause_s(each["tries"], each["retry_after_s"], each["dice"]) == each["pause_s"]
        )
    assert {each["meaning"] for each in V["answers"]} == {
        "answered",
        "sign_again",
        "send_less",
        "come_back",
        "refused",
    }


def test_which_address_is_signed() -> None:
    for each in V["addresses"]:
        if each["target_uri"] is None:
            with pytest.raises(ValueError, match=r"address|holds more"):
                read_address(each["address"])
        else:
            scheme, host, path = read_address(each["address"])
            assert f"{scheme}://{host}{path}/v1/batches" == each["target_uri"]


def test_the_kit_knows_the_fields_that_the_register_takes() -> None:
    for kind in {event["kind"] for event in V["events"]} | {
        "showing_moved",
        "showing_cancelled",
    }:
        name = "".join(part.title() for part in kind.split("_"))
        known = {field.encode_name for field in msgspec.structs.fields(getattr(wire, name))}
        assert set(fields_of(kind)) == known - {"sequence"}, kind


def told() -> list[str]:
    """Give every published value that the page walks through."""
    request, key = V["request"], V["key"]
    case = V["receipts"]["cases"][0]
    return [
        key["seed_hex"], key["pkcs8_pem"].strip(), key["public_key"], key["key_id"],
        key["enrolment_text"], key["enrolment_signature"], V["events"][1]["bytes"],
        V["batch"]["body"], V["batch"]["sha256_hex"], request["signature_base"],
        f"Content-Digest: {request['content_digest']}",
        f"Signature-Input: {request['signature_input']}",
        f"Signature: {request['signature']}", case["note"], V["receipts"]["vkey"],
    ]  # fmt: skip


BLOCK = re.compile(r"^```(\S*)(?: file=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page_says_the_published_values() -> None:
    ticket = json.loads(Path(__file__).with_name("ticket.json").read_text("utf-8"))
    missing = [
        value
        for value in (*told(), ticket["token_hex"], ticket["url"])
        if value not in PAGE
    ]

    assert missing == []


def test_the_pages_table_of_answers_is_the_vectors() -> None:
    rows = re.findall(
        r"^\| (\d{3}) \| (\S.*?) \| (.*?) ?\| `(\w+)` \|$", PAGE, re.MULTILINE
    )

    assert [(int(http), means) for http, _, _, means in rows] == [
        (each["http"], each["meaning"]) for each in V["answers"]
    ]
    assert len(rows) == len(set(rows))


def test_openssl_gives_what_the_page_says(tmp_path: Path) -> None:
    """An implementation that nobody here wrote, by the very commands of the page."""
    ran = 0
    blocks = [match.groups() for match in BLOCK.finditer(PAGE)]
    for index, (language, file, text) in enumerate(blocks):
        if file:
            # What is signed with its line feeds keeps its last one; the others have none.
            whole = (
                text if file in ("enrolment.txt", "receipt.txt", "key.pem") else text[:-1]
            )
            (tmp_path / file).write_text(whole, "utf-8")
        if language == "sh":
            done = subprocess.run(
                ["sh", "-eu", "-c", text],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            assert blocks[index + 1][0] == "output"
            assert done.stdout.strip() == blocks[index + 1][2].strip()
            ran += 1

    assert ran == 5
