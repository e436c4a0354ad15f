"""Reading a span of the register as entries of the log: for the sequencer and for the auditor."""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

import msgspec

from ekino.db.database import Database
from ekino.kernel.errors import Broken
from ekino.proofs.model import (
    COLUMNS,
    Envelope,
    Opening,
    Row,
    entries_of,
    envelope_of,
    opening_of,
)
from ekino.register import service as register
from ekino.register.model import OWN_SOURCE
from ekino.register.service import Received

_BATCH_NO = COLUMNS.index("batch_no")
_ORDINAL = COLUMNS.index("ordinal")
_POSITION = COLUMNS.index("position")


class _Raws(msgspec.Struct, frozen=True, gc=False):
    events: list[msgspec.Raw]


class _Token(msgspec.Struct, frozen=True, gc=False):
    token: str = ""


class _Tokens(msgspec.Struct, frozen=True, gc=False):
    events: list[_Token]


_RAWS = msgspec.json.Decoder(_Raws)
_TOKENS = msgspec.json.Decoder(_Tokens)
_ONE_TOKEN = msgspec.json.Decoder(_Token)


def read_log_entries(db: Database, *, first: int, past_end: int) -> list[bytes]:
    """
    Give the log's entries for the positions [first, past_end), computed from the register.

    `Broken` when the register has a gap there, or lacks what an entry was made of.
    """
    rows, batches = register.read_span(db, first=first, past_end=past_end)
    if [row[_POSITION] for row in rows] != list(range(first, past_end)):
        detail = f"the register has not exactly the positions {first} … {past_end - 1}"
        raise Broken(detail, code="register_has_a_gap")
    entries: list[bytes] = []
    for batch_no, run in groupby(rows, itemgetter(_BATCH_NO)):
        received = batches.get(batch_no)
        if received is None:
            detail = f"batch {batch_no} is named by an entry and is not there"
            raise Broken(detail, code="register_lacks_a_batch")
        entries += batch_entries(received, list(run))
    return entries


def batch_entries(received: Received, rows: Sequence[Row]) -> list[bytes]:
    """Give the entries of one batch's rows; `Broken` when its body no longer has them."""
    events, tokens = _parts(received, [row[_ORDINAL] for row in rows])
    try:
        return entries_of(_envelope(received), rows, events, tokens)
    except (IndexError, KeyError, TypeError, OverflowError) as error:
        detail = f"batch {received.batch_no} has not the events that its entries name"
        raise Broken(detail, code="register_lacks_an_event") from error


def open_entry(db: Database, position: int) -> tuple[Row, Opening]:
    """Give an entry's columns and what opens it; `Broken` when the register lacks it."""
    rows, batches = register.read_span(db, first=position, past_end=position + 1)
    if not rows or rows[0][_BATCH_NO] not in batches:
        detail = f"the register lacks what entry {position} was made of"
        raise Broken(detail, code="register_lacks_a_batch")
    received = batches[rows[0][_BATCH_NO]]
    ordinal = rows[0][_ORDINAL]
    events, tokens = _parts(received, [ordinal])
    token = tokens[ordinal] if tokens else ""
    return rows[0], opening_of(_envelope(received), rows[0], events[ordinal], token)


def _parts(
    received: Received, ordinals: Sequence[int]
) -> tuple[Sequence[bytes], Sequence[str]]:
    """Give every event's exact bytes and, unless no event has one, every event's token."""
    body = received.body
    if received.source_id == OWN_SOURCE:
        return [body], []
    try:
        raws = _RAWS.decode(body).events
    except msgspec.MsgspecError as error:
        detail = f"the body of batch {received.batch_no} is no batch any more"
        raise Broken(detail, code="register_lacks_an_event") from error
    events = [bytes(raw) for raw in raws]
    # A name can also be written with escapes, which no till does and JSON allows.
    if b"token" not in body and b"\\" not in body:
        return events, []
    try:
        return events, [each.token for each in _TOKENS.decode(body).events]
    except msgspec.MsgspecError:
        # An element that was refused is no event: then only those that were entered are read.
        tokens = [""] * len(events)
        for ordinal in ordinals:
            tokens[ordinal] = _ONE_TOKEN.decode(events[ordinal]).token
        return events, tokens


def _envelope(received: Received) -> Envelope:
    return envelope_of(
        {
            "batch_no": received.batch_no,
            "body_sha256": received.body_sha256.hex(),
            "entered": received.entered,
            "events": received.events,
            "first_position": received.first_position,
            "key_id": received.key_id,
            "nonce": received.nonce,
            "recorded_at_us": received.recorded_at_us,
            "salt": received.salt.hex(),
            "signature": received.signature.hex(),
            "signed_at_us": received.signed_at_us,
            "signed_uri": received.signed_uri,
            "source_id": received.source_id,
        },
        received.salt,
        received.body_sha256,
    )
