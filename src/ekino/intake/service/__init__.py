"""What others may ask: hand a file in, see what became of it, map its names."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any

from psycopg import Connection

from ekino.access import service as access
from ekino.db.database import Database, Role
from ekino.ingest.formats.table import to_keep
from ekino.intake.model.upload import (
    FILE_NAME_CHARACTERS_MAX,
    FINDINGS_MAX,
    Finding,
    Name,
    Refusal,
    Source,
    State,
    Upload,
)
from ekino.intake.service import handing, judging, quota
from ekino.intake.service.handing import Handed
from ekino.intake.service.judging import Judgement
from ekino.intake.service.keys import Keys
from ekino.intake.service.sending import Submit, door, send
from ekino.intake.service.waiting import Finisher, map_names
from ekino.intake.store import catalog
from ekino.intake.store import uploads as store
from ekino.kernel.errors import Malformed, NotFound
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
    with quota.turn(handed.content):
        what = handing.read(source, handed)
        with db.transaction(Role.OFFICE) as office, db.transaction(Role.READER) as reader:
            return judging.judge(office, reader, source, what, at=at)


def hand_in(
    db: Database,
    keys: Keys,
    source: Source,
    handed: Handed,
    *,
    handed_by: str,
    at: datetime,
    has_quota: bool = True,
) -> Upload:
    """
    Take a file for a source: judge it whole, keep it, and write down the batches it makes.

    The same bytes asked the same give the same upload as before, untouched. Nothing is sent
    here: `send` does, or the follower. A file that cannot be taken is kept as refused. Raises
    `Malformed` only for one too large to keep, and `TooOften` when the source's day is full;
    what the operator reads in by himself has no `has_quota`.
    """
    digest = hashlib.sha256(handed.content).digest()
    with db.transaction(Role.OFFICE) as tx:
        again = store.find_again(tx, source.source_id, digest, handed.asked)
        if again is None and has_quota:
            # Before it is judged, which costs more than to keep it.
            quota.verify(tx, source.source_id, len(handed.content), at=at)
    if again is None:
        with quota.turn(handed.content):
            again = _take(
                db, keys, source, handed, digest, handed_by, at, has_quota=has_quota
            )
    return handing.read_upload(db, again)


def _take(
    db: Database,
    keys: Keys,
    source: Source,
    handed: Handed,
    digest: bytes,
    handed_by: str,
    at: datetime,
    *,
    has_quota: bool,
) -> int:
    try:
        what = handing.read(source, handed)
    except Malformed as error:
        if error.code in ("file_too_large", "file_empty"):
            raise
        refusal = _refusal_of(error)
        return _keep_refused(
            db, source, handed, digest, refusal, handed_by, at, has_quota=has_quota
        )
    key_id = keys.ensure(db, source, at=at)
    with db.transaction(Role.OFFICE) as office:
        # Lock first, then look: two files of one source never judge each other's tickets new.
        _, first = store.lock_numbering(office, source.source_id, key_id)
        again = store.find_again(office, source.source_id, digest, handed.asked)
        if again is None:
            if has_quota:
                quota.verify(office, source.source_id, len(handed.content), at=at)
            with db.transaction(Role.READER) as reader:
                judged = judging.judge(office, reader, source, what, at=at)
            again = store.insert(
                office,
                _columns(source, handed, digest, handed_by, at)
                | {
                    "format": judged.format,
                    "version": judged.version,
                    "state": handing.state_of(judged).value,
                    "refusal": None,
                    "counts": dict(judged.counts),
                },
            )
            handing.write(office, source, again, judged, key_id, first)
            _note(office, source, handed_by, f"upload/{again}", judged)
        # From here the file is judged, and its batches wait to be sent.
    return again


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


def _refusal_of(error: Malformed) -> Refusal:
    problem = error.problems[0] if error.problems else None
    return Refusal(
        code=error.code,
        place=problem.pointer if problem else "",
        detail=(problem.detail if problem else error.detail).replace("\0", ""),
        fix=problem.fix if problem else "",
    )


def _keep_refused(
    db: Database,
    source: Source,
    handed: Handed,
    digest: bytes,
    refusal: Refusal,
    handed_by: str,
    at: datetime,
    *,
    has_quota: bool,
) -> int:
    with db.transaction(Role.OFFICE) as tx:
        # Two at once: the second waits here and finds what the first has written.
        store.lock_numbering(tx, source.source_id, "")
        again = store.find_again(tx, source.source_id, digest, handed.asked)
        if again is None:
            if has_quota:
                quota.verify(tx, source.source_id, len(handed.content), at=at)
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
    return again


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
