"""The documents there are: found where the package or the source keeps them, and set as HTML."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ekino.kernel.errors import NotFound
from ekino.manual.model import Document, Found, Section, look_for, slug, target_of

# Written once, in English; others name their language before the suffix.
FIRST_LANGUAGE = "en"
# Beside the folder `docs`, by their name in lower case.
_PROJECT = (
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "GLOSSARY.md",
    "SECURITY.md",
)
_CONTRACT = "docs/reference/contract"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A document as HTML, and its headings of the second level by their anchors."""

    html: str
    headings: Mapping[str, str]


class Manual:
    """All documents below one folder: `docs/` and the pages beside it."""

    def __init__(self, root: Path) -> None:
        """Read nothing yet; the first who asks has everything read."""
        self._root = root
        self._set = cache(self._render)

    @cached_property
    def _documents(self) -> Mapping[tuple[Section, str], Mapping[str, Document]]:
        """Documents by section and name, and then by language."""
        found: dict[tuple[Section, str], dict[str, Document]] = {}
        for section in Section:
            for path in self._paths(section):
                each = self._read(section, path)
                found.setdefault((section, each.name), {})[each.language] = each
        return found

    def _paths(self, section: Section) -> Sequence[Path]:
        if section is Section.PROJECT:
            return [path for name in _PROJECT if (path := self._root / name).is_file()]
        folder = self._root / "docs" / section
        return sorted(path for path in folder.rglob("*.md") if path.name != "README.md")

    def _read(self, section: Section, path: Path) -> Document:
        folder = self._root / "docs" / section
        is_project = section is Section.PROJECT
        below = path.name.lower() if is_project else path.relative_to(folder).as_posix()
        name, _, language = below.removesuffix(".md").partition(".")
        text = path.read_text("utf-8")
        title = re.search(r"^# (.+)$", text, re.MULTILINE)
        return Document(
            section=section,
            name=name,
            language=language or FIRST_LANGUAGE,
            path=path.relative_to(self._root).as_posix(),
            title=title[1].replace("`", "") if title else name,
            text=text,
        )

    @cached_property
    def places(self) -> Mapping[str, str]:
        """Give the address of whatever is served, by its path in the source."""
        served = {
            each.path: each.href
            for languages in self._documents.values()
            for each in languages.values()
        }
        for name in ("openapi.json", "asyncapi.json"):
            served[f"{_CONTRACT}/{name}"] = f"/{name}"
        for path in (self._root / _CONTRACT / "schemas").glob("*.json"):
            served[f"{_CONTRACT}/schemas/{path.name}"] = f"/schemas/{path.name}"
        served["docs/decisions/README.md"] = f"/docs#{Section.DECISIONS}"
        return served

    def list_documents(self, language: str) -> Mapping[Section, Sequence[Document]]:
        """Give all documents by section, each in the language asked for if it is written in it."""
        listed: dict[Section, list[Document]] = {section: [] for section in Section}
        for (section, _), languages in self._documents.items():
            listed[section].append(_in_language(languages, language))
        return {section: found for section, found in listed.items() if found}

    def find(self, section: str, name: str, language: str) -> Document:
        """Give a document in a language, or as it was first written; or `NotFound`."""
        for (at, called), languages in self._documents.items():
            if (at, called) == (section, name):
                return _in_language(languages, language)
        detail = f"there is no document {section}/{name}: see /docs"
        raise NotFound(detail, code="not_found")

    def search(self, words: str, language: str) -> list[Found]:
        """Give the documents that hold all of some words, those that are called so first."""
        found = [
            hit
            for documents in self.list_documents(language).values()
            for each in documents
            if (hit := look_for(each, words)) is not None
        ]
        wanted = words.casefold()
        return sorted(found, key=lambda hit: wanted not in hit.document.title.casefold())

    def page(self, document: Document) -> Page:
        """Give a document as HTML that holds no script, no style and no frame."""
        return self._set(document)

    def _render(self, document: Document) -> Page:
        markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
        tokens = markdown.parse(document.text)
        headings: dict[str, str] = {}
        for index, token in enumerate(tokens):
            if token.type == "heading_open":
                words = _words(tokens[index + 1])
                anchor = _anchor(words, headings)
                token.attrSet("id", anchor)
                headings[anchor] = words if token.tag == "h2" else ""
            elif token.type in ("th_open", "td_open"):
                _align(token)
            elif token.type in ("fence", "code_block"):
                # Whoever has only a keyboard must be able to move wide lines.
                token.attrSet("tabindex", "0")
            elif token.type == "inline":
                token.children = list(self._linked(document, token.children or []))
        html = markdown.renderer.render(tokens, markdown.options, {})
        html = html.replace("<table>", '<div class="scroll" tabindex="0"><table>')
        html = html.replace("</table>", "</table></div>")
        return Page(html=html, headings={at: each for at, each in headings.items() if each})

    def _linked(self, document: Document, tokens: Sequence[Token]) -> Sequence[Token]:
        """Lead links to where their targets are served; others are words, with a place to look."""
        linked: list[Token] = []
        gone: str | None = None
        for token in tokens:
            if token.type == "link_open":
                href = str(token.attrGet("href"))
                target = target_of(document, href, self.places)
                gone = None if target else href.lstrip("./")
                if target:
                    token.attrSet("href", target)
                    linked.append(token)
            elif token.type == "link_close" and gone:
                if gone not in "".join(each.content for each in linked[-1:]):
                    linked.append(Token("text", "", 0, content=f" ({gone})"))
                gone = None
            else:
                linked.append(token)
        return linked


def _in_language(languages: Mapping[str, Document], language: str) -> Document:
    wanted = (language, FIRST_LANGUAGE, *languages)
    return next(languages[each] for each in wanted if each in languages)


def _words(inline: Token) -> str:
    return "".join(each.content for each in inline.children or [] if each.content)


def _anchor(words: str, taken: Mapping[str, str]) -> str:
    """Name a heading; the second of a name is numbered."""
    name = slug(words)
    again = sum(1 for each in taken if re.fullmatch(rf"{re.escape(name)}(-\d+)?", each))
    return f"{name}-{again}" if again else name


def _align(token: Token) -> None:
    """Say by a class how a cell is aligned; pages allow no style of their own."""
    style = token.attrs.pop("style", None)
    if style:
        token.attrSet("class", str(style).removeprefix("text-align:"))
