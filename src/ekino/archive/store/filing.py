"""What the files are made of, and the list of them that makes up the archive."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row, dict_row

from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.archive")


class Standing(NamedTuple):
    """How far cells, files and catalog reach, at one moment."""

    as_of: int
    at: datetime
    filed_position: int
    filed_revision: int
    revision: int
    register_size: int


class Filed(NamedTuple):
    """One file of the archive."""

    month: date
    # "showings": each showing once; "cells": each by sales channel and concession.
    kind: str
    name: str
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Names:
    """What the catalog calls things, each list by the number it is known by in the cube."""

    films: Mapping[int, Mapping[str, Any]]
    venues: Mapping[int, Mapping[str, Any]]
    halls: Mapping[int, Mapping[str, Any]]
    organisations: Mapping[int, Mapping[str, Any]]
    # By ISO 3166-2; names by language.
    regions: Mapping[str, Mapping[str, str]]


def take_snapshot(tx: Connection[Any]) -> None:
    """Read all that follows as of one moment; the first statement of its transaction."""
    tx.execute(_QUERIES.take_snapshot)


def lock_head(tx: Connection[Any]) -> datetime:
    """Take the right to make files until the transaction ends; gives when it was last done."""
    row = tx.execute(_QUERIES.lock_head).fetchone()
    if row is None:
        message = "archive.head has no row"
        raise LookupError(message)
    filed_at: datetime = row[2]
    return filed_at


def read_standing(tx: Connection[Any]) -> Standing:
    """Say how far everything reaches."""
    row = tx.execute(_QUERIES.read_standing).fetchone()
    if row is None:
        message = "archive.follower has no row"
        raise LookupError(message)
    return Standing(*row)


def list_files(tx: Connection[Any]) -> list[Filed]:
    """Give the files in order of their months."""
    with tx.cursor(row_factory=class_row(Filed)) as cursor:
        return cursor.execute(_QUERIES.list_files).fetchall()


def list_changed(tx: Connection[Any], standing: Standing) -> dict[int, date]:
    """Give by showing the month in which it stands now, of those that the files do not hold."""
    values = {
        "position": standing.filed_position,
        "revision": standing.filed_revision,
        "as_of": standing.as_of,
    }
    return dict(tx.execute(_QUERIES.list_changed, values).fetchall())


def copy_month(tx: Connection[Any], month: date, past_end: date, path: Path) -> None:
    """Write a month's rows to a file that DuckDB reads."""
    _copy(tx, _QUERIES.copy_month, {"month": month, "past_end": past_end}, path)


def copy_changed(
    tx: Connection[Any], *, position: int, revision: int, as_of: int, path: Path
) -> None:
    """Write the rows of the showings that changed since to a file that DuckDB reads."""
    values = {"position": position, "revision": revision, "as_of": as_of}
    _copy(tx, _QUERIES.copy_changed, values, path)


def _copy(tx: Connection[Any], query: str, values: Mapping[str, Any], path: Path) -> None:
    with path.open("wb") as file, tx.cursor().copy(query, values) as copy:
        for block in copy:
            file.write(block)


def forget_month(tx: Connection[Any], month: date) -> None:
    """Take a month's files out of the archive."""
    tx.execute(_QUERIES.forget_month, {"month": month})


def put_file(tx: Connection[Any], filed: Filed, sha256: bytes) -> None:
    """Make a file part of the archive, in the place of the one before."""
    tx.execute(_QUERIES.put_file, {**filed._asdict(), "sha256": sha256})


def move_head(tx: Connection[Any], standing: Standing) -> None:
    """Say that the files hold everything up to where cells and catalog stand."""
    tx.execute(
        _QUERIES.move_head, {"position": standing.as_of, "revision": standing.revision}
    )


def read_names(tx: Connection[Any], country: str, currency: str) -> Names:
    """Give the catalog of one country, whose venues are paid in one currency."""
    values = {"country": country, "currency": currency}
    with tx.cursor(row_factory=dict_row) as cursor:

        def numbered(query: str, number: str) -> dict[int, Mapping[str, Any]]:
            return {row[number]: row for row in cursor.execute(query, values).fetchall()}

        regions = cursor.execute(_QUERIES.read_regions, values).fetchall()
        return Names(
            films=numbered(_QUERIES.read_films, "film_id"),
            venues=numbered(_QUERIES.read_venues, "venue_id"),
            halls=numbered(_QUERIES.read_halls, "hall_id"),
            organisations=numbered(_QUERIES.read_organisations, "organisation_id"),
            regions={row["code"]: row["names"] for row in regions},
        )


def read_showings(
    tx: Connection[Any], showing_ids: list[int]
) -> dict[int, Mapping[str, Any]]:
    """Give what people know these showings by."""
    with tx.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_QUERIES.read_showings, {"showing_ids": showing_ids})
        return {row["showing_id"]: row for row in rows}
