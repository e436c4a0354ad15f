"""The reference of foreign formats says what the code does: each generated page is fresh."""

from collections.abc import Callable

import pytest

from reference.facts import facts
from reference.foreign import eais, icaa, nightly, refusals, siae

PAGES = (eais, facts, icaa, nightly, refusals, siae)


@pytest.mark.parametrize("write", PAGES, ids=lambda write: write.__name__)
def test_a_page_of_a_format_says_what_the_code_does(
    write: Callable[[], str], golden: Callable[[str, str], None]
) -> None:
    golden(f"docs/reference/formats/{write.__name__}.md", write())
