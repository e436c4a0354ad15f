"""What a document of the manual is, and how its own links and headings are named."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from posixpath import normpath
from typing import Final

# Whoever looks for words gives at most so many characters of them.
WORDS_CHARACTERS_MAX: Final = 100
# What is shown of a text around the words that were looked for, in characters each side.
EXCERPT_CHARACTERS: Final = 90


class Section(StrEnum):
    """What a document is for (Diátaxis), and the folder it stands in."""

    TUTORIALS = "tutorials"
    HOW_TO = "how-to"
    REFERENCE = "reference"
    EXPLANATION = "explanation"
    DECISIONS = "decisions"
    # The pages beside the folder `docs`: glossary, changes, security.
    PROJECT = "project"

    @property
    def key(self) -> str:
        """Give its name as the keys of messages have it."""
        return self.value.replace("-", "_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document in one language, as it is written (CommonMark with tables)."""

    section: Section
    # Its address below the section, without a suffix: "formats/eais".
    name: str
    language: str
    # Where it stands, from the root of the source: links in it are relative to this.
    path: str
    title: str
    text: str

    @property
    def href(self) -> str:
        """Its address."""
        return f"/docs/{self.section}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A document that holds the words somebody looked for, and where it first does."""

    document: Document
    before: str = ""
    words: str = ""
    after: str = ""


def slug(words: str) -> str:
    """Name a heading as those who show the source do: "Ask again" is "ask-again"."""
    kept = "".join(
        each
        for each in words.strip().lower()
        if each in "-_ " or unicodedata.category(each)[0] in "LNM"
    )
    return kept.replace(" ", "-")


def target_of(document: Document, link: str, places: Mapping[str, str]) -> str | None:
    """
    Give the address that a link of a document leads to; None when nobody serves its target.

    `places` has the address of whatever is served, by its path in the source.
    """
    if re.match(r"[a-z]+:", link) or link.startswith(("#", "/")):
        return link
    path, mark, anchor = link.partition("#")
    path = normpath(f"{document.path}/../{path}")
    return places[path] + mark + anchor if path in places else None


def look_for(document: Document, words: str) -> Found | None:
    """Say where a document first holds all of some words, in their order or not."""
    wanted = words.casefold().split()
    text = document.text.casefold()
    if not wanted or not all(each in text for each in wanted):
        return None
    at = text.find(words.casefold())
    first = at if at >= 0 else text.find(wanted[0])
    length = len(words if at >= 0 else wanted[0])
    # Case may change how long a text is; then the place is not known, and none is shown.
    if len(text) != len(document.text):
        return Found(document=document)
    return Found(
        document=document,
        before=document.text[max(first - EXCERPT_CHARACTERS, 0) : first],
        words=document.text[first : first + length],
        after=document.text[first + length : first + length + EXCERPT_CHARACTERS],
    )
