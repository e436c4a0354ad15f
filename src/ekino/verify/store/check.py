"""What a check asks: tills' keys, one sale, a showing's names; and how checks are counted."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row, dict_row

from ekino.db.queries import load_queries
from ekino.verify.model.verdict import Reach, Sale, TillKey

_QUERIES = load_queries("ekino.verify")


class Looked(NamedTuple):
    """Everything one look at the database gives about a token."""

    reach: Reach
    # How often keys and rights have changed.
    revision: int
    # The log's tree head; 0 and b"" before there is one.
    log_size: int
    log_root: bytes
    sale: Sale | None
    # Earlier checks of this code, and the hour of the first.
    checks: int
    first_hour: datetime | None
    first_stated_at: datetime | None


class PlaceOfId(NamedTuple):
    """What entry by the printed id shows: no film, no price."""

    showing_id: int
    section: str
    row: str
    seat: str
    end_kind: str | None


def read_tills(tx: Connection[Any]) -> tuple[int, dict[bytes, TillKey]]:
    """Give (revision, keys of tills by their four bytes)."""
    # The revision first: a key that changes in between is read again the next time.
    row = tx.execute(_QUERIES.read_revision).fetchone()
    keys = {
        bytes(note_id): TillKey(
            name=name,
            public_key=bytes(public_key),
            source_id=source_id,
            source_code=source_code,
            source_name=source_name,
            valid_from=valid_from,
            valid_until=valid_until,
            revoked_at=revoked_at,
            allowed_delay_s=allowed_delay_s,
        )
        for (
            note_id,
            name,
            public_key,
            source_id,
            source_code,
            source_name,
            valid_from,
            valid_until,
            revoked_at,
            allowed_delay_s,
        ) in tx.execute(_QUERIES.read_tills)
    }
    return (int(row[0]) if row else 0), keys


def find_sale(
    tx: Connection[Any], *, ticket_id: bytes, source_id: int, token_sha256: bytes
) -> Looked:
    """Look a ticket up, with how far the register has been read."""
    row = tx.execute(
        _QUERIES.find_sale,
        {"ticket_id": ticket_id, "source_id": source_id, "token_sha256": token_sha256},
        prepare=True,
    ).fetchone()
    if row is None:
        raise LookupError("the follower's row is missing")
    size, read_until, log_size, log_root, revision = row[:5]
    return Looked(
        reach=Reach(size=size, read_until=read_until),
        revision=revision,
        log_size=log_size or 0,
        log_root=bytes(log_root or b""),
        sale=None if row[5] is None else _sale(row[5:17]),
        checks=row[17] or 0,
        first_hour=row[18],
        first_stated_at=row[19],
    )


def _sale(columns: tuple[Any, ...]) -> Sale:
    position, raw, showing_id, recorded_at, price_minor, section, row, seat = columns[:8]
    differs, end_kind, ended_position, ended_at = columns[8:]
    return Sale(
        position=position,
        raw=None if raw is None else bytes(raw),
        showing_id=showing_id,
        recorded_at=recorded_at,
        price_minor=price_minor,
        section=section,
        row=row,
        seat=seat,
        differs=tuple(differs),
        end_kind=end_kind,
        ended_position=ended_position,
        ended_at=ended_at,
    )


def find_by_id(tx: Connection[Any], ticket_id: bytes) -> PlaceOfId | None:
    """Give the place of the ticket with this id, or None."""
    with tx.cursor(row_factory=class_row(PlaceOfId)) as cursor:
        return cursor.execute(
            _QUERIES.find_by_id, {"ticket_id": ticket_id}, prepare=True
        ).fetchone()


def read_showing(tx: Connection[Any], showing_id: int) -> dict[str, Any] | None:
    """Give a showing's names and start, or None."""
    with tx.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_QUERIES.read_showing, {"showing_id": showing_id}).fetchone()


def read_hall(tx: Connection[Any], hall_id: int) -> dict[str, Any] | None:
    """Give a hall's names, or None."""
    with tx.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_QUERIES.read_hall, {"hall_id": hall_id}).fetchone()


def add_checks(tx: Connection[Any], counts: Mapping[bytes, int], hour: datetime) -> None:
    """Count checks of codes in one statement."""
    tx.execute(
        _QUERIES.add_checks,
        {"token_sha256": list(counts), "checks": list(counts.values()), "hour": hour},
    )
