"""What an entry of the log commits to: 66 bytes that give nothing away and can be opened."""

# The format is docs/reference/log-entries.md. A byte of it never changes its meaning: another
# form gets another version number.

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

VERSION = 1
# What a visitor holds of a ticket, and how its base32 is written (no padding).
TOKEN_BYTES = 104
_TOKEN_CHARACTERS = 167
# 167 characters of five bits are three bits more than 104 bytes; they are zero.
_TOKEN_SPARE_BITS = 3
_TOKEN_SPARE = 0b111
# Base32's letters as the digits of a number to base 32; any other byte becomes one that no
# number has. A table of bytes and one `int` take a tenth of what the standard decoder takes.
_DIGITS_OF = bytearray(b"!" * 256)
for _letter, _digit in zip(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789abcdefghijklmnopqrstuv", strict=True
):
    _DIGITS_OF[_letter] = _digit
# Half of a hash for each of the two salts: nobody guesses 128 bits.
SALT_BYTES = 16

# The byte that says what kind of entry it is. 1 … 7 and 8 (settlement closed) are the
# published format's; 13 will say that the details of a span were shredded.
NUMBER_OF_KIND = {
    "sold": 1,
    "refunded": 2,
    "voided": 3,
    "ticket_checked": 4,
    "key_added": 5,
    "key_revoked": 6,
    "corrected": 7,
    "admitted": 9,
    "showing_announced": 10,
    "showing_moved": 11,
    "showing_cancelled": 12,
}
_HEAD_OF_KIND = {kind: bytes([VERSION, number]) for kind, number in NUMBER_OF_KIND.items()}
# Statements of the register itself: whoever they are about may read them.
_PUBLIC_KINDS = frozenset({"ticket_checked", "key_added", "key_revoked"})
_PUBLIC = b"ekino-public-v1\n"
_DETAIL = b"ekino-detail-v1\n"

# The columns of register.entry in canonical JSON (RFC 8785): the order is that of the names.
COLUMNS = (
    "admissions", "batch_no", "fees_minor", "gross_minor", "happened_at_us", "identity_no",
    "is_late", "kind", "ordinal", "position", "recorded_at_us", "sales_channel", "showing_id",
    "source_id", "subject",
)  # fmt: skip
_TEXTS = frozenset({"kind", "sales_channel", "subject"})
_COLUMNS_JSON = ",".join(
    f'"{name}":"%s"' if name in _TEXTS else f'"{name}":%d' for name in COLUMNS
)
_BATCH_NO, _KIND, _ORDINAL, _SUBJECT = (
    COLUMNS.index(name) for name in ("batch_no", "kind", "ordinal", "subject")
)

_sha256 = hashlib.sha256
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What a batch's entries commit to besides themselves."""

    # 32 secret bytes; each entry's own salts are made from it.
    salt: bytes
    body_sha256: bytes
    # Of the canonical JSON of all that came with the body: who signed it, when, how.
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens one entry: its two preimages."""

    public: bytes
    detail: bytes

    def entry(self, kind: str) -> bytes:
        """Give the 66 bytes."""
        return (
            _HEAD_OF_KIND[kind]
            + _sha256(_PUBLIC + self.public).digest()
            + _sha256(_DETAIL + self.detail).digest()
        )


def envelope_of(columns: dict[str, int | str], salt: bytes, body_sha256: bytes) -> Envelope:
    """Give a batch's envelope; `columns` are integers and texts, bytes in hex."""
    encoded = canonical(columns).encode()
    return Envelope(salt=salt, body_sha256=body_sha256, sha256=_sha256(encoded).digest())


def canonical(value: dict[str, int | str]) -> str:
    """Write integers and texts as canonical JSON (RFC 8785)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def read_token(text: str) -> bytes:
    """Give the 104 bytes of a token in base32, or b"" for any other text."""
    if len(text) != _TOKEN_CHARACTERS:
        return b""
    try:
        number = int(text.encode().translate(_DIGITS_OF), 32)
    except ValueError:
        return b""
    if number & _TOKEN_SPARE:
        return b""
    return (number >> _TOKEN_SPARE_BITS).to_bytes(TOKEN_BYTES, "big")


def is_plain(texts: Sequence[str]) -> bool:
    """Say whether all of these stand in JSON as they are."""
    joined = "".join(texts)
    return '"' not in joined and "\\" not in joined and joined.isprintable()


def entries_of(
    envelope: Envelope, rows: Sequence[Row], events: Sequence[bytes], tokens: Sequence[str]
) -> list[bytes]:
    """
    Give the entries of one batch's rows, in their order.

    `rows` have COLUMNS; `events` and `tokens` are the exact bytes and the token ("" for none)
    of every event of the batch, by ordinal.
    """
    digest, heads, public_kinds = _sha256, _HEAD_OF_KIND, _PUBLIC_KINDS
    salt = envelope.salt
    before = _before(envelope)
    if not is_plain([row[_SUBJECT] for row in rows]):
        rows = [_escaped(row) for row in rows]
    entries = []
    for row in rows:
        kind, ordinal = row[_KIND], row[_ORDINAL]
        event = events[ordinal]
        salts = digest(salt + ordinal.to_bytes(2, "big")).digest()
        held = read_token(tokens[ordinal]) if tokens else b""
        if not held:
            held = event if kind in public_kinds else salts[SALT_BYTES:] + event
        detail = (
            f'{before}{digest(event).hexdigest()}","_salt":"{salts[:SALT_BYTES].hex()}",'
            f"{_COLUMNS_JSON % row}}}"
        )
        entries.append(
            heads[kind]
            + digest(_PUBLIC + held).digest()
            + digest(_DETAIL + detail.encode()).digest()
        )
    return entries


def opening_of(envelope: Envelope, row: Row, event: bytes, token: str) -> Opening:
    """
    Give what opens one entry.

    The same as `entries_of`, said slowly: a test holds the two to each other and to RFC 8785.
    """
    columns = dict(zip(COLUMNS, row, strict=True))
    salts = _sha256(envelope.salt + columns["ordinal"].to_bytes(2, "big")).digest()
    public = read_token(token)
    if not public:
        is_public = columns["kind"] in _PUBLIC_KINDS
        public = event if is_public else salts[SALT_BYTES:] + event
    detail = canonical(
        {
            "_body_sha256": envelope.body_sha256.hex(),
            "_envelope_sha256": envelope.sha256.hex(),
            "_event_sha256": _sha256(event).hexdigest(),
            "_salt": salts[:SALT_BYTES].hex(),
            **columns,
        }
    )
    return Opening(public, detail.encode())


def _before(envelope: Envelope) -> str:
    return (
        f'{{"_body_sha256":"{envelope.body_sha256.hex()}"'
        f',"_envelope_sha256":"{envelope.sha256.hex()}","_event_sha256":"'
    )


def _escaped(row: Row) -> Row:
    subject = json.dumps(row[_SUBJECT], ensure_ascii=False)[1:-1]
    return (*row[:_SUBJECT], subject, *row[_SUBJECT + 1 :])
