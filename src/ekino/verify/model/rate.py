"""Numbers of the law: each with a value from a date, closed by the next date, never edited."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from ekino.kernel.errors import Broken


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One number fixed by law or order, by the date from which it holds."""

    name: str
    unit: str
    reference: str
    values: Mapping[date, int]

    def on(self, day: date) -> int:
        """Give the value in force on a day; `Broken` when there was none yet."""
        begun = [since for since in self.values if since <= day]
        if not begun:
            detail = f"{self.name} has no value on {day}: see {self.reference}"
            raise Broken(detail, code="rate_missing")
        return self.values[max(begun)]
