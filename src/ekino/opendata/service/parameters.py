"""The numbers of the disclosure rule, read from their files."""

from datetime import date

from ekino.kernel.parameters import Parameter, read_parameter
from ekino.opendata.model.limits import NAMES, Limits


def read_limit(name: str) -> Parameter:
    """Read one of `NAMES` with the reasons for it."""
    return read_parameter("ekino.opendata", name)


def limits_on(day: date) -> Limits:
    """Give the numbers in force on a day."""
    return Limits(**{name: read_limit(name).on(day) for name in NAMES})
