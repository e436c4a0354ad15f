"""Films now showing, those that ran before them, and the language versions of each."""

import csv
import io
from functools import lru_cache

import msgspec
from msgspec import Struct

from ekino_demo.country.places import read_text


class Version(Struct, frozen=True, kw_only=True):
    """A film as an audience hears it."""

    code: str
    language: str
    # original | dubbed | subtitled | voice_over
    kind: str
    subtitle_language: str | None = None

    @property
    def reads(self) -> str:
        """The language in which the audience follows it."""
        return self.subtitle_language or self.language


class Film(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is shown."""

    code: str
    # False: title, countries, genres and running time are Wikidata's (CC0).
    invented: bool
    wikidata_imdb_id: str | None
    titles: dict[str, str]
    original_language: str
    # The principal one first.
    countries: list[str]
    genres: list[str]
    running_time_min: int
    age_mark: str
    certificate: str
    distributor: str
    producer: str | None
    # How strongly it draws viewers; 100 is the film of the week.
    popularity: int
    # When its viewers come: family (by day), evening, late, any.
    drawn_to: str
    versions: list[Version]


class _Films(Struct, forbid_unknown_fields=True):
    attribution: str
    films: list[Film]


@lru_cache(maxsize=1)
def films() -> tuple[Film, ...]:
    """Give every film now showing, in the order of the table."""
    return tuple(msgspec.json.decode(read_text("films.json"), type=_Films).films)


@lru_cache(maxsize=1)
def earlier_films() -> tuple[tuple[Film, int], ...]:
    """
    Give the films that ran in the weeks before, each with how many weeks ago it came out.

    All of them are invented. They are in Kazakh and Russian, or in Russian alone where no
    Kazakh title says that somebody dubbed them.
    """
    rows = csv.DictReader(io.StringIO(read_text("earlier_films.csv")))
    return tuple(
        (_earlier(row, number), int(row["weeks_ago"])) for number, row in enumerate(rows, 1)
    )


def _earlier(row: dict[str, str], number: int) -> Film:
    code, language = row["code"], row["language"]
    versions = [
        Version(
            code=f"{code}/{spoken}",
            language=spoken,
            kind="original" if spoken == language else "dubbed",
        )
        for spoken in ("kk", "ru")
        if row[spoken]
    ]
    return Film(
        code=code,
        invented=True,
        wikidata_imdb_id=None,
        titles={name: row[name] for name in ("kk", "ru", "en") if row[name]},
        original_language=language,
        countries=row["countries"].split(),
        genres=row["genres"].split(),
        running_time_min=int(row["minutes"]),
        age_mark=row["age"],
        certificate=f"ДЕМО-{600 + number:05d}",
        distributor=row["distributor"],
        producer=row["producer"] or None,
        popularity=int(row["popularity"]),
        drawn_to=row["drawn_to"],
        versions=versions,
    )


@lru_cache(maxsize=1)
def film_of_version() -> dict[str, Film]:
    """Give the film of each version, by the version's code."""
    known = (*films(), *(film for film, _ in earlier_films()))
    return {version.code: film for film in known for version in film.versions}
