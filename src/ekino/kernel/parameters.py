"""Numbers that rules compare with: each with a value from a date, in a file of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

import yaml

from ekino.kernel.errors import Broken


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One number: what it is, by what it is justified, and its dated values."""

    name: str
    unit: str
    reference: str
    values: Mapping[date, int]

    def on(self, day: date) -> int:
        """Give the value in force on a day; `Broken` when there was none yet."""
        begun = [since for since in self.values if since <= day]
        if not begun:
            detail = f"{self.name} has no value on {day}: see {self.reference}"
            raise Broken(detail, code="parameter_missing")
        return self.values[max(begun)]


@cache
def read_parameter(package: str, name: str) -> Parameter:
    """Read a room's `rules/<name>.yaml`: name, unit, reference and dated values, nothing else."""
    text = files(package).joinpath("rules", f"{name}.yaml").read_text("utf-8")
    return Parameter(**yaml.safe_load(text))
