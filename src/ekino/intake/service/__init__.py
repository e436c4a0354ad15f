"""What others may ask: hand a file in, see what became of it, map its names."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import msgspec
from psycopg import Connection

from ekino.access import service as access
from ekino.db.database import Database, Role
from ekino.ingest.formats.facts import Facts, verify_size
from ekino.ingest.formats.table import choose, to_keep
from ekino.ingest.formats.unpacking import unpack
from ekino.ingest.model import BATCH_EVENTS_MAX, BODY_BYTES_MAX
from ekino.intake.model.upload import (
    FILE_NAME_CHARACTERS_MAX,
    FINDINGS_MAX,
    NAMES_MAX,
    Finding,
    Name,
    NameKind,
    Refusal,
    Source,
    State,
    Upload,
    count_waiting,
    state_after,
)
from ekino.intake.service import judging
from ekino.intake.service.judging import Judgement
from ekino.intake.service.keys import Keys
from ekino.intake.service.sending import Finisher, Submit, door, send
from ekino.intake.store import catalog
from ekino.intake.store import uploads as store
from ekino.intake.store.uploads import Batch
from ekino.kernel.errors import Malformed, NotFound, Refused
from ekino.kernel.identifiers import new_reference

__all__ = [
    "FINDINGS_MAX",
    "Finding",
    "Finisher",
    "Handed",
    "Judgement",
    "Keys",
    "Source",
    "Submit",
    "Upload",
    "door",
    "find_source",
    "hand_in",
    "judge_only",
    "list_findings",
    "list_names",
    "list_sources_of",
    "list_uploads",
    "list_versions",
    "map_names",
    "read_upload",
    "send",
]

# Uploads in one list.
UPLOADS_SHOWN_MAX = 100
# Uploads that are judged again when one name was mapped.
JUDGED_AGAIN_MAX = 50


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


def find_source(db: Database, code: str) -> Source:
    """Give a source by its code; `NotFound` for one that is not there or is suspended."""
    with db.transaction(Role.OFFICE) as tx:
        found = catalog.find_source(tx, code)
    if found is None:
        detail = f"there is no active source {code!r}"
        raise NotFound(detail, code="source_not_found")
    return found


def list_sources_of(db: Database, organisation_id: int) -> list[tuple[str, str]]:
    """Give (code, name) of the sources that an organisation keeps itself."""
    with db.transaction(Role.EXHIBITOR, organisation_id=organisation_id) as tx:
        return catalog.list_sources_of(tx, organisation_id)


def judge_only(db: Database, source: Source, handed: Handed, *, at: datetime) -> Judgement:
    """Say what would become of a file, without entering anything; `Malformed` for none at all."""
    what = _read(source, handed)
    with db.transaction(Role.OFFICE) as office, db.transaction(Role.READER) as reader:
        return judging.judge(office, reader, source, what, at=at)


def _read(source: Source, handed: Handed) -> Judgement | Facts:
    verify_size(handed.content)
    return judging.read(
        handed.content,
        format_=handed.format,
        currency=handed.currency or source.currency,
        timezone=handed.timezone or source.timezone,
    )


def hand_in(
    db: Database,
    keys: Keys,
    source: Source,
    handed: Handed,
    *,
    handed_by: str,
    at: datetime,
) -> Upload:
    """
    Take a file for a source: judge it whole, keep it, and write down the batches it makes.

    The same bytes asked the same give the same upload as before, untouched. Nothing is sent
    here: `send` does, or the follower. A file that cannot be taken is kept as refused. Raises
    `Malformed` only for one too large to keep.
    """
    digest = hashlib.sha256(handed.content).digest()
    with db.transaction(Role.OFFICE) as tx:
        again = store.find_again(tx, source.source_id, digest, handed.asked)
    if again is not None:
        return _upload(db, again)
    try:
        what = _read(source, handed)
    except Malformed as error:
        if error.code in ("file_too_large", "file_empty"):
            raise
        return _keep_refused(db, source, handed, digest, error, handed_by, at)
    key_id = keys.ensure(db, source, at=at)
    with db.transaction(Role.OFFICE) as office:
        # Lock first, then look: two files of one source never judge each other's tickets new.
        _, first = store.lock_numbering(office, source.source_id, key_id)
        again = store.find_again(office, source.source_id, digest, handed.asked)
        if again is None:
            with db.transaction(Role.READER) as reader:
                judged = judging.judge(office, reader, source, what, at=at)
            again = store.insert(
                office,
                _columns(source, handed, digest, handed_by, at)
                | {
                    "format": judged.format,
                    "version": judged.version,
                    "state": _state(judged).value,
                    "refusal": None,
                    "counts": dict(judged.counts),
                },
            )
            _write(office, source, again, judged, key_id, first)
            _note(office, source, handed_by, f"upload/{again}", judged)
        # From here the file is judged, and its batches wait to be sent.
    return _upload(db, again)


def _state(judged: Judgement) -> State:
    waiting = count_waiting(judged.counts)
    return state_after(batches=len(judged.events), answered=0, waiting_rows=waiting)


def _columns(
    source: Source, handed: Handed, digest: bytes, handed_by: str, at: datetime
) -> dict[str, Any]:
    name = "".join(each if each.isprintable() else " " for each in handed.file_name)
    return {
        "reference": new_reference(),
        "source_id": source.source_id,
        "file_name": name[:FILE_NAME_CHARACTERS_MAX],
        "file_sha256": digest,
        "file_bytes": len(handed.content),
        # Persons that a file names are not kept; its digest is of the bytes that were handed in.
        "content": to_keep(handed.content, handed.format),
        "asked": handed.asked,
        "handed_by": handed_by,
        "at": at,
    }


def _kept(handed: Handed) -> bytes:
    """Give the bytes that are kept: without the persons that a format's rows may name."""
    try:
        chosen = choose(handed.content, handed.format)
        if chosen.forget is None:
            return handed.content
        return chosen.forget(unpack(handed.content))
    except Malformed as error:
        # What cannot be told apart holds no rows; one that can, and is broken, may name people.
        return handed.content if error.code.startswith("format_") else b""


