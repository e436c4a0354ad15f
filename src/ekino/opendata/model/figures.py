"""Published figures: rounded once, added up for ever after."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from ekino.kernel.money import minor_digits
from ekino.opendata.model.limits import Limits


@dataclass(frozen=True, slots=True)
class Steps:
    """Of what published figures are multiples."""

    admissions: int
    takings_minor: int

    @classmethod
    def closed(cls, limits: Limits, currency: str) -> "Steps":
        """Give the steps of periods that are over."""
        return cls(
            limits.admissions_step, int(limits.takings_step * 10 ** minor_digits(currency))
        )

    @classmethod
    def live(cls, limits: Limits, currency: str) -> "Steps":
        """Give the steps of the running day."""
        return cls(
            limits.live_admissions_step,
            int(limits.live_takings_step * 10 ** minor_digits(currency)),
        )


@dataclass(frozen=True, slots=True)
class Published:
    """What everybody is told of a region, or of a film in a region."""

    admissions: int
    gross_minor: int
    # Takings of films the country produced; None when the share is withheld.
    domestic_minor: int | None
    venues: int

    @property
    def domestic_share(self) -> Fraction | None:
        """The domestic films' share of the takings."""
        if self.domestic_minor is None or not self.gross_minor:
            return None
        return Fraction(self.domestic_minor, self.gross_minor)


def nearest(value: int, step: int) -> int:
    """Give the nearest multiple; from the middle the one above."""
    return (2 * value + step) // (2 * step) * step


def below(value: int, step: int) -> int:
    """Give the multiple at or below: what has certainly been sold."""
    return value // step * step


def add_up(figures: Iterable[Published | None]) -> Published | None:
    """
    Add up published figures; None when one of them is withheld.

    A sum of published figures says nothing that they did not say: a longer period is never
    rounded anew while its days are published.
    """
    total = Published(0, 0, 0, 0)
    for each in figures:
        if each is None:
            return None
        parts = (total.domestic_minor, each.domestic_minor)
        total = Published(
            total.admissions + each.admissions,
            total.gross_minor + each.gross_minor,
            None if None in parts else sum(part for part in parts if part is not None),
            max(total.venues, each.venues),
        )
    return total
