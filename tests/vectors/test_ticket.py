"""Ticket token v1: kit and register, written apart, are equal to the published bytes."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ekino.verify import token as register
from ekino_till import Key, Ticket, make_token, note_key_id, short_id, token_text, token_url
from ekino_till.token import sign_body

VECTOR: dict[str, Any] = json.loads(Path(__file__).with_name("ticket.json").read_text())
FIELDS = VECTOR["fields"]
KEY = Key(
    VECTOR["till_name"],
    Ed25519PrivateKey.from_private_bytes(bytes.fromhex(VECTOR["till_seed_hex"])),
)
PUBLIC = KEY.private.public_key().public_bytes_raw()
RAW = bytes.fromhex(VECTOR["token_hex"])
TEXT = VECTOR["url"].rsplit("/", 1)[1]
BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def is_accepted(text: str) -> bool:
    """Whether the register takes these characters for a ticket of the vector's till."""
    try:
        token = register.read_text(text)
    except register.Unreadable:
        return False
    return token.key_id == bytes.fromhex(VECTOR["key_id"]) and register.is_signed_by(
        token, PUBLIC
    )


def test_the_kit_makes_the_published_token() -> None:
    ticket = Ticket(
        hall=FIELDS["hall"],
        start=FIELDS["start"],
        issued=FIELDS["issued"],
        price_minor=FIELDS["price_tiyn"],
        place=FIELDS["place"],
        ticket_id=bytes.fromhex(FIELDS["id"]),
    )

    token = make_token(KEY, ticket, FIELDS["seq"])

    assert token == RAW
    assert token_url(token) == VECTOR["url"]
    assert note_key_id(VECTOR["till_name"], PUBLIC).hex() == VECTOR["key_id"]


def test_the_register_reads_the_published_token() -> None:
    host, text = register.read_address(VECTOR["url"])
    token = register.read_text(text.lower())

    assert host == "ekino.kz"
    assert (token.ticket_id.hex(), token.seq, token.hall_id) == (FIELDS["id"], 7, 4242)
    assert (token.start_s, token.issued_s) == (FIELDS["start"], FIELDS["issued"])
    assert (token.price_minor, token.place, token.marks) == (250_000, 57, 0)
    assert register.note_key_id(VECTOR["till_name"], PUBLIC).hex() == VECTOR["key_id"]
    assert is_accepted(TEXT)
    assert is_accepted(TEXT.lower())


def test_both_write_the_printed_id_alike() -> None:
    ticket_id = bytes.fromhex(FIELDS["id"])
    printed = short_id(ticket_id)

    assert printed == register.write_short_id(ticket_id) == "AAAQE-AYEAU-DAOCA-JBIFQ"
    assert register.read_short_id(printed.lower().replace("-", " ")) == ticket_id
    # The last character holds four bits of nothing.
    assert register.read_short_id(printed[:-1] + "R") is None
    assert register.read_short_id(printed[:-1]) is None


def test_no_flipped_bit_is_accepted() -> None:
    accepted = [
        bit
        for bit in range(len(RAW) * 8)
        if is_accepted(
            token_text(
                RAW[: bit // 8]
                + bytes([RAW[bit // 8] ^ 1 << bit % 8])
                + RAW[bit // 8 + 1 :]
            )
        )
    ]

    assert accepted == []


def test_no_changed_character_is_accepted() -> None:
    tried = [
        TEXT[:place] + letter + TEXT[place + 1 :]
        for place in range(len(TEXT))
        for letter in BASE32
        if letter != TEXT[place]
    ]

    assert len(tried) == 5_177
    assert [text for text in tried if is_accepted(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        TEXT[:-1],
        TEXT + "A",
        TEXT + "=",
        " " + TEXT,
        TEXT + "\n",
        TEXT.replace("A", "0", 1),
        TEXT.replace("A", "\u0410", 1),
        token_text(RAW + b"\x00"),
        token_text(RAW[:-1]),
    ],
)
def test_no_other_spelling_is_accepted(text: str) -> None:
    assert not is_accepted(text)


@pytest.mark.parametrize(
    ("offset", "value"),
    [(0, 0), (0, 2), (39, 8), (39, 0x80), (39, 1)],
    ids=["version 0", "version 2", "flag 3", "flag 7", "free and paid"],
)
def test_a_till_that_signs_what_means_nothing_is_not_read(offset: int, value: int) -> None:
    body = RAW[:offset] + bytes([value]) + RAW[offset + 1 : 40]

    assert not is_accepted(token_text(sign_body(KEY.private, body)))


def test_a_price_of_nothing_wants_its_flag() -> None:
    nothing = RAW[:29] + bytes(4) + RAW[33:40]
    free = nothing[:39] + b"\x01"

    assert not is_accepted(token_text(sign_body(KEY.private, nothing)))
    assert is_accepted(token_text(sign_body(KEY.private, free)))


def test_another_key_signs_nothing_of_this_till() -> None:
    other = Ed25519PrivateKey.generate()

    assert not is_accepted(token_text(sign_body(other, RAW[:40])))


def test_a_signature_with_s_beyond_the_order_is_refused() -> None:
    """S + L signs the same to a lenient verifier: a second spelling of one ticket."""
    order = 2**252 + 27742317777372353535851937790883648493
    s = int.from_bytes(RAW[72:], "little") + order
    doubled = RAW[:72] + s.to_bytes(32, "little")

    assert not is_accepted(token_text(doubled))