def _note(
    tx: Connection[Any], source: Source, actor: str, subject: str, judged: Judgement
) -> None:
    access.note(
        tx,
        actor=actor,
        action="file_handed_in",
        subject=subject,
        detail={"source": source.code, "events": len(judged.events)},
    )


def _keep_refused(
    db: Database,
    source: Source,
    handed: Handed,
    digest: bytes,
    error: Malformed,
    handed_by: str,
    at: datetime,
) -> Upload:
    problem = error.problems[0] if error.problems else None
    refusal = Refusal(
        code=error.code,
        place=problem.pointer if problem else "",
        detail=(problem.detail if problem else error.detail).replace("\0", ""),
        fix=problem.fix if problem else "",
    )
    with db.transaction(Role.OFFICE) as tx:
        # Two at once: the second waits here and finds what the first has written.
        store.lock_numbering(tx, source.source_id, "")
        again = store.find_again(tx, source.source_id, digest, handed.asked)
        if again is None:
            columns = _columns(source, handed, digest, handed_by, at)
            again = store.insert(
                tx,
                columns
                | {
                    "format": handed.format,
                    "version": "",
                    "state": State.REFUSED.value,
                    "refusal": asdict(refusal),
                    "counts": {},
                },
            )
    return _upload(db, again)


def _write(
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


def _upload(db: Database, upload_no: int) -> Upload:
    with db.transaction(Role.OFFICE) as tx:
        (found,) = store.list_uploads(tx, upload_no=upload_no, limit=1)
    return found


@contextmanager
def _as(db: Database, organisation_id: int | None) -> Iterator[Connection[Any]]:
    """Read as an organisation, which the database holds to its own, or for the office."""
    if organisation_id is None:
        with db.transaction(Role.OFFICE) as tx:
            yield tx
    else:
        with db.transaction(Role.EXHIBITOR, organisation_id=organisation_id) as tx:
            yield tx


def list_uploads(
    db: Database, source_code: str, *, organisation_id: int | None = None
) -> list[Upload]:
    """Give the latest uploads of a source; as an organisation, of one of its own."""
    with _as(db, organisation_id) as tx:
        return store.list_uploads(tx, source_code=source_code, limit=UPLOADS_SHOWN_MAX)


def read_upload(
    db: Database,
    reference: str,
    *,
    source_code: str | None = None,
    organisation_id: int | None = None,
) -> Upload:
    """Give an upload, of this source or organisation where one asks; `NotFound` else."""
    with _as(db, organisation_id) as tx:
        found = store.list_uploads(
            tx, source_code=source_code, reference=reference, limit=1
        )
    if not found:
        raise NotFound("there is no such upload of yours", code="upload_not_found")
    return found[0]


def list_findings(
    db: Database, upload: Upload, *, limit: int, organisation_id: int | None = None
) -> list[Finding]:
    """Give what was found in an upload, in the order of the file."""
    with _as(db, organisation_id) as tx:
        return store.list_findings(tx, upload.upload_no, limit=limit)


def list_names(
    db: Database, upload: Upload, *, limit: int, organisation_id: int | None = None
) -> list[tuple[Name, int]]:
    """Give the names of an upload that wait, with how many rows wait for each."""
    with _as(db, organisation_id) as tx:
        return store.list_unknown_names(tx, upload.upload_no, limit=limit)


def list_versions(db: Database, language: str, *, limit: int) -> list[tuple[str, str, str]]:
    """Give (code, title, language) of the film versions added last, to choose from."""
    with db.transaction(Role.OFFICE) as tx:
        return catalog.list_versions(tx, language, limit=limit)


def map_names(
    db: Database,
    keys: Keys,
    source: Source,
    codes: Sequence[tuple[Name, str]],
    *,
    made_by: str,
    at: datetime,
) -> list[Upload]:
    """
    Say once what a source's names mean, and judge again the files that wait for them.

    Raises `Refused` with `code_unknown` when a code is none that the source may use; nothing
    is written then.
    """
    with db.transaction(Role.OFFICE) as tx:
        _verify_codes(tx, source, codes)
        for name, code in codes:
            catalog.put_mapping(tx, source.source_id, name, code, made_by=made_by, at=at)
        access.note(
            tx,
            actor=made_by,
            action="names_mapped",
            subject=f"source/{source.code}",
            detail={"names": len(codes)},
        )
        waiting = store.list_waiting_for(tx, source.source_id, limit=JUDGED_AGAIN_MAX)
    return [_judge_again(db, keys, source, upload_no, at=at) for upload_no in waiting]


def _verify_codes(
    tx: Connection[Any], source: Source, codes: Sequence[tuple[Name, str]]
) -> None:
    halls = {venue.code: venue.halls for venue in source.venues}
    for name, code in codes:
        if name.kind is NameKind.VENUE:
            is_there = code in halls
        elif name.kind is NameKind.HALL:
            is_there = code in halls.get(name.within, {})
        else:
            is_there = catalog.has_version(tx, code)
        if not is_there:
            detail = f"{code!r} is no {name.kind.value} that this source may name"
            raise Refused(detail, code="code_unknown")


def _judge_again(
    db: Database, keys: Keys, source: Source, upload_no: int, *, at: datetime
) -> Upload:
    key_id = keys.ensure(db, source, at=at)
    with db.transaction(Role.OFFICE) as office:
        _, first = store.lock_numbering(office, source.source_id, key_id)
        kept = store.find_content(office, upload_no)
        locked = store.lock(office, upload_no)
        if kept is not None and locked is not None and locked[0] is State.WAITING:
            named, currency, timezone = kept.asked.split("|")
            handed = Handed(
                content=kept.content, format=named, currency=currency, timezone=timezone
            )
            what = _read(source, handed)
            with db.transaction(Role.READER) as reader:
                judged = judging.judge(office, reader, source, what, at=kept.handed_at)
            counted = store.count_batches(office, upload_no)
            # What this file had entered itself was not there before it.
            own = counted["entered"] + counted["already"]
            judged.counts["already"] = max(0, judged.counts["already"] - own)
            store.judge_again(
                office, upload_no, state=_state(judged), counts=judged.counts, at=at
            )
            _write(
                office, source, upload_no, judged, key_id, first,
                ordinal=counted["batches"],
            )  # fmt: skip
        # From here what was mapped waits to be sent.
    return _upload(db, upload_no)
