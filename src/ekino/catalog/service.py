"""What others may ask of the catalog: load a document, look up, change the schedule."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from psycopg import Connection
from psycopg.errors import UniqueViolation

from ekino.catalog import store
from ekino.catalog.document import (
    KINDS,
    PROBLEMS_MAX,
    ROWS_MAX,
    Document,
    read_document,
    to_rows,
)
from ekino.catalog.store import ShowingRef
from ekino.db.database import Database, Role
from ekino.kernel.errors import Problem, Refused

__all__ = [
    "KINDS",
    "Loaded",
    "ShowingRef",
    "change_showing",
    "find_hall",
    "find_showings",
    "find_venues",
    "has_version",
    "list_rows",
    "load",
    "read_revision",
    "shipped_regions",
    "take_revision",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What became of one list of a document."""

    added: int
    changed: int
    same: int


class _TakenBack(Exception):
    """Raised at the end of a dry run, so that nothing stays."""


def load(
    db: Database, document: Document, *, is_dry_run: bool = False
) -> dict[str, Loaded]:
    """
    Enter a document, all or none, and say what became of each of its lists.

    The same document again changes nothing. Raises `Refused` with every row that refers to
    something the catalog lacks, or would change what is fixed.
    """
    report: dict[str, Loaded] = {}
    try:
        with db.transaction(Role.OFFICE) as tx:
            revision = store.bump_revision(tx)
            for kind in KINDS:
                rows = to_rows(getattr(document, kind))
                if rows:
                    report[kind] = _load_rows(tx, kind, rows, revision)
            is_news = any(loaded.added or loaded.changed for loaded in report.values())
            if is_dry_run or not is_news:
                # The revision too is as if nobody had asked.
                raise _TakenBack
            # From here the document is entered, whole.
    except _TakenBack:
        pass
    except UniqueViolation as error:
        # Two rows that exchange their numbers meet in the middle.
        detail = f"a number belongs to another row: {error.diag.message_detail}"
        raise Refused(detail, code="identifier_taken") from error
    return report


def _load_rows(
    tx: Connection[Any], kind: str, rows: list[dict[str, Any]], revision: int
) -> Loaded:
    _verify_unique(kind, rows)
    _verify_references(tx, kind, rows)
    if kind == "showings":
        added, changed = store.load(
            tx, "load_showings", rows, revision=revision, announced_by=None
        )
    elif kind == "halls":
        store.load(tx, "load_halls", rows)
        added, changed = store.load(tx, "load_hall_versions", rows)
    else:
        added, changed = store.load(tx, f"load_{kind}", rows)
    return Loaded(added=added, changed=changed, same=len(rows) - added - changed)


_IDENTITY = {
    "halls": ("venue", "code", "valid_from"),
    "showings": ("venue", "code"),
    "releases": ("film", "country"),
}


def _verify_unique(kind: str, rows: Sequence[dict[str, Any]]) -> None:
    seen: dict[tuple[Any, ...], int] = {}
    for index, row in enumerate(rows):
        key = tuple(row[name] for name in _IDENTITY.get(kind, ("code",)))
        if key in seen:
            name = "/".join(map(str, key))
            detail = f"{kind} {name} stands twice: rows {seen[key]} and {index}"
            problem = Problem(
                pointer=f"/{kind}/{index}",
                code="row_given_twice",
                detail=detail,
                fix="Give each row once.",
            )
            raise Refused(detail, problems=[problem], code="document_refused")
        seen[key] = index


# Question → (code of the problem, what is wrong, what to do). Each is asked of a kind by the
# query of this name, where there is one.
_QUESTIONS = {
    "missing": (
        "reference_missing",
        "The catalog has no {field} {value!r}.",
        "Load it first, or in the same document.",
    ),
    "fixed": (
        "reference_fixed",
        "{value!r} would change what its showings repeat.",
        "It is fixed once something refers to it: use another code.",
    ),
    "taken": (
        "identifier_taken",
        "{field} {value!r} belongs to another row.",
        "Correct it: such a number is given once.",
    ),
}


def _verify_references(
    tx: Connection[Any], kind: str, rows: Sequence[dict[str, Any]]
) -> None:
    for question, (code, sentence, fix) in _QUESTIONS.items():
        name = f"{question}_for_{kind}"
        if not store.has_query(name):
            continue
        problems = [
            Problem(
                pointer=f"/{kind}/{missing.place}/{missing.field}",
                code=code,
                detail=sentence.format(field=missing.field, value=missing.value),
                fix=fix,
            )
            for missing in store.find_missing(tx, name, rows)
        ]
        if problems:
            detail = (
                f"{len(problems)} rows of {kind} cannot be entered: {problems[0].detail}"
            )
            raise Refused(detail, problems=problems[:PROBLEMS_MAX], code="document_refused")


def shipped_regions(country: str) -> Document:
    """Give the regions of a country that ship with the product; `Refused` for another."""
    path = files("ekino.catalog").joinpath("regions", f"{country.lower()}.json")
    if not path.is_file():
        detail = f"no regions ship for {country!r}; load a document of your own"
        raise Refused(detail, code="regions_not_shipped")
    return read_document(
        json.dumps({"regions": json.loads(path.read_text("utf-8"))}).encode()
    )


def read_revision(tx: Connection[Any]) -> int:
    """Say how often the catalog has changed, as this transaction sees it."""
    return store.read_revision(tx)


def find_showings(
    tx: Connection[Any], keys: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], ShowingRef]:
    """Give the showings that exist of these (venue code, showing code) pairs."""
    return store.find_showings(tx, keys) if keys else {}


def find_venues(tx: Connection[Any], codes: Sequence[str]) -> set[str]:
    """Say which of these venues exist."""
    return store.find_venues(tx, codes)


def find_hall(tx: Connection[Any], venue: str, hall: str) -> int | None:
    """Give a hall's number, or None."""
    return store.find_hall(tx, venue, hall)


def has_version(tx: Connection[Any], version: str) -> bool:
    """Say whether a film version exists."""
    return store.has_version(tx, version)


def take_revision(tx: Connection[Any]) -> int:
    """
    Count a change of the catalog and give its number; until we commit nobody else changes it.

    Lock first, then look: what is read after it is what the change begins from.
    """
    return store.bump_revision(tx)


def change_showing(
    tx: Connection[Any], row: dict[str, Any], *, revision: int, announced_by: int
) -> ShowingRef:
    """
    Announce a showing or change one, as a source's event says; the references exist.

    `row` has the fields of a document's showing, as plain values, and `revision` comes from
    `take_revision`. The caller commits.
    """
    store.load(tx, "load_showings", [row], revision=revision, announced_by=announced_by)
    key = (row["venue"], row["code"])
    return store.find_showings(tx, [key])[key]


def list_rows(db: Database, kind: str, *, after: str, limit: int) -> list[dict[str, Any]]:
    """Give at most `limit` rows of a kind by code, from the one after `after`."""
    if kind not in KINDS:
        detail = f"there is no kind {kind!r}; kinds are {', '.join(KINDS)}"
        raise Refused(detail, code="kind_unknown")
    with db.transaction(Role.READER) as tx:
        return store.list_rows(tx, kind, after=after, limit=min(limit, ROWS_MAX))
