"""The reference says what the code does: each generated page is fresh."""

from collections.abc import Callable

import pytest

from reference.cli import cli
from reference.configuration import configuration
from reference.errors import errors
from reference.events import events
from reference.http import http
from reference.limits import limits
from reference.outcomes import outcomes

PAGES = (cli, configuration, errors, events, http, limits, outcomes)


@pytest.mark.parametrize("write", PAGES, ids=lambda write: write.__name__)
def test_a_reference_page_says_what_the_code_does(
    write: Callable[[], str], golden: Callable[[str, str], None]
) -> None:
    golden(f"docs/reference/{write.__name__}.md", write())


def test_every_limit_gives_its_reason() -> None:
    without = [line for line in limits().splitlines() if "|  |" in line]

    assert without == []
