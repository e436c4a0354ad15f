"""Films now showing and the language versions they are shown in."""

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
def film_of_version() -> dict[str, Film]:
    """Give the film of each version, by the version's code."""
    return {version.code: film for film in films() for version in film.versions}
