"""Tests that need more than the lock gives: run them, leave them out aloud, or fail."""

import os
from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

import pytest

from machine import (
    chromium,
    gcc,
    go_with_sumdb,
    has_typescript,
    node,
    outside_programs,
    postgresql_server,
    pretix_python,
)

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

CHECKOUT = Path(__file__).parents[1]
SHARED_DATA = CHECKOUT.parent / "shared" / "data"

# With "none" a test that would be left out fails: `.ci/run` promises to leave none out.
LEAVE_NONE_OUT = os.environ.get("EKINO_TEST_LEAVE_OUT") == "none"

# Skips that speak of who runs the tests and where, which no installation could mend.
EXCUSED = ("only root can", "an ordinary user cannot", "looks at /proc")

# Marker → is it here, what it is, how to get it.
NEEDS = {
    "needs_chromium": (
        chromium() is not None,
        "Chromium",
        "install it (Debian: apt-get install chromium fonts-noto-core)",
    ),
    "needs_gcc": (
        gcc() is not None,
        "a C compiler",
        "install it (Debian: apt-get install gcc libc6-dev)",
    ),
    "needs_go": (
        go_with_sumdb() is not None,
        "Go with golang.org/x/mod",
        "install it (Debian: apt-get install golang-go golang-golang-x-mod-dev)",
    ),
    "needs_node": (
        has_typescript() and node() is not None,
        "Node and the TypeScript compiler",
        "run tests/machine.py where the npm registry can be reached",
    ),
    "needs_outside_verifiers": (
        outside_programs() is not None,
        "aics-tlog and aics-witness",
        "run tests/machine.py where a Python of 3.12 or newer is on the PATH",
    ),
    "needs_postgresql_server": (
        postgresql_server() is not None,
        "a PostgreSQL server of Debian's",
        "install it (Debian: apt-get install postgresql)",
    ),
    "needs_pretix": (
        pretix_python() is not None,
        "pretix in an environment of its own",
        "run tests/machine.py where a Python of 3.12 or newer is on the PATH",
    ),
    "needs_shared_data": (
        SHARED_DATA.is_dir(),
        "the real evenings in ../shared/data",
        "put the data beside this checkout",
    ),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test that needs what this machine lacks as left out."""
    for item in items:
        for marker, (is_here, what, _) in NEEDS.items():
            if item.get_closest_marker(marker) and not is_here:
                item.add_marker(pytest.mark.skip(reason=f"left out: needs {what}"))


def _as_promised(report: Report) -> Report:
    """Turn what was skipped into a failure when none may be left out."""
    if LEAVE_NONE_OUT and report.skipped and not hasattr(report, "wasxfail"):
        reason = (
            report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        )
        if str(reason).removeprefix("Skipped: ").startswith(EXCUSED):
            return report
        report.outcome = "failed"
        report.longrepr = f"EKINO_TEST_LEAVE_OUT=none, and yet: {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Hold each test to the promise of leaving none out."""
    return _as_promised((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[
    None, pytest.CollectReport, pytest.CollectReport
]:
    """Hold each module to it as well."""
    return _as_promised((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter,
) -> Generator[None, None, None]:
    """Say last of all which kinds of test were left out and how to get them."""
    yield
    skipped = terminalreporter.stats.get("skipped", [])
    for _, what, remedy in NEEDS.values():
        count = sum(f"needs {what}" in str(report.longrepr) for report in skipped)
        if count:
            terminalreporter.write_line(
                f"Left out: {count} that need {what}. To run them, {remedy}.", yellow=True
            )
