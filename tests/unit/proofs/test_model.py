"""The entry: quick and slow say the same, and neither can be guessed or moved."""

import base64
import json
import random
from typing import Any

import pytest

from ekino.proofs.model import (
    COLUMNS,
    Envelope,
    entries_of,
    envelope_of,
    opening_of,
    read_token,
)

ENVELOPE = Envelope(salt=bytes(range(32)), body_sha256=b"b" * 32, sha256=b"e" * 32)
TOKEN = base64.b32encode(bytes(range(104))).decode().rstrip("=")


def a_row(**changes: Any) -> tuple[Any, ...]:
    columns: dict[str, Any] = {
        "admissions": 1, "batch_no": 4, "fees_minor": 0, "gross_minor": 150_000,
        "happened_at_us": 1_795_000_000_250_000, "identity_no": 0, "is_late": 0, "kind": "sold",
        "ordinal": 0, "position": 17, "recorded_at_us": 1_795_000_001_000_000,
        "sales_channel": "web", "showing_id": 9, "source_id": 3, "subject": "T000001",
    }  # fmt: skip
    columns |= changes
    return tuple(columns[name] for name in COLUMNS)


@pytest.mark.parametrize(
    "subject",
    ["T1", 'a"b', "a\\b", "билет №5", "a\u00a0b", "a\u2028b", "💺", "a\x7fb", "a\tb"],
)
@pytest.mark.parametrize(
    "kind", ["sold", "refunded", "ticket_checked", "key_added", "showing_moved"]
)
@pytest.mark.parametrize("token", ["", TOKEN, TOKEN[:-1], TOKEN.lower()])
def test_the_quick_way_and_rfc_8785_say_the_same(
    subject: str, kind: str, token: str
) -> None:
    row = a_row(subject=subject, kind=kind)
    event = b'{"kind":"sold"}'

    [entry] = entries_of(ENVELOPE, [row], [event], [token])

    opening = opening_of(ENVELOPE, row, event, token)
    assert entry == opening.entry(kind)
    assert len(entry) == 66
    detail = json.loads(opening.detail)
    assert list(detail) == sorted(detail)
    assert detail["subject"] == subject
    assert {type(value) for value in detail.values()} == {int, str}


def test_every_column_and_every_byte_changes_the_entry() -> None:
    event = b'{"kind":"sold"}'
    [entry] = entries_of(ENVELOPE, [a_row()], [event], [TOKEN])
    others = [
        entries_of(ENVELOPE, [a_row(**{name: value})], [event, event], [TOKEN, TOKEN])[0]
        for name, value in {
            "admissions": 0, "batch_no": 5, "fees_minor": 1, "gross_minor": 1, "happened_at_us": 1,
            "identity_no": 1, "is_late": 1, "kind": "voided", "ordinal": 1, "position": 18,
            "recorded_at_us": 1, "sales_channel": "app", "showing_id": 1, "source_id": 1, "subject": "T2",
        }.items()
    ]  # fmt: skip
    others += entries_of(ENVELOPE, [a_row()], [event + b" "], [TOKEN])
    for name in ("salt", "body_sha256", "sha256"):
        changed = {
            each: getattr(ENVELOPE, each) for each in ("salt", "body_sha256", "sha256")
        } | {name: bytes(32)}
        others += entries_of(Envelope(**changed), [a_row()], [event], [TOKEN])

    assert len({entry, *others}) == 1 + len(COLUMNS) + 1 + 3


def test_an_event_without_a_token_cannot_be_guessed() -> None:
    event = b'{"kind":"refunded"}'
    row = a_row(kind="refunded")
    [one] = entries_of(ENVELOPE, [row], [event], [])
    [other] = entries_of(
        Envelope(salt=bytes(32), body_sha256=b"b" * 32, sha256=b"e" * 32),
        [row],
        [event],
        [],
    )
    assert one[2:34] != other[2:34]
    # With a token the public hash is the visitor's to compute, whatever the salt is.
    assert opening_of(ENVELOPE, a_row(), event, TOKEN).public == bytes(range(104))


def test_a_token_is_read_in_its_one_spelling() -> None:
    dice = random.Random(3)
    for _ in range(200):
        raw = dice.randbytes(104)
        text = base64.b32encode(raw).decode().rstrip("=")
        assert read_token(text) == raw
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    assert sum(bool(read_token(TOKEN[:-1] + letter)) for letter in last) == 4
    for wrong in ("_", "+", "-", " ", "1", "0", "é", "a"):
        assert read_token(TOKEN[:50] + wrong + TOKEN[51:]) == b""
    assert read_token(TOKEN + "A") == b""


def test_an_envelope_binds_all_that_came_with_the_body() -> None:
    one = envelope_of({"key_id": "a", "events": 1}, b"s" * 32, b"b" * 32)
    other = envelope_of({"key_id": "b", "events": 1}, b"s" * 32, b"b" * 32)
    assert one.sha256 != other.sha256
