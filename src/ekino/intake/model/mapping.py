"""From a file's names to our codes: what was mapped, what is equal, and what waits."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ekino.ingest.formats.facts import FilmName, Showing, Total
from ekino.intake.model.upload import Name, NameKind, Source, Venue


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A film version of the catalog, with what a file may call it."""

    code: str
    film: str
    language: str
    certificate: str
    # Folded titles, in every language.
    titles: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a file's showing is in our catalog."""

    venue: Venue
    hall: str
    version: str


def fold(text: str) -> str:
    """Fold what differs between spellings of one name: case, blanks, quotation marks."""
    plain = text.casefold().replace("ё", "е")
    kept = "".join(each if each.isalnum() else " " for each in plain)
    return " ".join(kept.split())


@dataclass(slots=True, kw_only=True)
class Mapper:
    """
    Finds codes for names: a mapping somebody made, an equal code, or the one equal name.

    Nothing is guessed: where two could be meant, the name waits for a person.
    """

    source: Source
    mapped: Mapping[Name, str]
    versions: Sequence[Version]
    # Names that nobody has mapped → how many rows wait for them.
    unknown: Counter[Name] = field(default_factory=Counter)

    def target(self, showing: Showing) -> Target | None:
        """Give where a showing is, or None: its name is in `unknown` then."""
        venue = self._venue(showing.venue)
        hall = None if venue is None else self._hall(venue, showing.hall)
        version = self._version(showing.film)
        if venue is None or hall is None or version is None:
            return None
        return Target(venue=venue, hall=hall, version=version)

    def scope(self, total: Total) -> tuple[Venue, str, str] | None:
        """
        Give (venue, hall, a version of the film) that a sum is of, or None: `unknown` has its name.

        A sum names a film and no version: where all that fit are of one film, any stands for it.
        """
        venue = self._venue(total.venue)
        if venue is None:
            return None
        hall = self._hall(venue, total.hall) if total.hall else ""
        version = self._film(total.film) if total.film else ""
        return None if hall is None or version is None else (venue, hall, version)

    def version_of(self, total: Total) -> str | None:
        """Give the version that a sum over all venues is of, or None: `unknown` has its name."""
        return self._version(FilmName(title=total.film, language=total.language))

    def _film(self, text: str) -> str | None:
        name = Name(kind=NameKind.FILM, within="", name=text)
        if (code := self.mapped.get(name)) is not None:
            return code
        fitting = {
            version.film: version.code
            for version in self.versions
            if text in {version.code, version.certificate} or fold(text) in version.titles
        }
        if len(fitting) != 1:
            self.unknown[name] += 1
            return None
        return fitting.popitem()[1]

    def _venue(self, text: str) -> Venue | None:
        venues = {venue.code: venue for venue in self.source.venues}
        name = Name(kind=NameKind.VENUE, within="", name=text)
        code = self.mapped.get(name) or (text if text in venues else None)
        if code is None and text == "" and len(venues) == 1:
            return next(iter(venues.values()))
        if code is None and text:
            equal = [each for each in venues.values() if fold(each.name) == fold(text)]
            code = equal[0].code if len(equal) == 1 else None
        if code not in venues:
            self.unknown[name] += 1
            return None
        return venues[code]

    def _hall(self, venue: Venue, text: str) -> str | None:
        name = Name(kind=NameKind.HALL, within=venue.code, name=text)
        code = self.mapped.get(name) or (text if text in venue.halls else None)
        if code is None and text == "" and len(venue.halls) == 1:
            return next(iter(venue.halls))
        if code is None and text:
            equal = [
                code
                for code, its_name in venue.halls.items()
                if fold(text) in {fold(code), fold(its_name)}
            ]
            code = equal[0] if len(equal) == 1 else None
        if code not in venue.halls:
            self.unknown[name] += 1
            return None
        return code

    def _version(self, film: FilmName) -> str | None:
        name = Name(kind=NameKind.FILM, within="", name=film.text)
        if (code := self.mapped.get(name)) is not None:
            return code
        if name in self.unknown:
            # Looked for already: a table of sums names each film on every day.
            self.unknown[name] += 1
            return None
        codes = {version.code for version in self.versions}
        if film.title in codes:
            return film.title
        title = fold(film.title)
        fitting = [
            version
            for version in self.versions
            if (film.certificate and version.certificate == film.certificate)
            or (not film.certificate and title in version.titles)
        ]
        if film.language:
            fitting = [each for each in fitting if each.language == film.language]
        if len(fitting) != 1:
            self.unknown[name] += 1
            return None
        return fitting[0].code
