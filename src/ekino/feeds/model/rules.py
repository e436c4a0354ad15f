"""The numbers that uploads are held to, each with a value from a date."""

from dataclasses import dataclass
from datetime import timedelta

# The numbers there are: one file each in `rules/`.
NAMES = (
    "completeness_permille",
    "escalate_days",
    "silence_minutes",
    "refused_permille",
    "settle_minutes",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The numbers in force on one day."""

    # A day holds at least this many thousandths of what was sold.
    completeness_permille: int = 980
    # So many days in a row below it, and the vendor is asked.
    escalate_days: int = 7
    # A source that reports is heard at least so often while showings are on.
    silence_minutes: int = 12
    # An hour's refused events ask from this many thousandths on.
    refused_permille: int = 20
    # Declared totals are compared when neither side has moved for so long.
    settle_minutes: int = 15

    @property
    def silence(self) -> timedelta:
        """How long a source that reports may be silent while showings are on."""
        return timedelta(minutes=self.silence_minutes)

    @property
    def settle(self) -> timedelta:
        """How long both sides of a comparison must have stood still."""
        return timedelta(minutes=self.settle_minutes)
