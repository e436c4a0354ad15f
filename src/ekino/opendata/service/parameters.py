"""The numbers of the disclosure rule, read from their files."""

from datetime import date
from functools import cache
from importlib.resources import files

import yaml

from ekino.opendata.model.limits import NAMES, Limits, Parameter


@cache
def read_parameter(name: str) -> Parameter:
    """Read `rules/<name>.yaml`: name, unit, reference and dated values, nothing else."""
    text = files("ekino.opendata").joinpath("rules", f"{name}.yaml").read_text("utf-8")
    return Parameter(**yaml.safe_load(text))


def limits_on(day: date) -> Limits:
    """Give the numbers in force on a day."""
    return Limits(**{name: read_parameter(name).on(day) for name in NAMES})
