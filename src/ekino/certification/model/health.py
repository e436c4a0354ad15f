"""How a certified product does after its certificate: handed in by whoever watches its feeds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction

from ekino.certification.model.run import Certified, Run

# Of fewer feeds the public is told nothing: it would be told how one cinema did.
FEEDS_SHOWN_MIN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Days of the feeds that report a product and version, and how many were on line."""

    feeds: int
    days: int
    on_line: int

    @property
    def share(self) -> Fraction:
        """Which part of the days was on line."""
        return Fraction(self.on_line, self.days)

    @property
    def is_public(self) -> bool:
        """Whether enough feeds stand behind it to tell it to everybody."""
        return self.feeds >= FEEDS_SHOWN_MIN


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthBook:
    """The health of every product, over the whole days first … last, as of a position."""

    first_date: date
    last_date: date
    as_of: int
    at: datetime
    # By the vendor's code, product and version; none without a day.
    found: Mapping[tuple[str, str, str], Health] = field(default_factory=dict)

    def of(self, certified: Certified | Run) -> Health | None:
        """Give the health of what a certificate names; None when no feed reports it."""
        named = (certified.organisation_code, certified.product, certified.version)
        return self.found.get(named)
