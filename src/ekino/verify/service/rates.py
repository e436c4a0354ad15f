"""The dated numbers of this room, read from their files."""

from functools import cache
from importlib.resources import files

import yaml

from ekino.verify.model.rate import Rate


@cache
def read_rate(name: str) -> Rate:
    """Read `rates/<name>.yaml`: name, unit, reference and dated values, nothing else."""
    text = files("ekino.verify").joinpath("rates", f"{name}.yaml").read_text("utf-8")
    return Rate(**yaml.safe_load(text))
