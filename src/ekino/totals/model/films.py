"""The list of films: which of them a reader asks for, by title, year, letter and origin."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from ekino.totals.model.day import Figures, FilmDay, Origin

PAGE_FILMS = 50
# A title is shorter; what is longer is somebody's mistake and finds nothing.
SEARCH_CHARACTERS_MAX = 100

# Letters that a Russian keyboard lacks, and those it has beside one another.
_LIKE = str.maketrans("әғқңөұүһіё", "агкноуухие")
_NO_LETTER = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """
    Write a text as a search reads it: small letters, no accents, no marks between words.

    Kazakh letters read as the Russian ones nearest to them, because many keyboards have no
    others: «кыз жибек» finds «Қыз Жібек».
    """
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LIKE))
    letters = "".join(each for each in plain if not unicodedata.combining(each))
    return _NO_LETTER.sub(" ", letters).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFilm:
    """One film of the catalog, with all that it took in the country so far."""

    film: FilmDay
    code: str
    genres: tuple[str, ...]
    running_time_min: int | None
    age_mark: str | None
    certificate: str | None
    distributor: str | None
    release_date: date | None
    # Business dates with its first and its last ticket.
    first_day: date | None
    last_day: date | None

    @property
    def figures(self) -> Figures:
        """All that it took so far."""
        return self.film.figures

    def finds(self, words: Sequence[str]) -> bool:
        """Say whether every word, folded, begins a word of one of its titles."""
        return any(
            all(
                any(each.startswith(word) for each in title.split()) or word in title
                for word in words
            )
            for title in map(fold, self.film.titles.values())
        )

    def letter(self, language: str) -> str:
        """Give the first letter of its title for a reader; # where it begins with none."""
        title, _ = self.film.title(language)
        first = next((each for each in title if each.isalnum()), "")
        return first.upper() if first.isalpha() else "#"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a reader wants to see of the list; empty means all."""

    text: str = ""
    year: int | None = None
    letter: str = ""
    origin: Origin | None = None

    def grants(self, listed: ListedFilm, *, country: str, language: str) -> bool:
        """Say whether a film is wanted."""
        released = listed.release_date or listed.first_day
        if self.year is not None and (released is None or released.year != self.year):
            return False
        if self.origin is not None and listed.film.origin(country) is not self.origin:
            return False
        if self.letter and listed.letter(language) != self.letter:
            return False
        words = fold(self.text[:SEARCH_CHARACTERS_MAX]).split()
        # What holds no letter at all, such as «!!!», finds nothing.
        if self.text.strip() and not words:
            return False
        return listed.finds(words)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmList:
    """Every film of the catalog, as of one moment of the register."""

    as_of: int
    as_of_at: datetime
    films: tuple[ListedFilm, ...]

    @property
    def years(self) -> list[int]:
        """Years in which films came out, the latest first."""
        return sorted(
            {
                released.year
                for each in self.films
                if (released := each.release_date or each.first_day)
            },
            reverse=True,
        )

    def letters(self, language: str) -> list[str]:
        """Give the first letters of titles for a reader, # first."""
        return sorted({each.letter(language) for each in self.films})
