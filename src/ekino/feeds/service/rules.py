"""The numbers that uploads are held to, read from their files."""

from datetime import date

from ekino.feeds.model.rules import NAMES, Rules
from ekino.kernel.parameters import read_parameter


def rules_on(day: date) -> Rules:
    """Give the numbers in force on a day."""
    return Rules(**{name: read_parameter("ekino.feeds", name).on(day) for name in NAMES})
