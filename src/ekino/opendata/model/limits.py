"""The numbers of the disclosure rule, each with a value from a date."""

from dataclasses import dataclass
from fractions import Fraction

# The numbers there are: one file each in `rules/`.
NAMES = (
    "tickets_min",
    "venues_min",
    "top_share_max",
    "admissions_step",
    "takings_step",
    "closing_hours",
    "showing_days",
    "live_every_minutes",
    "live_admissions_step",
    "live_takings_step",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The numbers in force on one day."""

    # A group is shown from this many tickets of this many venues.
    tickets_min: int = 10
    venues_min: int = 3
    # The two largest venues may make up this share of its takings, in percent.
    top_share_max: int = 85
    # Published admissions and takings (whole units of money) are multiples of these.
    admissions_step: int = 5
    takings_step: int = 10_000
    # Hours from the end of a business day to the publication of its figures.
    closing_hours: int = 24
    # Days after a showing before anything about its sales may be public.
    showing_days: int = 7
    # The running day: how often its regions move, and in what steps.
    live_every_minutes: int = 15
    live_admissions_step: int = 25
    live_takings_step: int = 50_000

    @property
    def top_share(self) -> Fraction:
        """The largest share as a fraction."""
        return Fraction(self.top_share_max, 100)
