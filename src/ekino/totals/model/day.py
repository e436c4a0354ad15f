"""A country's business day in figures: what the live page is worked out from."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Self

from ekino.kernel.moments import business_date


@dataclass(frozen=True, slots=True)
class Country:
    """Whose evening is shown: ISO 3166-1, ISO 4217, IANA, and when its business day turns."""

    code: str
    currency: str
    timezone: str
    day_starts_hour: int = 6

    def today(self, at: datetime) -> date:
        """Give the business date of an instant."""
        return business_date(at, self.timezone, self.day_starts_hour)


@dataclass(frozen=True, slots=True)
class Figures:
    """Admissions and takings of anything; amounts in minor units of one currency."""

    admissions: int = 0
    # Paid for tickets, without service fees.
    gross_minor: int = 0
    # Service fees on top.
    fees_minor: int = 0

    def __add__(self, other: Self) -> "Figures":
        """Add figures to figures."""
        return Figures(
            self.admissions + other.admissions,
            self.gross_minor + other.gross_minor,
            self.fees_minor + other.fees_minor,
        )

    @property
    def gross_with_fees_minor(self) -> int:
        """What viewers paid in all."""
        return self.gross_minor + self.fees_minor

    @property
    def average_minor(self) -> Fraction | None:
        """The average ticket without fees; None when nobody was admitted."""
        return ratio(self.gross_minor, self.admissions)

    @property
    def average_with_fees_minor(self) -> Fraction | None:
        """The average ticket with fees; None when nobody was admitted."""
        return ratio(self.gross_with_fees_minor, self.admissions)


class Origin(StrEnum):
    """Where a film comes from, as seen from the country of the board."""

    DOMESTIC = "domestic"
    FOREIGN = "foreign"
    # The catalog names no country of production: the page says so and guesses nothing.
    UNSTATED = "unstated"


@dataclass(frozen=True, slots=True)
class FilmDay:
    """One film's day: what it took, and how many showings and places it was given."""

    film_id: int
    # By language, "original" when the language is unknown.
    titles: dict[str, str]
    original_language: str | None
    countries: tuple[str, ...]
    figures: Figures
    showings: int
    # Places of those showings; what is not announced has none.
    capacity: int
    # What addresses call it.
    code: str = ""

    def origin(self, country: str) -> Origin:
        """Say whether the film is domestic: the country is one of those that produced it."""
        if not self.countries:
            return Origin.UNSTATED
        return Origin.DOMESTIC if country in self.countries else Origin.FOREIGN

    def title(self, language: str) -> tuple[str, str | None]:
        """
        Give the title for a reader, and its language where it is not the reader's.

        A missing translation is answered by the original, never by a third language while
        the original is known.
        """
        if language in self.titles:
            return self.titles[language], None
        original = self.original_language or "original"
        for each in (original, "original", *sorted(self.titles)):
            if each in self.titles:
                return self.titles[each], None if each == "original" else each
        return "", None


@dataclass(frozen=True, slots=True)
class RegionDay:
    """One region's day."""

    # ISO 3166-2.
    code: str
    names: dict[str, str]
    is_city: bool
    figures: Figures
    # None where the public is not told how takings part into domestic and other ones.
    domestic_minor: int | None
    venues: int
    # The public is told nothing of this region's day; its figures here are nothing.
    is_withheld: bool = False

    def name(self, language: str) -> str:
        """Name the region in the reader's language, else as the catalog knows it."""
        return self.names.get(language) or next(iter(self.names.values()), self.code)

    @property
    def domestic_share(self) -> Fraction | None:
        """The domestic films' share of the region's takings."""
        if self.domestic_minor is None:
            return None
        return ratio(self.domestic_minor, self.figures.gross_minor)


@dataclass(frozen=True, slots=True)
class Quarter:
    """What one quarter of an hour changed."""

    begins_at: datetime
    figures: Figures
    domestic_minor: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the country the figures speak of."""

    known: int
    # Some active source with a valid key may speak for one of the venue's halls.
    connected: int
    # Connected, and an entry was recorded within `ON_LINE_WITHIN`.
    on_line: int
    newest_recorded_at: datetime | None

    @property
    def silent(self) -> int:
        """Connected venues from which nothing came lately."""
        return self.connected - self.on_line

    @property
    def unconnected(self) -> int:
        """Known venues that do not report yet."""
        return self.known - self.connected


def total(figures: Iterable[Figures]) -> Figures:
    """Add up figures of one currency."""
    return sum(figures, Figures())


def ratio(part: int | Fraction, whole: int | Fraction) -> Fraction | None:
    """Divide exactly; None when there is nothing to divide by."""
    return Fraction(part) / Fraction(whole) if whole else None
