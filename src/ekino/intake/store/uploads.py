"""Uploads with their batches and findings."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from ekino.db.queries import load_queries
from ekino.intake.model.upload import (
    Finding,
    Name,
    NameKind,
    Refusal,
    State,
    Upload,
    state_shown,
)

_QUERIES = load_queries("ekino.intake")


class Batch(NamedTuple):
    """A native batch of an upload, before it is answered."""

    ordinal: int
    key_id: str
    first_sequence: int
    events: int
    body_sha256: bytes
    body: bytes
    places: Sequence[str]


class Waiting(NamedTuple):
    """A batch that is to be sent."""

    ordinal: int
    key_id: str
    events: int
    body: bytes
    places: list[str]


class Kept(NamedTuple):
    """The bytes of an upload and how they were handed in."""

    content: bytes
    asked: str
    file_name: str
    handed_at: datetime
    source: str


def lock_numbering(tx: Connection[Any], source_id: int, key_id: str) -> tuple[str, int]:
    """Take a source's numbers, begun with 1 under this key, and give (key, next number)."""
    tx.execute(_QUERIES.begin_numbering, {"source_id": source_id, "key_id": key_id})
    row = tx.execute(_QUERIES.lock_numbering, {"source_id": source_id}).fetchone()
    return (str(row[0]), int(row[1])) if row else (key_id, 1)


def advance_numbering(
    tx: Connection[Any], source_id: int, key_id: str, next_sequence: int
) -> None:
    """Move on past the numbers that were given."""
    tx.execute(
        _QUERIES.advance_numbering,
        {"source_id": source_id, "key_id": key_id, "next_sequence": next_sequence},
    )


def find_again(
    tx: Connection[Any], source_id: int, file_sha256: bytes, asked: str
) -> int | None:
    """Give the upload of the same bytes, asked the same, or None."""
    row = tx.execute(
        _QUERIES.find_upload_again,
        {"source_id": source_id, "file_sha256": file_sha256, "asked": asked},
    ).fetchone()
    return None if row is None else int(row[0])


def sum_handed(
    tx: Connection[Any], source_id: int, *, since: datetime
) -> tuple[int, int, datetime | None]:
    """Give how many files were handed in for a source since, their bytes, and when the first."""
    asked = {"source_id": source_id, "since": since}
    row = tx.execute(_QUERIES.sum_handed, asked).fetchone()
    return (0, 0, None) if row is None else (int(row[0]), int(row[1]), row[2])


def insert(tx: Connection[Any], columns: Mapping[str, Any]) -> int:
    """Write an upload down and give its number."""
    refusal = columns["refusal"]
    row = tx.execute(
        _QUERIES.insert_upload,
        {
            **columns,
            "counts": Jsonb(columns["counts"]),
            "refusal": None if refusal is None else Jsonb(refusal),
        },
    ).fetchone()
    found = row or (0,)
    return int(found[0])


def leave_waiting(tx: Connection[Any], upload_no: int, *, at: datetime) -> None:
    """Have a file that could not be judged again wait until another name is mapped."""
    tx.execute(_QUERIES.leave_waiting, {"upload_no": upload_no, "at": at})


def judge_again(
    tx: Connection[Any],
    upload_no: int,
    *,
    state: State,
    counts: Mapping[str, int],
    at: datetime,
) -> None:
    """Write down what an upload is after it was judged once more."""
    asked = {"upload_no": upload_no, "state": state.value, "counts": Jsonb(dict(counts))}
    tx.execute(_QUERIES.judge_again, asked | {"at": at})
    tx.execute(_QUERIES.delete_findings, {"upload_no": upload_no})
    tx.execute(_QUERIES.delete_unknown_names, {"upload_no": upload_no})


def lock(tx: Connection[Any], upload_no: int) -> tuple[State, dict[str, int]] | None:
    """Take an upload until the transaction ends, and say how it stands."""
    row = tx.execute(_QUERIES.lock_upload, {"upload_no": upload_no}).fetchone()
    return None if row is None else (State(row[1]), row[2])


def find_content(tx: Connection[Any], upload_no: int) -> Kept | None:
    """Give the bytes of an upload."""
    row = tx.execute(_QUERIES.find_content, {"upload_no": upload_no}).fetchone()
    return None if row is None else Kept(*row)


def insert_batches(tx: Connection[Any], upload_no: int, batches: Iterable[Batch]) -> None:
    """Keep batches until they are answered."""
    tx.cursor().executemany(
        _QUERIES.insert_batch,
        ((upload_no, *batch[:-1], list(batch.places)) for batch in batches),
    )


