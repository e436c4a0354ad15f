"""`ekino replay`: a table of showings, sent as ticket events of many tills."""

from ekino.cli.replay.command import replay

__all__ = ["replay"]
