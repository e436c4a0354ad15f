"""The manual: every document can be read, every link in it leads somewhere, and words are found."""

import re
from pathlib import Path

import pytest

from ekino.kernel.errors import NotFound
from ekino.manual.model import Document, Section, slug
from ekino.manual.service import Manual
from source_tree import ROOT

MANUAL = Manual(ROOT)
DOCUMENTS = [each for listed in MANUAL.list_documents("en").values() for each in listed]


def a_manual(folder: Path, text: str) -> Manual:
    (folder / "docs" / "how-to").mkdir(parents=True)
    (folder / "docs" / "how-to" / "try.md").write_text(text, "utf-8")
    return Manual(folder)


def test_nothing_of_the_documentation_is_left_out() -> None:
    written = {
        path.relative_to(ROOT / "docs").as_posix().split(".")[0]
        for path in (ROOT / "docs").rglob("*.md")
        if path.name != "README.md"
    }

    assert {f"{each.section}/{each.name}" for each in DOCUMENTS} >= written
    assert {each.section for each in DOCUMENTS} == set(Section)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each.href)
def test_every_link_leads_to_a_heading_that_is_there(document: Document) -> None:
    html = {each.href: MANUAL.page(each).html for each in DOCUMENTS}
    page = html[document.href]

    assert page.count("<h1") == 1
    for link in re.findall(r'href="([^"]+)"', page):
        address, _, anchor = link.partition("#")
        if not address.startswith("/docs/") and address:
            continue
        assert f'id="{anchor}"' in html[address or document.href] or not anchor


def test_a_document_can_bring_no_script_and_no_style(tmp_path: Path) -> None:
    manual = a_manual(
        tmp_path,
        "# Try\n\n<script>alert(1)</script>\n\n[go](javascript:alert(1))\n\n| a |\n| --: |\n| 1 |\n",
    )
    html = manual.page(manual.find("how-to", "try", "kk")).html

    assert "<script" not in html
    assert 'href="javascript' not in html
    assert "style=" not in html
    assert '<td class="right">1</td>' in html


def test_what_is_not_served_is_named_and_no_link(tmp_path: Path) -> None:
    manual = a_manual(
        tmp_path, "# Try\n\nSee [the code](../../src/ekino/x.py), [it](try.md#more).\n"
    )
    html = manual.page(manual.find("how-to", "try", "en")).html

    assert "See the code (src/ekino/x.py)," in html
    assert '<a href="/docs/how-to/try#more">it</a>' in html


def test_a_document_is_given_in_the_readers_language_where_it_is_written_in_it() -> None:
    found = [MANUAL.find("how-to", "verify-us", each) for each in ("kk", "ru", "en")]
    only = MANUAL.find("reference", "events", "kk")

    assert [each.language for each in found] == ["kk", "ru", "en"]
    assert only.language == "en"
    with pytest.raises(NotFound):
        MANUAL.find("reference", "../../pyproject", "en")


def test_words_are_found_with_what_stands_around_them(tmp_path: Path) -> None:
    manual = a_manual(
        tmp_path, "# Try\n\nA till keeps a durable spool, and sends it later.\n"
    )

    (hit,) = manual.search("Durable SPOOL", "en")
    assert (hit.words, hit.after.strip()) == (
        "durable spool",
        ", and sends it later.".strip(),
    )
    assert len(manual.search("spool till", "en")) == 1
    assert manual.search("nothing of it", "en") == []


def test_headings_are_named_as_by_those_who_show_the_source() -> None:
    assert slug("Ask again, `POST /v1/batches`!") == "ask-again-post-v1batches"
