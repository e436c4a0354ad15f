"""Chance that repeats itself: the same names give the same dice, on every machine."""

from random import Random


def dice(*names: object) -> Random:
    """Give dice that depend on these names alone."""
    return Random("/".join(map(str, names)))
