"""A file that was handed in: read, written down with the batches it makes, and read again."""

import hashlib
from dataclasses import dataclass
from typing import Any

import msgspec
from psycopg import Connection

from ekino.db.database import Database, Role
from ekino.ingest.formats.facts import Facts, verify_size
from ekino.ingest.model import BATCH_EVENTS_MAX, BODY_BYTES_MAX
from ekino.intake.model.upload import (
    NAMES_MAX,
    Source,
    State,
    Upload,
    count_waiting,
    state_after,
)
from ekino.intake.service import judging
from ekino.intake.service.judging import Judgement
from ekino.intake.store import uploads as store
from ekino.intake.store.uploads import Batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """A file as it was handed in."""

    content: bytes
    file_name: str = ""
    # Named format, currency and zone; "" where the file or the source says.
    format: str = ""
    currency: str = ""
    timezone: str = ""

    @property
    def asked(self) -> str:
        """What was asked of it, as one text."""
        return f"{self.format}|{self.currency}|{self.timezone}"


def read(source: Source, handed: Handed) -> Judgement | Facts:
    """Read a file in the format that is named or known; `Malformed` for one that cannot be."""
    verify_size(handed.content)
    return judging.read(
        handed.content,
        format_=handed.format,
        currency=handed.currency or source.currency,
        timezone=handed.timezone or source.timezone,
    )


def state_of(judged: Judgement) -> State:
    """Say how an upload stands that was judged just now."""
    waiting = count_waiting(judged.counts)
    return state_after(batches=len(judged.events), answered=0, waiting_rows=waiting)


def write(
    tx: Connection[Any],
    source: Source,
    upload_no: int,
    judged: Judgement,
    key_id: str,
    first: int,
    *,
    ordinal: int = 0,
) -> None:
    """Keep the events in batches under their numbers, with what was found."""
    batches = _batches(judged, key_id, first, ordinal)
    store.insert_batches(tx, upload_no, batches)
    store.advance_numbering(tx, source.source_id, key_id, first + len(judged.events))
    store.add_findings(tx, upload_no, judged.findings)
    store.add_unknown_names(tx, upload_no, dict(judged.unknown.most_common(NAMES_MAX)))


def _batches(judged: Judgement, key_id: str, first: int, ordinal: int) -> list[Batch]:
    found: list[Batch] = []
    raws: list[bytes] = []
    places: list[str] = []
    size = 0

    def close(next_sequence: int) -> None:
        nonlocal raws, places, size
        if raws:
            body = b'{"events":[' + b",".join(raws) + b"]}"
            digest = hashlib.sha256(body).digest()
            begins = next_sequence - len(raws)
            number = ordinal + len(found)
            found.append(Batch(number, key_id, begins, len(raws), digest, body, places))
        raws, places, size = [], [], 0

    sequence = first
    for sequence, (place, event) in enumerate(judged.events, start=first):
        raw = msgspec.json.encode({**event, "sequence": sequence})
        if len(raws) == BATCH_EVENTS_MAX or size + len(raw) > BODY_BYTES_MAX // 2:
            close(sequence)
        raws.append(raw)
        places.append(place)
        size += len(raw) + 1
    close(sequence + 1)
    return found


def read_upload(db: Database, upload_no: int) -> Upload:
    """Give an upload by its number."""
    with db.transaction(Role.OFFICE) as tx:
        (found,) = store.list_uploads(tx, upload_no=upload_no, limit=1)
    return found
