"""What a source may speak for, and what the catalog calls what a file names."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import dict_row

from ekino.db.queries import load_queries
from ekino.intake.model.mapping import Version, fold
from ekino.intake.model.upload import Name, NameKind, Source, Venue

_QUERIES = load_queries("ekino.intake")


class There(NamedTuple):
    """A showing that the catalog has already."""

    code: str
    state: str
    hall: str
    version: str
    starts_at: datetime


class Wanted(NamedTuple):
    """A showing of a file, as it would be in the catalog."""

    venue: str
    code: str
    hall: str
    version: str
    starts_at: datetime


def find_source(tx: Connection[Any], code: str) -> Source | None:
    """Give a source that is active, with the halls it may speak for."""
    with tx.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(_QUERIES.find_source, {"code": code}).fetchone()
        if found is None or found["state"] != "active":
            return None
        rows = cursor.execute(
            _QUERIES.list_halls, {"source_id": found["source_id"]}
        ).fetchall()
    halls: dict[str, dict[str, str]] = {}
    for row in rows:
        halls.setdefault(row["venue"], {})[row["hall"]] = row["hall_name"]
    venues = {row["venue"]: row for row in rows}
    return Source(
        source_id=found["source_id"],
        code=found["code"],
        name=found["name"],
        organisation=found["organisation"],
        venues=tuple(
            Venue(
                code=venue,
                name=row["venue_name"],
                city=row["city"],
                timezone=row["timezone"],
                currency=row["currency"],
                halls=halls[venue],
            )
            for venue, row in venues.items()
        ),
    )


def list_sources_of(tx: Connection[Any], organisation_id: int) -> list[tuple[str, str]]:
    """Give (code, name) of the sources that an organisation keeps itself."""
    return tx.execute(
        _QUERIES.list_sources_of, {"organisation_id": organisation_id}
    ).fetchall()


def find_versions(
    tx: Connection[Any], texts: Iterable[str], certificates: Iterable[str]
) -> list[Version]:
    """Give film versions that these titles, codes or certificates may mean."""
    titles = set(texts)
    folded, wanted = set(map(fold, titles)), {each for each in certificates if each}
    found = []
    for code, film, language, certificate, names in tx.execute(_QUERIES.find_versions):
        version = Version(
            code=code,
            film=film,
            language=language,
            certificate=certificate,
            titles=frozenset(map(fold, names)),
        )
        if code in titles or certificate in wanted or version.titles & folded:
            found.append(version)
    return found


def list_versions(
    tx: Connection[Any], language: str, *, limit: int
) -> list[tuple[str, str, str]]:
    """Give (code, title, language) of the film versions added last."""
    return tx.execute(
        _QUERIES.list_versions, {"language": language, "limit": limit}
    ).fetchall()


def has_version(tx: Connection[Any], code: str) -> bool:
    """Say whether there is a film version of this code."""
    row = tx.execute(_QUERIES.has_version, {"code": code}).fetchone()
    return bool(row and row[0])


def find_showings(tx: Connection[Any], wanted: Sequence[Wanted]) -> dict[int, There]:
    """Give showings that are there, by place in `wanted`: by code, or by what they are."""
    rows = tx.execute(
        _QUERIES.find_showings,
        {
            "places": list(range(len(wanted))),
            "venues": [each.venue for each in wanted],
            "codes": [each.code for each in wanted],
            "halls": [each.hall for each in wanted],
            "versions": [each.version for each in wanted],
            "starts": [each.starts_at for each in wanted],
        },
    ).fetchall()
    found: dict[int, There] = {}
    for place, *rest in rows:
        found.setdefault(place, There(*rest))
    return found


def list_mappings(tx: Connection[Any], source_id: int) -> dict[Name, str]:
    """Give what a source's names are mapped to."""
    rows = tx.execute(_QUERIES.list_mappings, {"source_id": source_id}).fetchall()
    return {
        Name(kind=NameKind(kind), within=within, name=name): code
        for kind, within, name, code in rows
    }


def put_mapping(
    tx: Connection[Any],
    source_id: int,
    name: Name,
    code: str,
    *,
    made_by: str,
    at: datetime,
) -> None:
    """Map a name to a code."""
    tx.execute(
        _QUERIES.put_mapping,
        {
            "source_id": source_id,
            "kind": name.kind.value,
            "within": name.within,
            "name": name.name,
            "code": code,
            "made_by": made_by,
            "at": at,
        },
    )
