"""`ekino bench`: one file a scenario; each is a test first and a measurement second."""

from ekino.cli.bench.command import bench

__all__ = ["bench"]
