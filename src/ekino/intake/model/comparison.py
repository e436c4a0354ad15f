"""A sum that a file declares, beside what the register holds."""

import json
from dataclasses import dataclass

# The finding of a sum that differs; its `raw` is the comparison.
DIFFERS = "total_differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What was declared and what is registered, as of a position."""

    declared_tickets: int
    # None where the file counts tickets alone.
    declared_gross_minor: int | None
    registered_tickets: int
    registered_gross_minor: int
    currency: str
    # Entries that are summed up.
    as_of: int

    @property
    def is_equal(self) -> bool:
        """Say whether both are the same in tickets and in takings, where any are declared."""
        return not any(self.difference)

    @property
    def difference(self) -> tuple[int, int | None]:
        """Give (tickets, takings) that are declared beyond what is registered."""
        declared = self.declared_gross_minor
        return (
            self.declared_tickets - self.registered_tickets,
            None if declared is None else declared - self.registered_gross_minor,
        )

    @property
    def words(self) -> str:
        """Say it in the program's words."""
        tickets, gross_minor = self.difference
        if gross_minor is None:
            return (
                f"declared {self.declared_tickets} tickets, registered"
                f" {self.registered_tickets} as of {self.as_of} entries, difference {tickets:+}."
            )
        return (
            f"declared {self.declared_tickets} tickets and {self.declared_gross_minor} minor"
            f" units of {self.currency}, registered {self.registered_tickets} and"
            f" {self.registered_gross_minor} as of {self.as_of} entries, difference {tickets:+}"
            f" and {gross_minor:+}."
        )


def comparison_of(code: str, raw: str) -> Comparison | None:
    """Give the comparison that a finding is, or None."""
    return Comparison(**json.loads(raw)) if code == DIFFERS else None
