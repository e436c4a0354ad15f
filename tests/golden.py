"""Generated pages: compared with the tree, or written into it by `make docs`."""

from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--regenerate`, which writes generated files anew instead of comparing them."""
    parser.addoption("--regenerate", action="store_true", help="write generated files anew")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """
    Give `golden(name, text)`: the file under the root has exactly this text.

    With `--regenerate` the file is written, and the comparison holds by itself.
    """

    def compare(name: str, text: str) -> None:
        path = ROOT / name
        if request.config.getoption("--regenerate"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        present = path.read_text("utf-8") if path.exists() else ""
        assert present == text, f"{name} is stale: run `make docs`"

    return compare
