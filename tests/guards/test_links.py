"""Links resolve: between documents, to their headings, and from the code to documents."""

import re
from pathlib import Path

from source_tree import ROOT, modules, texts

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.*?) *$", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
# A document that code, a setting's help or an error's sentence sends its reader to.
_MENTION = re.compile(r"\b(?:docs/[a-z0-9/_-]+\.md|[A-Z]{4,}\.md)\b")


def anchors(text: str) -> set[str]:
    """Give the anchors of a page's headings, as they are made by those who show it."""
    found = set()
    for heading in _HEADING.findall(_FENCE.sub("", text)):
        plain = re.sub(r"[^\w\- ]", "", heading.lower())
        found.add(plain.replace(" ", "-"))
    return found


def broken(page: str, text: str, target: str) -> bool:
    """Say whether a link leads nowhere; addresses of the web are not asked."""
    if re.match(r"[a-z]+:", target):
        return False
    name, _, anchor = target.partition("#")
    path = (ROOT / page).parent / name if name else ROOT / page
    if not path.exists():
        return True
    if not anchor:
        return False
    return anchor not in anchors(path.read_text("utf-8") if name else text)


def test_every_link_of_a_document_resolves() -> None:
    dead = [
        f"{page}: {target}"
        for page, text in texts()
        if page.endswith(".md")
        for target in _LINK.findall(_FENCE.sub("", text))
        if broken(page, text, target)
    ]

    assert dead == []


def test_every_document_that_the_code_names_is_there() -> None:
    missing = [
        f"{module.name}: {mention}"
        for module in modules()
        for mention in _MENTION.findall(module.text)
        if not (ROOT / mention).exists()
    ]

    assert missing == []


def test_every_document_is_linked_from_another() -> None:
    linked = {
        ((ROOT / page).parent / target.partition("#")[0]).resolve()
        for page, text in texts()
        if page.endswith(".md")
        for target in _LINK.findall(text)
        if not re.match(r"[a-z]+:", target)
    }
    orphans = [
        page
        for page, _ in texts()
        if page.startswith("docs/") and page.endswith(".md")
        if Path(ROOT / page).resolve() not in linked
    ]

    assert orphans == []
