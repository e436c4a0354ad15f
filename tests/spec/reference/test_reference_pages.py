"""The reference says what the code does: each generated page is fresh."""

from collections.abc import Callable

import pytest

from reference.cli import cli
from reference.configuration import configuration
from reference.corrections import corrections
from reference.errors import errors
from reference.events import events
from reference.excuses import excuses
from reference.formats import formats, sheet
from reference.how_to import FILES, how_to
from reference.http import http
from reference.limits import limits, named_limits
from reference.outcomes import outcomes
from reference.tables import tables
from reference.till import till
from source_tree import modules

PAGES = (
    cli,
    configuration,
    corrections,
    errors,
    events,
    excuses,
    http,
    limits,
    outcomes,
    tables,
    till,
)


@pytest.mark.parametrize("write", PAGES, ids=lambda write: write.__name__)
def test_a_reference_page_says_what_the_code_does(
    write: Callable[[], str], golden: Callable[[str, str], None]
) -> None:
    golden(f"docs/reference/{write.__name__}.md", write())


@pytest.mark.parametrize(
    ("name", "write"), [("files", formats), ("sheet", sheet)], ids=["files", "sheet"]
)
def test_a_page_of_formats_says_what_the_code_does(
    name: str, write: Callable[[], str], golden: Callable[[str, str], None]
) -> None:
    golden(f"docs/reference/formats/{name}.md", write())


@pytest.mark.parametrize("language", sorted(FILES))
def test_the_how_to_of_sheets_is_what_the_page_says(
    language: str, golden: Callable[[str, str], None]
) -> None:
    golden(f"docs/how-to/{FILES[language]}", how_to(language))


# Limits that still owe their reason: the list only gets shorter.
OWE_THEIR_REASON = frozenset(
    {
        ("ekino/access/api/sources.py", "HALLS_MAX"),
        ("ekino/access/api/sources.py", "SOURCES_BYTES_MAX"),
        ("ekino/access/api/sources.py", "SOURCES_MAX"),
        ("ekino/access/service/keys.py", "KEY_DAYS_MAX"),
        ("ekino/catalog/document.py", "DOCUMENT_BYTES_MAX"),
        ("ekino/catalog/document.py", "PROBLEMS_MAX"),
        ("ekino/catalog/document.py", "ROWS_MAX"),
        ("ekino/db/database.py", "LOCK_TIMEOUT_S"),
        ("ekino/db/database.py", "POOL_CONNECTIONS_MAX"),
        ("ekino/db/database.py", "POOL_WAIT_S"),
        ("ekino/db/durability.py", "SERVER_VERSION_MIN"),
    }
)


def test_every_limit_gives_its_reason() -> None:
    without = {
        (module.name.removeprefix("src/"), name)
        for package in ("ekino", "ekino_till")
        for module in modules(package)
        for name, _, reason in named_limits(module)
        if not reason
    }

    assert without - OWE_THEIR_REASON == set()
    assert OWE_THEIR_REASON - without == set()
