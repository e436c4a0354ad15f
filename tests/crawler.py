"""Somebody who follows every link, and what they find on each page."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

# Elements that have no end.
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "source", "wbr"})
# In these a header or a footer is of the section, and no landmark of the page.
_SECTIONING = frozenset({"article", "aside", "main", "nav", "section"})
# Choices of the same page, and files beside it, lead nowhere new.
_NOT_FOLLOWED = ("lang", "theme", "sort")
_FILES = (".csv", ".xlsx", ".json", ".pdf", ".svg", ".txt")


@dataclass
class Page:
    """What one page holds, as far as the rules for every page go."""

    language: str = ""
    banners: int = 0
    navigations: int = 0
    mains: int = 0
    contentinfos: int = 0
    tables: int = 0
    captions: int = 0
    # Links as they stand.
    links: list[str] = field(default_factory=list)
    # Addresses of the choices of language.
    choices: dict[str, str] = field(default_factory=dict)
    # Of the breadcrumbs, whether each step says that it is this page.
    steps: list[bool] = field(default_factory=list)
    headings: list[int] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self._open: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        page = self.page
        inside = {each for each, _ in self._open}
        if tag == "html":
            page.language = given.get("lang", "")
        elif tag == "header" and not inside & _SECTIONING:
            page.banners += 1
        elif tag == "footer" and not inside & _SECTIONING:
            page.contentinfos += 1
        elif tag in {"nav", "main", "table", "caption"}:
            name = {"nav": "navigations", "main": "mains"}.get(tag, f"{tag}s")
            setattr(page, name, getattr(page, name) + 1)
        elif tag == "a" and "href" in given:
            page.links.append(given["href"])
            if "hreflang" in given:
                page.choices[given["hreflang"]] = given["href"]
        elif tag == "li" and any(
            "breadcrumbs" in each.get("class", "") for _, each in self._open
        ):
            page.steps.append(given.get("aria-current") == "page")
        elif tag in {"h1", "h2", "h3"}:
            page.headings.append(int(tag[1]))
        if tag not in _VOID:
            self._open.append((tag, given))

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            if self._open.pop()[0] == tag:
                return


def read_page(html: str) -> Page:
    """Read a page of ours."""
    reader = _Reader()
    reader.feed(html)
    return reader.page


@dataclass(frozen=True)
class Visit:
    """A page that was found."""

    address: str
    # How many clicks away from the start.
    clicks: int
    page: Page


def crawl(
    get: Callable[[str], str | None],
    kind_of: Callable[[str], str | None],
    *,
    start: str = "/",
    of_each_kind: int = 2,
) -> list[Visit]:
    """
    Follow links from the start, nearest first, and give the pages found.

    `kind_of` names what an address is one of, such as /film/{code}; None is not followed. Of
    each kind only the first are read: the thousandth film's page is like the first.
    """
    found: list[Visit] = []
    count: dict[str, int] = {}
    waiting, seen = [(start, 0)], {start}
    while waiting:
        address, clicks = waiting.pop(0)
        kind = kind_of(address)
        if kind is None or count.get(kind, 0) >= of_each_kind:
            continue
        html = get(address)
        if html is None:
            continue
        count[kind] = count.get(kind, 0) + 1
        visit = Visit(address, clicks, read_page(html))
        found.append(visit)
        for each in _followed(address, visit.page.links):
            if each not in seen:
                seen.add(each)
                waiting.append((each, clicks + 1))
    return found


def _followed(address: str, links: Iterable[str]) -> list[str]:
    followed = []
    for link in links:
        parts = urlsplit(urljoin(f"http://here{address}", link))
        names = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
        if parts.netloc != "here" or names & set(_NOT_FOLLOWED):
            continue
        if parts.path.endswith(_FILES):
            continue
        followed.append(parts.path + (f"?{parts.query}" if parts.query else ""))
    return followed
