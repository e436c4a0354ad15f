"""The numbers that uploads are held to, read from their files."""

from datetime import date
from functools import cache
from importlib.resources import files

import yaml

from ekino.feeds.model.rules import NAMES, Parameter, Rules


@cache
def read_parameter(name: str) -> Parameter:
    """Read `rules/<name>.yaml`: name, unit, reference and dated values, nothing else."""
    text = files("ekino.feeds").joinpath("rules", f"{name}.yaml").read_text("utf-8")
    return Parameter(**yaml.safe_load(text))


def rules_on(day: date) -> Rules:
    """Give the numbers in force on a day."""
    return Rules(**{name: read_parameter(name).on(day) for name in NAMES})
