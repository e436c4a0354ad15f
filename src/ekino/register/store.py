"""The register's tables: how entries are copied in and read back."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import dict_row, kwargs_row
from psycopg.types.json import Jsonb

from ekino.db.queries import load_queries
from ekino.register.model import Entry, EventKind, SalesChannel
from ekino.register.rows import COPY_END, COPY_HEADER

_QUERIES = load_queries("ekino.register")


class Head(NamedTuple):
    """The register's size, and how many batches it was received in."""

    size: int
    batches: int


class KnownEntry(NamedTuple):
    """What a later event is weighed against: one entry of its ticket."""

    source_id: int
    subject: str
    identity_no: int
    position: int
    batch_no: int
    ordinal: int
    kind: str
    showing_id: int
    sales_channel: str | None
    gross_minor: int
    fees_minor: int


class Received(NamedTuple):
    """A batch as it was received: its exact bytes, and all that came with them."""

    batch_no: int
    source_id: int
    key_id: str
    # Microseconds since 1970.
    recorded_at_us: int
    events: int
    entered: int
    first_position: int
    body_sha256: bytes
    body_encoding: str
    body: bytes
    signed_uri: str
    signed_at_us: int
    nonce: str
    signature: bytes
    salt: bytes


def ask_head(tx: Connection[Any]) -> Callable[[], Head]:
    """Take the head until the end of the transaction; the answer says where it stands."""
    asked = tx.execute(_QUERIES.lock_head)
    return lambda: Head(*asked.fetchone() or (0, 0))


def read_head(tx: Connection[Any]) -> Head:
    """Read the head without taking it."""
    return Head(*tx.execute(_QUERIES.read_head).fetchone() or (0, 0))


def advance_head(tx: Connection[Any], *, entries: int, batches: int) -> int:
    """Move the head and give the register's new size."""
    row = tx.execute(
        _QUERIES.advance_head, {"entries": entries, "batches": batches}
    ).fetchone()
    return int(row[0]) if row else 0


def copy_entries(tx: Connection[Any], rows: Iterable[bytes]) -> None:
    """Copy entries from `entry_row` in; a known identity is psycopg's UniqueViolation."""
    with tx.cursor().copy(_QUERIES.copy_entries) as copy:
        copy.write(b"".join((COPY_HEADER, *rows, COPY_END)))


def copy_batches(tx: Connection[Any], rows: Iterable[bytes]) -> None:
    """Copy batches from `batch_row` in."""
    with tx.cursor().copy(_QUERIES.copy_batches) as copy:
        copy.write(b"".join((COPY_HEADER, *rows, COPY_END)))


def insert_refusals(
    tx: Connection[Any], refusals: Sequence[tuple[int, int, str, Mapping[str, object]]]
) -> None:
    """Insert refusals: (batch number, ordinal, outcome, problem)."""
    tx.cursor().executemany(
        _QUERIES.insert_refusal,
        [
            {
                "batch_no": batch_no,
                "ordinal": ordinal,
                "outcome": outcome,
                "problem": Jsonb(dict(problem)),
            }
            for batch_no, ordinal, outcome, problem in refusals
        ],
    )


def find_entries_of_subjects(
    tx: Connection[Any], subjects: Sequence[tuple[int, str]]
) -> list[KnownEntry]:
    """Give all entries of these (source, ticket) pairs, in order of position."""
    rows = tx.execute(
        _QUERIES.find_entries_of_subjects,
        {
            "source_ids": [source_id for source_id, _ in subjects],
            "subjects": [subject for _, subject in subjects],
        },
    )
    return [KnownEntry(*row) for row in rows]


def find_batches_again(
    tx: Connection[Any], batches: Sequence[tuple[int, int, str, bytes]]
) -> dict[int, tuple[int, int]]:
    """Give, by place, (first position, entries) of (place, source, first ticket, SHA-256)."""
    places, source_ids, subjects, digests = zip(*batches, strict=True)
    rows = tx.execute(
        _QUERIES.find_batches_again,
        {
            "places": list(places),
            "source_ids": list(source_ids),
            "subjects": list(subjects),
            "digests": list(digests),
        },
    )
    return {place: (first, entered) for place, first, entered in rows}


def read_bodies(
    tx: Connection[Any], batch_nos: Sequence[int]
) -> dict[int, tuple[str, bytes]]:
    """Give (encoding, body) of these batches, by number."""
    rows = tx.execute(_QUERIES.read_bodies, {"batch_nos": list(batch_nos)})
    return {batch_no: (encoding, bytes(body)) for batch_no, encoding, body in rows}


def read_entries(tx: Connection[Any], *, first: int, limit: int) -> list[Entry]:
    """Give at most `limit` entries from position `first` on."""
    with tx.cursor(row_factory=kwargs_row(_entry)) as cursor:
        return cursor.execute(
            _QUERIES.read_entries, {"first": first, "past_end": first + limit}
        ).fetchall()


def _entry(**columns: Any) -> Entry:
    columns["kind"] = EventKind(columns["kind"])
    channel = columns["sales_channel"]
    columns["sales_channel"] = None if channel is None else SalesChannel(channel)
    return Entry(**columns)


def read_batch(tx: Connection[Any], batch_no: int) -> dict[str, Any] | None:
    """Give one batch's columns but its body, or None."""
    with tx.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_QUERIES.read_batch, {"batch_no": batch_no}).fetchone()


def find_statements(
    tx: Connection[Any], subjects: Sequence[str]
) -> dict[tuple[str, int], int]:
    """Give (subject, number) → position of what the register itself has stated."""
    rows = tx.execute(_QUERIES.find_statements, {"subjects": list(subjects)})
    return {(subject, number): position for subject, number, position in rows}


def read_span(tx: Connection[Any], *, first: int, past_end: int) -> list[tuple[Any, ...]]:
    """Give the entries of [first, past_end) as columns in the order of their names."""
    return tx.execute(_QUERIES.read_span, {"first": first, "past_end": past_end}).fetchall()


def read_received(tx: Connection[Any], *, first: int, last: int) -> list[Received]:
    """Give the batches first … last of which anything was entered, with their bodies."""
    cursor = tx.cursor(binary=True)
    rows = cursor.execute(_QUERIES.read_received, {"first": first, "last": last})
    return [Received(*row) for row in rows]


def check_gapless(tx: Connection[Any]) -> tuple[int, int, int]:
    """Count entries: how many, one past the last position, and what the head says."""
    row = tx.execute(_QUERIES.check_gapless).fetchone()
    entries, past_last, size = row or (0, 0, 0)
    return int(entries), int(past_last), int(size)
