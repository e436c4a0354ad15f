"""Entries and batches as PostgreSQL's binary COPY takes them."""

# Source: PostgreSQL documentation, COPY, Binary Format: a header, then rows of a column count
# and (length, bytes) fields, then −1.

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import NamedTuple

from ekino.register.model import IDENTITY_OF_SALE, EventKind, SalesChannel

COPY_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
COPY_END = b"\xff\xff"

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_LENGTH = Struct(">i")
_NULL = _LENGTH.pack(-1)

# An entry's columns, in the order of the query copy_entries: what a batch's entries share and is
# encoded once; what the writer alone knows; the showing; what the event itself says.
_ENTRY_COLUMNS = 15
_SHARED = Struct(">h" + "iq" * 3 + "ii" + "ih")
_PLACE = Struct(">" + "iq" + "i?")
_SHOWING = Struct(">iq")
_DETAILS = Struct(">" + "iq" * 3 + "ih")
_PIECES = 4

_BATCH_COLUMNS = 15


def microseconds(instant: datetime) -> int:
    """Give an instant as PostgreSQL keeps it: microseconds since 2000-01-01 UTC."""
    return (instant - _EPOCH) // _MICROSECOND


def _field(value: bytes) -> bytes:
    return _LENGTH.pack(len(value)) + value


_KINDS = {kind: _field(kind.encode()) for kind in EventKind}
_CHANNELS: dict[str | None, bytes] = {
    None: _NULL,
    **{channel: _field(channel.encode()) for channel in SalesChannel},
}


def _shared(
    batch_no: int,
    recorded_at_us: int,
    identity_no: int,
    source_id: int,
    admissions: int,
    kind: EventKind,
) -> bytes:
    return (
        _SHARED.pack(
            _ENTRY_COLUMNS,
            8, batch_no, 8, recorded_at_us, 8, identity_no, 4, source_id, 2, admissions,
        )
        + _KINDS[kind]
    )  # fmt: skip


def entry_row(  # noqa: PLR0913 - one parameter a column
    position: int,
    batch_no: int,
    recorded_at_us: int,
    happened_at_us: int,
    showing_id: int,
    identity_no: int,
    gross_minor: int,
    fees_minor: int,
    source_id: int,
    ordinal: int,
    admissions: int,
    is_late: bool,  # noqa: FBT001 - a column like the others
    kind: EventKind,
    sales_channel: str | None,
    subject: str,
) -> bytes:
    """
    Encode one entry for `copy_entries`.

    Instants are microseconds since 2000-01-01 UTC, as PostgreSQL keeps them.
    """
    return (
        _shared(batch_no, recorded_at_us, identity_no, source_id, admissions, kind)
        + _PLACE.pack(8, position, 1, is_late)
        + _SHOWING.pack(8, showing_id)
        + _DETAILS.pack(8, happened_at_us, 8, gross_minor, 8, fees_minor, 2, ordinal)
        + _CHANNELS[sales_channel]
        + _field(subject.encode())
    )


def sale_details(
    happened_at_us: Sequence[int],
    gross_minor: Sequence[int],
    fees_minor: Sequence[int],
    sales_channels: Sequence[str],
    subjects: Sequence[str],
) -> list[bytes]:
    """
    Encode what is known of a batch's sales before anybody holds the register's head.

    Columns of one length, in the order of the batch; so is the answer, for `sale_rows`.
    """
    encoded = [subject.encode() for subject in subjects]
    lengths = {length: _LENGTH.pack(length) for length in set(map(len, encoded))}
    pack = _DETAILS.pack
    return [
        pack(8, happened_us, 8, gross, 8, fees, 2, ordinal)
        + _CHANNELS[channel]
        + lengths[len(subject)]
        + subject
        for ordinal, (happened_us, gross, fees, channel, subject) in enumerate(
            zip(
                happened_at_us,
                gross_minor,
                fees_minor,
                sales_channels,
                encoded,
                strict=True,
            )
        )
    ]


def sale_rows(
    first_position: int,
    batch_no: int,
    recorded_at_us: int,
    source_id: int,
    *,
    showing_ids: Sequence[int],
    showing_numbers: Sequence[int],
    details: Sequence[bytes],
    late: Sequence[bool] | None,
) -> bytes:
    """
    Encode a batch of sales for `copy_entries`: the same bytes as an `entry_row` for each.

    `showing_numbers` say which of `showing_ids` each sale is for; `details` come from
    `sale_details`; `late` is None when nothing is.
    """
    count = len(details)
    pack = _PLACE.pack
    positions = range(first_position, first_position + count)
    showings = [_SHOWING.pack(8, each) for each in showing_ids]
    shared = _shared(
        batch_no, recorded_at_us, IDENTITY_OF_SALE, source_id, 1, EventKind.SOLD
    )
    pieces = [shared] * (count * _PIECES)
    pieces[1::_PIECES] = (
        [pack(8, position, 1, False) for position in positions]  # noqa: FBT003 - a column
        if late is None
        else [
            pack(8, position, 1, is_late)
            for position, is_late in zip(positions, late, strict=True)
        ]
    )
    pieces[2::_PIECES] = [showings[number] for number in showing_numbers]
    pieces[3::_PIECES] = details
    return b"".join(pieces)


class BatchRow(NamedTuple):
    """What is kept of a received batch; the columns of `register.batch`."""

    batch_no: int
    source_id: int
    # "" for the register's own statements.
    key_id: str
    recorded_at: datetime
    events: int
    # Of the events, how many became entries.
    entered: int
    # The register's size when this batch was entered.
    first_position: int
    # Of the body as it was signed, before its encoding was undone.
    body_sha256: bytes
    # Of `body`: identity or zstd.
    body_encoding: str
    body: bytes
    signed_uri: str
    signed_at: datetime
    nonce: str
    signature: bytes
    salt: bytes


_BATCH = Struct(">h" + "iq" + "ii")
_BATCH_COUNTS = Struct(">" + "iq" + "ih" + "ih" + "iq")
_INSTANT = Struct(">iq")


def batch_row(row: BatchRow) -> bytes:
    """Encode one batch for `copy_batches`."""
    return b"".join(
        (
            _BATCH.pack(_BATCH_COLUMNS, 8, row.batch_no, 4, row.source_id),
            _field(row.key_id.encode()),
            _BATCH_COUNTS.pack(
                8, microseconds(row.recorded_at), 2, row.events, 2, row.entered,
                8, row.first_position,
            ),
            _field(row.body_sha256),
            _field(row.body_encoding.encode()),
            _field(row.body),
            _field(row.signed_uri.encode()),
            _INSTANT.pack(8, microseconds(row.signed_at)),
            _field(row.nonce.encode()),
            _field(row.signature),
            _field(row.salt),
        )
    )  # fmt: skip
