"""Attacks by the thousand: `make campaign` runs them all, a test run a tenth, and says the count."""

import os
from collections.abc import Generator, Iterator

import pytest

# With it every family has the figure that its specification names.
IS_FULL = bool(os.environ.get("EKINO_TEST_CAMPAIGN"))
_LINES: list[str] = []


class Tally:
    """How many attacks of a family were tried, and how many were not seen."""

    def __init__(self, family: str, target: int) -> None:
        self.family = family
        self.wanted = target if IS_FULL else max(1, target // 10)
        self.tried = 0
        self.unseen: list[str] = []

    def note(self, attack: str, *, is_seen: bool) -> None:
        """Count one attack."""
        self.tried += 1
        if not is_seen:
            self.unseen.append(attack)

    @property
    def is_done(self) -> bool:
        """Whether enough were tried."""
        return self.tried >= self.wanted


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    """Give the tally of the family that the test's marker names: `family("T4", 1_000)`."""
    marker = request.node.get_closest_marker("family")
    counted = Tally(*marker.args)
    yield counted
    _LINES.append(f"{counted.family}: {counted.tried} tried, {len(counted.unseen)} unseen")
    assert counted.unseen == []
    assert counted.is_done


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter,
) -> Generator[None, None, None]:
    """Say the counts, for whoever has to sign them."""
    yield
    for line in sorted(_LINES):
        terminalreporter.write_line(line)