def count_batches(tx: Connection[Any], upload_no: int) -> dict[str, int]:
    """Count an upload's batches, those answered, and what became of their events."""
    with tx.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_QUERIES.count_batches, {"upload_no": upload_no}).fetchone()
    return {name: int(value) for name, value in (row or {}).items()}


def next_batch(tx: Connection[Any], upload_no: int) -> Waiting | None:
    """Give the first batch that is not answered, or None."""
    row = tx.execute(_QUERIES.next_batch, {"upload_no": upload_no}).fetchone()
    return None if row is None else Waiting(*row)


def answer_batch(
    tx: Connection[Any],
    upload_no: int,
    ordinal: int,
    answer: Mapping[str, Any],
    *,
    at: datetime,
) -> bool:
    """Keep a batch's answer; False when it has one already."""
    row = tx.execute(
        _QUERIES.answer_batch,
        {
            "upload_no": upload_no,
            "ordinal": ordinal,
            "answer": Jsonb(dict(answer)),
            "at": at,
        },
    ).fetchone()
    return row is not None


def set_state(
    tx: Connection[Any], upload_no: int, state: State, counts: Mapping[str, int]
) -> None:
    """Say how an upload stands, and add to its counts."""
    asked = {"upload_no": upload_no, "state": state.value, "counts": Jsonb(dict(counts))}
    tx.execute(_QUERIES.set_state, asked)


def list_entering(tx: Connection[Any], *, before: datetime, limit: int) -> list[int]:
    """Give uploads that are not all answered and were judged before an instant."""
    rows = tx.execute(_QUERIES.list_entering, {"before": before, "limit": limit}).fetchall()
    return [int(row[0]) for row in rows]


def list_mapped(
    tx: Connection[Any], *, source_id: int | None, limit: int
) -> list[tuple[int, str]]:
    """Give (number, source) of uploads that wait for a name that is mapped by now."""
    asked = {"source_id": source_id, "limit": limit}
    return tx.execute(_QUERIES.list_mapped, asked).fetchall()


def add_findings(tx: Connection[Any], upload_no: int, findings: Sequence[Finding]) -> None:
    """Keep what was found, after what was found before."""
    if not findings:
        return
    row = tx.execute(_QUERIES.next_finding, {"upload_no": upload_no}).fetchone()
    first = int(row[0]) if row else 0
    tx.cursor().executemany(
        _QUERIES.insert_finding,
        (
            (upload_no, ordinal, each.place, each.field, each.code, each.words, each.raw)
            for ordinal, each in enumerate(findings, start=first)
        ),
    )


def add_unknown_names(
    tx: Connection[Any], upload_no: int, names: Mapping[Name, int]
) -> None:
    """Keep which names wait, with how many rows each."""
    tx.cursor().executemany(
        _QUERIES.insert_unknown_name,
        (
            (upload_no, name.kind.value, name.within, name.name, rows)
            for name, rows in names.items()
        ),
    )


def list_uploads(
    tx: Connection[Any],
    *,
    source_code: str | None = None,
    reference: str | None = None,
    upload_no: int | None = None,
    limit: int,
) -> list[Upload]:
    """Give uploads, the latest first."""
    with tx.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            _QUERIES.list_uploads,
            {
                "source_code": source_code,
                "reference": reference,
                "upload_no": upload_no,
                "limit": limit,
            },
        ).fetchall()
    return [
        Upload(
            **{
                **row,
                "state": state_shown(
                    State(row["state"]), row["counts"], batches=row["batches"]
                ),
                "refusal": None if row["refusal"] is None else Refusal(**row["refusal"]),
            }
        )
        for row in rows
    ]


def list_findings(tx: Connection[Any], upload_no: int, *, limit: int) -> list[Finding]:
    """Give what was found in an upload, in the order of the file."""
    rows = tx.execute(
        _QUERIES.list_findings, {"upload_no": upload_no, "limit": limit}
    ).fetchall()
    return [
        Finding(place=place, field=field, code=code, words=words, raw=raw)
        for place, field, code, words, raw in rows
    ]


def list_unknown_names(
    tx: Connection[Any], upload_no: int, *, limit: int
) -> list[tuple[Name, int]]:
    """Give (name, rows) of the names of an upload that wait."""
    rows = tx.execute(
        _QUERIES.list_unknown_names, {"upload_no": upload_no, "limit": limit}
    ).fetchall()
    return [
        (Name(kind=NameKind(kind), within=within, name=name), count)
        for kind, within, name, count in rows
    ]
